"""Pause, resume, extend, cancel."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from outreach.domain.errors import CampaignNotFound, MoveRefused
from outreach.domain.message import MessageKind
from outreach.localtime import DeadlineRefused
from outreach.services.close_campaign import close_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.services.report_status import report_status
from outreach.services.steer_campaign import (
    cancel_campaign,
    extend_campaign,
    pause_campaign,
    resume_campaign,
)
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
    the_invitation,
    the_messages,
)

LATER = DEADLINE + timedelta(days=7)


def _extend(session: Session, deadline: datetime = LATER, *, now: datetime = NOW) -> None:
    extend_campaign(session, slug="visit", deadline=deadline, now=now)


def _states(session: Session, **which: MessageKind) -> list[str]:
    return [message.state for message in the_messages(session, **which)]


def test_a_pause_holds_what_waits_and_resuming_sends_exactly_the_rest(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        first = the_messages(session)[0]
        first.due_at = NOW - timedelta(seconds=1)
        session.add(first)
        session.flush()
        assert send_what_is_due(session, now=NOW - timedelta(seconds=1)) == 1
        pause_campaign(session, slug="visit")
        assert send_what_is_due(session) == 0
        assert _states(session) == ["sent", "queued", "queued"]
        resume_campaign(session, slug="visit")
        assert send_what_is_due(session) == 2
        assert send_what_is_due(session) == 0


def test_resuming_forgets_why_the_service_itself_paused(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session)
        pause_campaign(session, slug="visit")
        campaign.pause_reason = "the mail server refused us"
        session.add(campaign)
        session.flush()
    with database.reading() as session:
        facts = report_status(session, slug="visit", now=NOW).campaign
        assert (facts.state, facts.pause_reason) == ("paused", "the mail server refused us")
    with database.transaction() as session:
        resume_campaign(session, slug="visit")
    with database.reading() as session:
        assert report_status(session, slug="visit", now=NOW).campaign.pause_reason == ""


def test_answers_count_while_paused(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        pause_campaign(session, slug="visit")
        sign(session, "Hong Kong Watch")
        assert the_invitation(session, "Hong Kong Watch").state == "signed"


def test_an_extended_deadline_reckons_reminders_anew(database: Database) -> None:
    seven_days_before = DEADLINE - timedelta(days=7)
    with database.transaction() as session:
        a_launched_campaign(session)
        send_what_is_due(session)
        assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=seven_days_before) == 1
        _extend(session, now=seven_days_before)
        campaign = require_campaign(session, "visit")
        assert (campaign.deadline, campaign.deadline_round, campaign.state) == (LATER, 1, "open")
        (old,) = the_messages(session, kind=MessageKind.REMINDER)
        assert (old.state, old.last_reply) == ("cancelled", "the deadline was extended")
        assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=seven_days_before) == 0
        assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE) == 1
        assert the_messages(session, kind=MessageKind.REMINDER)[1].step == "7d/1"


def test_what_was_sent_before_the_extension_stays_sent(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        send_what_is_due(session)
        plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE - timedelta(days=1))
        send_what_is_due(session, now=DEADLINE - timedelta(days=1))
        _extend(session)
        assert _states(session) == ["sent", "sent"]


def test_invitations_that_wait_survive_an_extension(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        _extend(session)
        assert _states(session) == ["queued"]


def test_a_paused_campaign_can_be_extended_and_stays_paused(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        pause_campaign(session, slug="visit")
        _extend(session)
        assert require_campaign(session, "visit").state == "paused"


@pytest.mark.parametrize(
    ("deadline", "now", "words"),
    [
        (DEADLINE, NOW, "a deadline only moves later; it is Wednesday, 18 March 2026, 15:00"),
        (DEADLINE - timedelta(days=1), NOW, "a deadline only moves later"),
        (LATER, DEADLINE, "the deadline has passed"),
        (DEADLINE + timedelta(days=40), NOW, "after the occasion on 24 April 2026"),
    ],
)
def test_a_deadline_that_cannot_be_is_refused_and_nothing_changes(
    database: Database, deadline: datetime, now: datetime, words: str
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)

    def extend() -> None:
        with database.transaction() as session:
            _extend(session, deadline, now=now)

    with pytest.raises(DeadlineRefused, match=words):
        extend()
    with database.reading() as session:
        campaign = require_campaign(session, "visit")
        assert (campaign.deadline, campaign.deadline_round) == (DEADLINE, 0)


def test_a_cancelled_campaign_asks_nobody_but_still_receipts_what_was_answered(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        sign(session, "Beta")
        cancel_campaign(session, slug="visit")
        (asked,) = the_messages(session, "Alpha")
        assert (asked.state, asked.last_reply) == ("cancelled", "the campaign was cancelled")
        assert send_what_is_due(session) == 1
        assert [message.state for message in the_messages(session, kind=MessageKind.RECEIPT)] == [
            "sent"
        ]


def test_cancelling_one_campaign_leaves_the_other_alone(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        a_launched_campaign(session, "Beta", slug="other")
        cancel_campaign(session, slug="visit")
        extended = extend_campaign(session, slug="other", deadline=LATER, now=NOW)
        assert extended.deadline_round == 1
        assert [message.state for message in the_messages(session, "Beta")] == ["queued"]


def test_a_draft_whose_deadline_has_passed_is_given_another(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session, deadline=NOW + timedelta(hours=1))
        a_contact(session, campaign, organization="Alpha")
        late = NOW + timedelta(hours=2)
        extend_campaign(session, slug="visit", deadline=LATER, now=late)
        assert campaign.state == "draft"
        assert launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=late).invited == 1


def test_what_the_table_does_not_have_is_refused(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session, slug="draft")
        a_launched_campaign(session, slug="open")
        a_launched_campaign(session, slug="closed")
        close_campaign(session, slug="closed", mail_domain=DOMAIN, now=NOW)
        for slug in ("draft", "closed"):
            for steer in (pause_campaign, resume_campaign):
                with pytest.raises(MoveRefused):
                    steer(session, slug=slug)
        with pytest.raises(MoveRefused):
            extend_campaign(session, slug="closed", deadline=LATER, now=NOW)
        with pytest.raises(MoveRefused):
            resume_campaign(session, slug="open")
        with pytest.raises(MoveRefused):
            cancel_campaign(session, slug="closed")
        for steer in (pause_campaign, resume_campaign, cancel_campaign):
            with pytest.raises(CampaignNotFound):
                steer(session, slug="unknown")
