"""What an organization's story says of consents recorded by hand."""

from datetime import timedelta

from sqlmodel import Session

from outreach.domain.message import MessageEvent, MessageKind
from outreach.services.close_campaign import close_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.services.suppress_contact import suppress
from outreach.services.tell_recorded import ByHand
from outreach.services.tell_story import Story, tell_story
from outreach.store import claims
from outreach.store.database import Database
from outreach.store.rounds import Result
from tests.factories import (
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    record_result,
    sign,
    the_invitation,
    the_link,
    the_messages,
    withdraw,
)
from tests.recording import NAME, confirm, record, refuse

HOUR = timedelta(hours=1)


def story_of(session: Session, name: str = NAME) -> Story:
    number = the_invitation(session, name).organization_id
    return tell_story(session, slug="visit", organization_id=number, now=NOW)


def by_hand(session: Session) -> ByHand:
    return story_of(session).by_hand


def test_a_consent_may_be_recorded_while_a_yes_would_count_and_none_waits(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        assert by_hand(session).may_record
        decline(session, NAME)
        assert by_hand(session).may_record
        record(session)
        assert not by_hand(session).may_record
        assert by_hand(session).waiting is not None
        refuse(session)
        assert by_hand(session).may_record
        sign(session, NAME)
        assert not by_hand(session).may_record
        withdraw(session, NAME)
        assert by_hand(session).may_record
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        assert not by_hand(session).may_record


def test_each_step_is_told_once_and_in_order(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        record(session, now=NOW - 3 * HOUR, given_at="2026-03-04 09:00")
        refuse(session, now=NOW - 2 * HOUR, reason="Not the chair")
        record(session, now=NOW - HOUR, given_at="2026-03-04 10:00")
        confirm(session)
        entries = story_of(session).entries
        told = [entry for entry in entries if entry.recorded or entry.refused or entry.answer]
        first, second, third, fourth = reversed(told)
        assert first.recorded is not None
        assert first.recorded.recorder == "Nora"
        assert second.refused is not None
        assert (second.refused.settler, second.refused.reason) == ("Otto", "Not the chair")
        assert third.recorded is not None
        assert fourth.answer is not None
        assert fourth.answer.recorded is not None
        assert (fourth.answer.recorded.recorder, fourth.answer.recorded.settler) == ("Nora", "Otto")
        assert not any(entry.activity for entry in entries)


def test_only_the_standing_signature_is_told_as_recorded(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        record(session)
        assert by_hand(session).counted is None
        confirm(session)
        counted = by_hand(session).counted
        assert counted is not None
        assert counted.settler == "Otto"
        withdraw(session, NAME)
        assert by_hand(session).counted is None
        sign(session, NAME)
        assert by_hand(session).counted is None


def test_nobody_is_told_where_no_mail_reaches_anybody(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        record(session)
        assert by_hand(session).is_reached
        suppress(session, link_id=the_link(session, NAME).id, now=NOW)
        assert not by_hand(session).is_reached
        assert not by_hand(session).nobody_told  # nothing counts yet
        confirm(session)
        assert by_hand(session).nobody_told


def test_a_second_contact_who_gets_mail_is_enough(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization=NAME)
        a_contact(session, campaign, organization=NAME, role="copied")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        suppress(session, link_id=the_link(session, NAME).id, now=NOW)
        record(session)
        confirm(session)
        assert by_hand(session).is_reached
        assert not by_hand(session).nobody_told


def test_a_receipt_that_failed_tells_nobody(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        record(session)
        confirm(session)
        assert not by_hand(session).nobody_told
        (receipt,) = the_messages(session, kind=MessageKind.RECORDED_RECEIPT)
        claims.claim_due(session, owner="me", many=9, lease=HOUR, now=NOW)
        refused = Result(receipt.id or 0, MessageEvent.REJECTED, code=550, words="no such user")
        record_result(session, refused, owner="me")
        session.expire_all()
        assert by_hand(session).nobody_told
