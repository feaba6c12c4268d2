"""Before a step: whom it would mail, and what it would move; looking changes nothing."""

from datetime import timedelta

import pytest

from outreach.domain.campaign import CampaignEvent
from outreach.domain.coordinator import Actor
from outreach.domain.errors import CampaignNotFound, MoveRefused
from outreach.domain.message import MessageKind
from outreach.localtime import DeadlineRefused
from outreach.services import steer_by_hand
from outreach.services.close_campaign import close_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.services.preview_steering import MovedReminder, preview_extension, preview_steering
from outreach.services.steer_campaign import extend_campaign, pause_campaign
from outreach.services.suppress_contact import suppress
from outreach.store.audience import Audience
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    send_what_is_due,
    sign,
    the_link,
    the_messages,
)

A_DAY = timedelta(days=1)
LATER = DEADLINE + 7 * A_DAY


def test_it_counts_whom_a_resume_lets_go_and_a_close_tells(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        for name in ("Alpha", "Alpha", "Beta", "Gamma"):
            a_contact(session, campaign, organization=name)

        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        assert preview_steering(session, slug="visit").held_back == 4
        sign(session, "Alpha")
        found = preview_steering(session, slug="visit")
        assert (found.held_back, found.signers) == (2, Audience(1, 2))
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        assert len(the_messages(session, kind=MessageKind.CLOSING_NOTICE)) == found.signers.people


def test_a_signer_whose_address_gets_no_mail_is_not_among_those_whom_a_close_tells(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        for name in ("Alpha", "Alpha", "Beta"):
            a_contact(session, campaign, organization=name)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        for name in ("Alpha", "Beta"):
            sign(session, name)
            suppress(session, link_id=the_link(session, name).id, now=NOW)
        found = preview_steering(session, slug="visit").signers
        assert found == Audience(1, 1, skipped=2)
        steer_by_hand.close(
            session, slug="visit", mail_domain=DOMAIN, expected=1, by=Actor("Ada"), now=NOW
        )


def test_it_knows_what_the_state_allows(database: Database) -> None:
    event = CampaignEvent
    with database.transaction() as session:
        a_launched_campaign(session)
        may = preview_steering(session, slug="visit").may
        assert may == {event.PAUSE, event.EXTEND, event.CLOSE, event.CANCEL}
        pause_campaign(session, slug="visit")
        may = preview_steering(session, slug="visit").may
        assert may == {event.RESUME, event.EXTEND, event.CLOSE, event.CANCEL}
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        assert preview_steering(session, slug="visit").may == {event.PUBLISH, event.REOPEN}
        with pytest.raises(CampaignNotFound):
            preview_steering(session, slug="none")


def test_an_extension_shows_each_reminders_old_and_new_moment(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        send_what_is_due(session)
        now = DEADLINE - 7 * A_DAY
        assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=now) == 2
        sign(session, "Alpha", now=now)
        found = preview_extension(session, slug="visit", deadline=LATER, now=now)
        assert (found.people, found.organizations, found.cancelled) == (1, 1, 1)
        assert found.moved[2] == MovedReminder("1d", DEADLINE - A_DAY, LATER - A_DAY)
        assert found.moved[0] == MovedReminder("7d", now, DEADLINE)
        before = require_campaign(session, "visit")
        assert (before.deadline, before.deadline_round) == (DEADLINE, 0)
        extend_campaign(session, slug="visit", deadline=LATER, now=now)
        states = [one.state for one in the_messages(session, "Beta", kind=MessageKind.REMINDER)]
        assert states == ["cancelled"]


def test_a_reminder_that_would_be_over_by_then_is_not_made_up_for(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        soon, now = DEADLINE + A_DAY, DEADLINE - 2 * A_DAY
        moved = preview_extension(session, slug="visit", deadline=soon, now=now).moved
        assert [(one.step, one.after is None) for one in moved] == [
            ("7d", True),
            ("3d", True),
            ("1d", False),
            ("4h", False),
        ]


def test_an_extension_that_would_be_refused_is_refused_at_the_look(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        with pytest.raises(DeadlineRefused, match="only moves later"):
            preview_extension(session, slug="visit", deadline=DEADLINE, now=NOW)
        with pytest.raises(DeadlineRefused, match="after the occasion"):
            preview_extension(session, slug="visit", deadline=DEADLINE + 60 * A_DAY, now=NOW)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        with pytest.raises(MoveRefused):
            preview_extension(session, slug="visit", deadline=LATER, now=NOW)
