"""One state has one word on every page of the desk that names it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient

from outreach.domain.campaign import CampaignState
from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageState
from outreach.domain.state_words import ANSWERS, CAMPAIGNS, MAILS, PUT_OFF
from outreach.store.tables import Campaign
from outreach.wiring import Outreach
from tests.factories import NOW, a_launched_campaign, defer, the_invitation, the_messages
from tests.web.desk.conftest import signed_in
from tests.web.invited import Clock

HERE = "/desk/c/visit"


@pytest.fixture
def desk(outreach: Outreach, client: TestClient, clock: Clock) -> TestClient:
    clock.now = NOW
    with outreach.database.transaction() as session:
        a_launched_campaign(session, "One")
    signed_in(outreach, client)
    return client


def badges(page: str) -> set[str]:
    return {unescape(word) for word in re.findall(r'<span class="badge [^"]*">([^<]*)<', page)}


@pytest.mark.parametrize("state", InvitationState)
def test_an_answer_has_one_word(desk: TestClient, outreach: Outreach, state: str) -> None:
    with outreach.database.transaction() as session:
        if state == InvitationState.DEFERRED:
            defer(session, "One", NOW.date() + timedelta(days=1))
        the_invitation(session, "One").state = state
    for page in ("organizations", "organizations/1"):
        assert ANSWERS[state] in badges(desk.get(f"{HERE}/{page}").text), page


@pytest.mark.parametrize("state", [*MessageState, PUT_OFF])
def test_a_mail_has_one_word(desk: TestClient, outreach: Outreach, state: str) -> None:
    with outreach.database.transaction() as session:
        (message,) = the_messages(session)
        message.state = MessageState.QUEUED if state == PUT_OFF else state
        message.last_reply, message.attempts = ("450 later", 1) if state == PUT_OFF else ("", 0)
        message.owner, message.lease_until, message.sent_at = "one", NOW, NOW
    word = MAILS[state]
    for page in ("mails", "mails/1", "organizations/1"):
        assert word in badges(desk.get(f"{HERE}/{page}").text), page
    if state == MessageState.CANCELLED:
        return  # it asks nobody: the lists of organizations do not name it
    assert f"Invitation: {word.lower()}" in badges(desk.get(f"{HERE}/organizations").text)
    assert f"Invitation: {word.lower()} <" in desk.get(f"{HERE}/chase").text


@pytest.mark.parametrize("state", CampaignState)
def test_a_campaign_has_one_word(
    desk: TestClient, outreach: Outreach, state: CampaignState
) -> None:
    with outreach.database.transaction() as session:
        campaign = session.get_one(Campaign, 1)
        campaign.state, campaign.closed_at = state, NOW
    assert CAMPAIGNS[state] in badges(desk.get("/desk").text)
    if state != CampaignState.DRAFT:  # its page is the wizard
        assert CAMPAIGNS[state] in badges(desk.get(HERE).text)


def test_the_lists_are_narrowed_by_the_same_words(desk: TestClient) -> None:
    options = desk.get(f"{HERE}/organizations").text
    for state in ("awaiting", "deferred", "signed", "declined", "withdrawn", "expired"):
        assert f">{ANSWERS[state]}</option>" in options
    for word in MAILS.values():
        assert f">{word}</option>" in desk.get(f"{HERE}/mails").text
