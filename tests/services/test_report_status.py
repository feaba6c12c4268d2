"""Where a campaign stands, in counts."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from outreach.domain.errors import CampaignNotFound
from outreach.domain.message import MessageEvent
from outreach.services.close_campaign import close_campaign
from outreach.services.report_status import count_to_invite, report_status
from outreach.services.steer_campaign import extend_campaign
from outreach.store import claims
from outreach.store.audience import Audience
from outreach.store.database import Database
from outreach.store.rounds import Result
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    record_result,
    send_what_is_due,
    sign,
    the_invitation,
    withdraw,
)
from tests.joining import a_waiting_request, an_open_door
from tests.recording import confirm, record


def test_a_draft_has_partners_and_nothing_else(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Alpha")
        a_contact(session, campaign, organization="Alpha", role="copied")
        a_contact(session, campaign, organization="Beta")
        report = report_status(session, slug="visit", now=NOW)
        assert (report.organizations, report.contacts) == (2, 3)
        assert (report.invitations, report.messages, report.troubles) == ({}, {}, ())
        assert (report.campaign.slug, report.campaign.state.value) == ("visit", "draft")
        assert (report.campaign.deadline, report.campaign.zone) == (DEADLINE, "Europe/Berlin")
        assert report.as_of == NOW
        assert count_to_invite(session, slug="visit") == Audience(2, 2)


def test_answers_and_mails_are_counted_by_state(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma", "Delta")
        a_launched_campaign(session, "Elsewhere", slug="other")
        send_what_is_due(session)
        sign(session, "Alpha")
        sign(session, "Beta")
        decline(session, "Gamma")
        report = report_status(session, slug="visit", now=NOW)
        assert report.invitations == {"awaiting": 1, "signed": 2, "declined": 1}
        assert report.messages == {
            "invitation": {"sent": 4},
            "receipt": {"queued": 2},
            "decline_receipt": {"queued": 1},
        }
        assert count_to_invite(session, slug="visit") == Audience(0, 0)


def test_what_was_recorded_by_hand_is_counted_apart(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma", "Delta")
        sign(session, "Alpha")
        assert report_status(session, slug="visit", now=NOW).by_hand == (0, 0)
        for name in ("Beta", "Gamma"):
            record(session, name)
            confirm(session, name)
        withdraw(session, "Gamma")
        record(session, "Delta")
        assert report_status(session, slug="visit", now=NOW).by_hand == (1, 1)


def test_only_who_would_be_mailed_is_counted_as_uninvited(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha")
        a_contact(session, campaign, organization="Alpha", role="copied")
        a_contact(session, campaign, organization="Beta")
        a_contact(session, campaign, organization="Beta")
        assert count_to_invite(session, slug="visit") == Audience(1, 2)


def test_what_has_not_arrived_is_told_in_the_servers_words_most_first(database: Database) -> None:
    words = {
        "no such mailbox": MessageEvent.REJECTED,
        "greylisted": MessageEvent.DEFERRED,
        "ok": MessageEvent.ACCEPTED,
    }
    with database.transaction() as session:
        a_launched_campaign(session, *"ABCDEF")
        lease = timedelta(minutes=5)
        won = claims.claim_due(session, owner="me", many=9, lease=lease, now=NOW)
        said = ["greylisted", *["no such mailbox"] * 3, "ok", "ok"]
        for claimed, reply in zip(won, said, strict=True):
            result = Result(claimed.id, words[reply], words=reply)
            record_result(session, result, owner="me")
        report = report_status(session, slug="visit", now=NOW)
        assert report.troubles == (
            ("failed", "no such mailbox", 3),
            ("queued", "greylisted", 1),
        )


def planned(session: Session, *, now: datetime = NOW) -> list[tuple[str, str, str]]:
    report = report_status(session, slug="visit", now=now)
    return [(one.step, one.state, one.why) for one in report.reminders]


def test_the_plan_says_what_is_past_planned_and_skipped(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha", remind="20d,7d,1d")
        skipped = ("20d", "skipped", "before the launch")
        assert planned(session) == [skipped, ("7d", "planned", ""), ("1d", "planned", "")]
        later = DEADLINE - timedelta(days=2)
        assert planned(session, now=later) == [skipped, ("7d", "past", ""), ("1d", "planned", "")]
        extended = DEADLINE + timedelta(days=4)
        extend_campaign(session, slug="visit", deadline=extended, now=later)
        assert planned(session, now=later) == [
            skipped,
            ("7d", "skipped", "before the deadline was extended"),
            ("1d", "planned", ""),
        ]
        assert campaign.deadline == extended
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=later)
        assert planned(session, now=extended)[2] == ("1d", "skipped", "the campaign is over")


def test_a_drafts_plan_is_what_a_launch_now_would_bring(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session, remind="20d,7d")
        assert planned(session) == [
            ("20d", "skipped", "before the launch"),
            ("7d", "planned", ""),
        ]


def test_what_is_put_off_beyond_the_deadline_is_counted_unless_it_is_a_receipt(
    database: Database,
) -> None:
    after = DEADLINE + timedelta(hours=1)
    with database.transaction() as session:
        a_launched_campaign(session, *"ABCD")
        sign(session, "D")
        put_off = [DEADLINE - timedelta(hours=1), after, after, after]
        lease = timedelta(minutes=5)
        won = claims.claim_due(session, owner="me", many=4, lease=lease, now=NOW)
        for claimed, due_at in zip(reversed(won), put_off, strict=True):  # the receipt is first won
            result = Result(claimed.id, MessageEvent.DEFERRED, words="451", due_at=due_at)
            record_result(session, result, owner="me")
        deferred = report_status(session, slug="visit", now=NOW).deferred
        assert (deferred.count, deferred.too_late) == (4, 2)
        assert deferred.next_attempt == DEADLINE - timedelta(hours=1)


def put_off(
    session: Session, *, times: int, due_at: datetime, words: str = "451 4.7.1 greylisted"
) -> None:
    """Everything that waits, by a server, so many times."""
    won = claims.claim_due(session, owner="me", many=99, lease=timedelta(minutes=5), now=NOW)
    for claimed in won:
        result = Result(
            claimed.id, MessageEvent.DEFERRED, words=words, due_at=due_at, attempts=times
        )
        record_result(session, result, owner="me")


def to_call(session: Session, *, now: datetime) -> list[str]:
    deferred = report_status(session, slug="visit", now=now).deferred
    return [one.organization for one in deferred.to_call]


def test_who_has_no_attempt_left_before_the_deadline_is_to_be_called_at_once(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Beta", "Alpha")
        put_off(session, times=1, due_at=DEADLINE)
        report = report_status(session, slug="visit", now=NOW)
        assert [one.organization for one in report.deferred.to_call] == ["Alpha", "Beta"]
        one = report.deferred.to_call[0]
        assert (one.contact, one.kind, one.attempts) == ("Ada Example", "invitation", 1)
        assert (one.words, one.next_attempt) == ("451 4.7.1 greylisted", DEADLINE)
        assert one.email.endswith("@alpha.example")


@pytest.mark.parametrize(
    ("times", "before", "called"),
    [
        (2, timedelta(hours=12), True),
        (2, timedelta(hours=12, microseconds=1), False),
        (7, timedelta(hours=3), True),
        (1, timedelta(hours=3), False),
    ],
)
def test_who_was_put_off_twice_is_to_be_called_from_twelve_hours_before_the_deadline(
    database: Database, times: int, before: timedelta, called: bool
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        put_off(session, times=times, due_at=DEADLINE - timedelta(hours=1))
        assert to_call(session, now=DEADLINE - before) == (["Alpha"] if called else [])


def test_nobody_is_called_who_has_answered_or_whose_mail_is_a_receipt(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        a_launched_campaign(session, "Elsewhere", slug="other")
        put_off(session, times=3, due_at=DEADLINE)
        invitation = the_invitation(session, "Beta")
        sign(session, "Alpha")
        invitation.state = "declined"  # though its mail waits still, as while a sender holds it
        session.add(invitation)
        put_off(session, times=3, due_at=DEADLINE)
        assert to_call(session, now=NOW) == []
        asked_anew = the_invitation(session, "Alpha")  # its receipt is nothing to call about
        asked_anew.state = "reconfirming"
        session.add(asked_anew)
        session.flush()
        assert to_call(session, now=NOW) == []
        assert report_status(session, slug="visit", now=NOW).deferred.count == 2


def test_what_only_waits_for_its_first_attempt_is_nobody_to_call(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        assert to_call(session, now=DEADLINE - timedelta(hours=1)) == []


def test_an_unknown_campaign_is_refused(database: Database) -> None:
    with database.transaction() as session:
        for report in (
            lambda: report_status(session, slug="unknown", now=NOW),
            lambda: count_to_invite(session, slug="unknown"),
        ):
            with pytest.raises(CampaignNotFound, match="outreach campaign list"):
                report()


def test_who_asks_to_join_is_counted_while_they_can_be_admitted(database: Database) -> None:
    with database.transaction() as session:
        an_open_door(session, "Alpha")
        a_waiting_request(session)
        assert report_status(session, slug="visit", now=NOW).asking == 1
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        assert report_status(session, slug="visit", now=NOW).asking == 0
