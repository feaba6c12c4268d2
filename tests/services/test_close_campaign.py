"""Closing: the list stands from here on, and everybody is told once."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from outreach.domain.errors import CampaignNotFound, MoveRefused
from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageKind
from outreach.services.close_campaign import close_campaign, close_if_due
from outreach.services.launch_campaign import launch_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.services.publish_statement import find_published
from outreach.services.steer_campaign import extend_campaign, pause_campaign
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    send_what_is_due,
    sign,
    the_invitation,
    the_messages,
    withdraw,
)


def _close(session: Session, slug: str = "visit") -> None:
    close_campaign(session, slug=slug, mail_domain=DOMAIN, now=NOW)


def _close_due(session: Session, *, late: timedelta = timedelta(0)) -> int:
    return close_if_due(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE + late)


def test_who_has_not_answered_expires_and_who_has_stays(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Silent", "Signed", "Declined", "Withdrawn")
        sign(session, "Signed")
        decline(session, "Declined")
        sign(session, "Withdrawn")
        withdraw(session, "Withdrawn")
        _close(session)
        session.expire_all()
        campaign = require_campaign(session, "visit")
        assert (campaign.state, campaign.closed_at, campaign.published_at) == ("closed", NOW, None)
        for name in ("Signed", "Declined", "Withdrawn"):
            assert the_invitation(session, name).state == name.lower()
        assert the_invitation(session, "Silent").state == "expired"


@pytest.mark.parametrize("state", InvitationState)
def test_each_state_ends_as_the_design_says(database: Database, state: InvitationState) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        invitation = the_invitation(session, "Alpha")
        invitation.state = state
        session.add(invitation)
        session.flush()
        _close(session)
        session.expire_all()
        expires = state.value in ("awaiting", "deferred", "reconfirming")
        assert the_invitation(session, "Alpha").state == ("expired" if expires else state)
        notices = the_messages(session, kind=MessageKind.CLOSING_NOTICE)
        assert len(notices) == (1 if state.value == "signed" else 0)


def test_nothing_that_asks_goes_out_any_more_and_receipts_do(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        alpha = the_messages(session, "Alpha")[0]
        alpha.due_at = NOW - timedelta(days=1)
        session.add(alpha)
        session.flush()
        send_what_is_due(session, now=NOW - timedelta(days=1))
        plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE - timedelta(days=1))
        sign(session, "Gamma")
        _close(session)
        assert [(one.kind, one.state) for one in the_messages(session, "Alpha")] == [
            ("invitation", "sent"),
            ("reminder", "cancelled"),
        ]
        (beta,) = the_messages(session, "Beta")
        assert (beta.state, beta.last_reply) == ("cancelled", "the list was closed")
        kinds = {one.kind for one in the_messages(session) if one.state == "queued"}
        assert kinds == {"receipt", "closing_notice"}


def test_every_contact_of_a_signer_is_told_and_nobody_else(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        for role in ("signs", "signs", "copied"):
            a_contact(session, campaign, organization="Alpha", role=role)
        a_contact(session, campaign, organization="Beta")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        sign(session, "Alpha")
        decline(session, "Beta")
        _close(session)
        assert len(the_messages(session, "Alpha", kind=MessageKind.CLOSING_NOTICE)) == 3
        assert the_messages(session, "Beta", kind=MessageKind.CLOSING_NOTICE) == []


def test_the_clock_closes_at_the_deadline_and_not_before(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        assert _close_due(session, late=-timedelta(microseconds=1)) == 0
        assert _close_due(session) == 1
        assert _close_due(session, late=timedelta(days=9)) == 0


def test_a_paused_campaign_is_closed_too_and_a_draft_is_not(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session, slug="draft")
        a_launched_campaign(session)
        pause_campaign(session, slug="visit")
        assert _close_due(session) == 1
        assert require_campaign(session, "draft").state == "draft"


def test_a_deadline_that_was_extended_is_waited_for(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        extend_campaign(session, slug="visit", deadline=DEADLINE + timedelta(days=1), now=NOW)
        assert _close_due(session) == 0
        assert _close_due(session, late=timedelta(days=1)) == 1


def test_a_campaign_may_publish_itself_when_it_closes(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, publish_at_close=True)
        sign(session, "Hong Kong Watch")
        _close_due(session)
        published = find_published(session, slug="visit", now=DEADLINE)
        assert published is not None
        assert [one.credit_line for one in published.signatories] == ["Hong Kong Watch"]
        assert published.published_at == DEADLINE


def test_what_is_closed_is_not_closed_again(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session, slug="draft")
        a_launched_campaign(session)
        _close(session)
        for slug in ("visit", "draft"):
            with pytest.raises(MoveRefused):
                _close(session, slug)
        with pytest.raises(CampaignNotFound):
            _close(session, "unknown")


def test_another_campaign_is_left_alone(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        a_launched_campaign(session, "Beta", slug="other")
        _close(session)
        session.expire_all()
        assert the_invitation(session, "Beta").state == "awaiting"
        assert [one.state for one in the_messages(session, "Beta")] == ["queued"]
