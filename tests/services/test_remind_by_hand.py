"""A reminder that a coordinator asks for: whom it reaches, and how often."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.errors import CampaignNotFound, MoveRefused
from outreach.domain.message import MessageEvent, MessageKind
from outreach.services.apply_brake import TooManyMails, UnexpectedNumber
from outreach.services.launch_campaign import DeadlineOver, launch_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.services.remind_by_hand import (
    NobodyToRemind,
    count_to_remind,
    remind_by_hand,
)
from outreach.services.steer_campaign import cancel_campaign, extend_campaign, pause_campaign
from outreach.services.suppress_contact import suppress
from outreach.store import audience, claims
from outreach.store.audience import Audience
from outreach.store.database import Database
from outreach.store.messages import Addressee
from outreach.store.rounds import Result
from outreach.store.tables import Link
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
    the_link,
    the_messages,
)
from tests.racing import race

LATER = NOW + timedelta(days=2)


def remind(session: Session, *, now: object = LATER, **options: object) -> int:
    return remind_by_hand(session, slug="visit", mail_domain=DOMAIN, now=now, **options)  # type: ignore[arg-type]


def steps(session: Session, organization: str = "") -> list[tuple[str, str]]:
    reminders = the_messages(session, organization, kind=MessageKind.REMINDER)
    return [(one.step, one.state) for one in reminders]


def invited(session: Session, *organizations: str) -> None:
    a_launched_campaign(session, *organizations)
    assert send_what_is_due(session) == len(organizations)


def test_who_was_invited_and_has_not_answered_is_reminded_now(database: Database) -> None:
    with database.transaction() as session:
        invited(session, "Alpha", "Beta", "Gamma", "Delta")
        a_launched_campaign(session, "Elsewhere", slug="other")
        sign(session, "Alpha")
        decline(session, "Beta")
        suppress(session, link_id=the_link(session, "Gamma").id, now=NOW)
        assert count_to_remind(session, slug="visit", again=False, now=LATER) == Audience(1, 1)
        assert remind(session) == 1
        assert steps(session) == [("by-hand-2026-03-06", "queued")]
        assert steps(session, "Delta") == steps(session)


def test_who_has_no_invitation_yet_or_is_copied_is_not_reminded(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Alpha")
        a_contact(session, campaign, organization="Alpha", role="copied")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        with pytest.raises(NobodyToRemind):
            remind(session)
        send_what_is_due(session)
        a_contact(session, campaign, organization="Beta")
        assert remind(session) == 1


def test_nobody_is_reminded_twice_a_day_unless_the_coordinator_insists(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session, "Alpha", "Beta")
        early = NOW + timedelta(hours=23, minutes=59)
        asked = count_to_remind(session, slug="visit", again=False, now=early)
        assert asked == Audience(0, 0, skipped=2)
        with pytest.raises(NobodyToRemind, match=r"2 had a mail within the last day \(--again"):
            remind(session, now=early)
        assert remind(session) == 2
        with pytest.raises(NobodyToRemind):  # it waits still
            remind(session)
        send_what_is_due(session, now=LATER)
        soon = LATER + timedelta(minutes=10)
        assert count_to_remind(session, slug="visit", again=True, now=soon) == Audience(2, 2)
        assert remind(session, now=soon, again=True) == 2
        day = "by-hand-2026-03-06"
        assert steps(session, "Alpha") == [(day, "sent"), (f"{day}-2", "queued")]


def test_however_one_insists_whoever_has_a_mail_waiting_or_had_one_just_now_gets_no_other(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session, "Alpha", "Beta")
        assert remind(session, again=True) == 2

        def is_refused(later: timedelta) -> bool:
            counted = count_to_remind(session, slug="visit", again=True, now=LATER + later)
            assert counted == Audience(0, 0, skipped=2)
            with pytest.raises(
                NobodyToRemind, match=r"2 had a mail within the last ten minutes, or one"
            ):
                remind(session, now=LATER + later, again=True)
            return True

        assert is_refused(timedelta(seconds=1))
        assert is_refused(timedelta(days=2))
        won = claims.claim_due(session, owner="s", many=2, lease=timedelta(minutes=5), now=LATER)
        assert is_refused(timedelta(days=2))
        for one in won:
            result = Result(one.id, MessageEvent.ACCEPTED, code=250, words="ok")
            assert record_result(session, result, owner="s", now=LATER)
        assert is_refused(timedelta(minutes=9, seconds=59))
        assert remind(session, now=LATER + timedelta(minutes=10), again=True) == 2


def test_a_reminder_that_a_server_puts_off_for_days_is_waited_for(database: Database) -> None:
    with database.transaction() as session:
        invited(session, "Alpha")
        assert remind(session) == 1
        much_later = LATER + timedelta(days=2)
        counted = count_to_remind(session, slug="visit", again=False, now=much_later)
        assert counted == Audience(0, 0, skipped=1)


def test_a_new_reminder_takes_the_place_of_one_that_an_extension_cancelled(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session, "Alpha")
        remind(session)
        later = DEADLINE + timedelta(days=7)
        extend_campaign(session, slug="visit", deadline=later, now=LATER)
        assert remind(session) == 1
        day = "by-hand-2026-03-06"
        assert steps(session) == [(day, "cancelled"), (f"{day}-2", "queued")]


def test_the_plan_leaves_who_was_reminded_by_hand_in_peace_for_an_hour(
    database: Database,
) -> None:
    week = DEADLINE - timedelta(days=7)
    with database.transaction() as session:
        invited(session, "Alpha")
        remind(session, now=week - timedelta(minutes=5))

        def plan(minutes: int) -> int:
            now = week + timedelta(minutes=minutes)
            return plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=now)

        assert [plan(0), plan(54), plan(55)] == [0, 0, 1]


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_only_as_many_are_reminded_as_somebody_agreed_to(database: Database, expected: int) -> None:
    with database.transaction() as session:
        invited(session, "Alpha", "Beta")
        with pytest.raises(UnexpectedNumber, match=f"2 would be mailed now, not {expected}"):
            remind(session, expected=expected)
        assert steps(session) == []
        assert remind(session, expected=2) == 2


@pytest.mark.parametrize("again", [False, True])
def test_an_audience_larger_than_who_has_not_answered_is_held_back(
    database: Database, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    with database.transaction() as session:
        invited(session, "Alpha", "Beta")
        sign(session, "Alpha")
        links = session.exec(select(Link)).all()
        everybody = [
            (Addressee(one.contact_id, one.invitation_id), one.contact_id) for one in links
        ]
        monkeypatch.setattr(audience, "pending_contacts", lambda *_: everybody)
        with pytest.raises(TooManyMails, match="holds 2 mails back: only 1 people"):
            remind(session, again=again)
        assert steps(session) == []


@pytest.mark.parametrize("again", [False, True])
def test_the_brake_holds_a_second_reminder_too(
    database: Database, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    with database.transaction() as session:
        invited(session, "Alpha", "Beta")
        assert remind(session, again=again) == 2
        monkeypatch.setattr(audience, "asked_or_waiting", lambda *_, **__: frozenset())
        with pytest.raises(TooManyMails, match="holds 2 mails back: only 0 people"):
            remind(session, again=again)
        assert len(steps(session)) == 2


@pytest.mark.parametrize("again", [False, True])
def test_two_coordinators_at_once_remind_nobody_twice(database: Database, again: bool) -> None:
    with database.transaction() as session:
        invited(session, "Alpha", "Beta", "Gamma")

    def remind_now() -> int:
        with database.transaction() as session:
            return remind(session, again=again, expected=3 if again else None)

    results = race([remind_now] * 4)
    assert [one for one in results if isinstance(one, int)] == [3]
    assert sum(isinstance(one, NobodyToRemind) for one in results) == 3
    with database.reading() as session:
        assert len(steps(session)) == 3


def test_only_an_open_campaign_before_its_deadline_reminds(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session)
        with pytest.raises(MoveRefused, match="cannot remind what is draft"):
            remind(session)
        a_contact(session, a_campaign(session, slug="running"))
        for slug, steer in (("paused", pause_campaign), ("cancelled", cancel_campaign)):
            a_launched_campaign(session, slug=slug)
            steer(session, slug=slug)
            with pytest.raises(MoveRefused, match=f"what is {slug}"):
                remind_by_hand(session, slug=slug, mail_domain=DOMAIN, now=LATER)
        a_launched_campaign(session, slug="open")
        with pytest.raises(DeadlineOver):
            remind_by_hand(session, slug="open", mail_domain=DOMAIN, now=DEADLINE)
        with pytest.raises(CampaignNotFound):
            remind_by_hand(session, slug="unknown", mail_domain=DOMAIN, now=NOW)
