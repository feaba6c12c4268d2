"""Who is reminded, of what, and when: the audience is a query with a test for each state."""

from datetime import datetime, timedelta
from threading import Event

import pytest
from sqlmodel import Session, select

from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageEvent, MessageKind
from outreach.services import answer_invitation
from outreach.services.keep_answer import keep_answer
from outreach.services.launch_campaign import launch_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.services.steer_campaign import extend_campaign, pause_campaign, resume_campaign
from outreach.services.suppress_contact import lift, suppress
from outreach.store import claims
from outreach.store.campaigns import open_campaigns
from outreach.store.database import Database
from outreach.store.rounds import Result
from outreach.store.tables import Campaign, Contact, Message
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
    the_link,
    the_messages,
    withdraw,
)
from tests.racing import await_blocked, race

# The deadline is a Wednesday, 15:00 in Berlin.
WEEK = DEADLINE - timedelta(days=7)
DAY = DEADLINE - timedelta(days=1)
HOURS = DEADLINE - timedelta(hours=4)


def _plan(session: Session, now: datetime) -> int:
    """Every open campaign, as a sweep plans them."""
    return sum(
        plan_reminders(session, slug=campaign.slug, mail_domain=DOMAIN, now=now)
        for campaign in open_campaigns(session, now=now)
    )


def _reminders(session: Session, organization: str = "") -> list[Message]:
    return the_messages(session, organization, kind=MessageKind.REMINDER)


def _steps(session: Session, organization: str = "") -> list[str]:
    return [message.step for message in _reminders(session, organization)]


def _invited(session: Session, *organizations: str, **facts: object) -> Campaign:
    campaign = a_launched_campaign(session, *organizations, **facts)
    assert send_what_is_due(session) >= 1
    return campaign


@pytest.mark.parametrize("state", InvitationState)
def test_only_who_has_not_answered_is_reminded(database: Database, state: InvitationState) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha", "Beta")
        invitation = the_invitation(session, "Alpha")
        invitation.state = state
        session.add(invitation)
        session.flush()
        _plan(session, WEEK)
        expected = ["7d/0"] if state.value in ("awaiting", "reconfirming") else []
        assert _steps(session, "Alpha") == expected
        assert _steps(session, "Beta") == ["7d/0"]


def test_one_answer_leaves_all_contacts_of_the_organization_alone(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        for name in ("Alpha", "Alpha", "Beta", "Beta", "Gamma"):
            a_contact(session, campaign, organization=name)
        a_launched_campaign(session, "Delta", slug="other")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        send_what_is_due(session)
        sign(session, "Alpha")
        decline(session, "Beta")
        sign(session, "Gamma")
        withdraw(session, "Gamma")
        assert _plan(session, WEEK) == 1
        assert _steps(session, "Delta") == ["7d/0"]


def test_both_contacts_are_reminded_and_who_is_copied_is_not(database: Database) -> None:
    with database.transaction() as session:
        campaign = _invited(session, "Alpha")
        a_contact(session, campaign, organization="Alpha", role="copied")
        a_contact(session, campaign, organization="Alpha")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        send_what_is_due(session)
        assert _plan(session, WEEK) == 2


def test_who_unsubscribed_is_left_alone_and_a_colleague_is_not(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha", "Beta")
        link = the_link(session, "Alpha").id
        suppress(session, link_id=link, now=NOW)
        assert _plan(session, WEEK) == 1
        assert _steps(session, "Alpha") == []
        lift(session, link_id=link, now=WEEK)
        assert _plan(session, WEEK) == 1
        assert _steps(session, "Alpha") == ["7d/0"]


@pytest.mark.parametrize(
    "event",
    [MessageEvent.REJECTED, MessageEvent.DEFERRED, MessageEvent.CANCEL,
     MessageEvent.LAPSED_AFTER_DATA],
)  # fmt: skip
def test_who_has_had_no_invitation_is_not_reminded_of_it(
    database: Database, event: MessageEvent
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        lease = timedelta(minutes=5)
        (claimed,) = claims.claim_due(session, owner="me", many=9, lease=lease, now=NOW)
        assert _plan(session, WEEK) == 0
        record_result(session, Result(claimed.id, event), owner="me")
        assert _plan(session, WEEK) == 0


def test_who_became_copied_after_the_invitation_is_not_reminded(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        contact = session.exec(select(Contact)).one()
        contact.role = "copied"
        session.add(contact)
        session.flush()
        assert _plan(session, WEEK) == 0


@pytest.mark.parametrize("state", ["bounced", "complained"])
def test_who_could_not_be_reached_or_complained_is_not_reminded(
    database: Database, state: str
) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        (message,) = the_messages(session)
        message.state = state
        session.add(message)
        session.flush()
        assert _plan(session, WEEK) == 0


def test_each_step_is_planned_once_however_often_it_is_looked(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha", "Beta")
        assert _plan(session, WEEK - timedelta(microseconds=1)) == 0
        assert [_plan(session, WEEK) for _ in range(3)] == [2, 0, 0]
        send_what_is_due(session, now=WEEK)
        assert [_plan(session, WEEK + timedelta(hours=1)) for _ in range(3)] == [0, 0, 0]
        assert [_plan(session, DAY) for _ in range(2)] == [2, 0]
        assert _steps(session, "Alpha") == ["7d/0", "1d/0"]


def test_a_whole_run_reminds_four_times_and_never_at_night(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        now = NOW
        while now < DEADLINE + timedelta(days=2):
            _plan(session, now)
            send_what_is_due(session, now=now)
            now += timedelta(minutes=30)
        sent = [(one.step, one.sent_at) for one in _reminders(session)]
        assert sent == [
            ("7d/0", WEEK),
            # Three days before is a Sunday: Monday, eight o'clock in Berlin.
            ("3d/0", datetime.fromisoformat("2026-03-16T08:00+01:00")),
            ("1d/0", DAY),
            ("4h/0", HOURS),
        ]


def test_after_an_outage_one_reminder_catches_up(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        assert _plan(session, DAY + timedelta(hours=1)) == 1
        assert _steps(session) == ["1d/0"]
        assert _plan(session, DAY + timedelta(hours=2)) == 0


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(days=10)])
def test_none_is_planned_at_the_deadline_or_later(database: Database, late: timedelta) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        assert _plan(session, DEADLINE + late) == 0


def test_none_is_planned_that_was_over_when_the_invitation_arrived(database: Database) -> None:
    with database.transaction() as session:
        campaign = _invited(session, "Alpha")
        a_contact(session, campaign, organization="Beta")
        late = DAY + timedelta(hours=2)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=late)
        send_what_is_due(session, now=late)
        _plan(session, late + timedelta(hours=1))
        assert (_steps(session, "Alpha"), _steps(session, "Beta")) == (["1d/0"], [])
        _plan(session, HOURS)
        assert _steps(session, "Beta") == ["4h/0"]


@pytest.mark.parametrize(
    ("launched", "steps"),
    [
        (WEEK - timedelta(seconds=1), ["7d/0", "3d/0", "1d/0", "4h/0"]),
        (WEEK, ["3d/0", "1d/0", "4h/0"]),
        (DEADLINE - timedelta(days=5), ["3d/0", "1d/0", "4h/0"]),
        (DEADLINE - timedelta(days=2), ["1d/0", "4h/0"]),
        (HOURS, []),
    ],
)
def test_the_steps_that_were_over_at_the_invitation_are_left_out_and_no_other(
    database: Database, launched: datetime, steps: list[str]
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign)
        launch_campaign(session, slug=campaign.slug, mail_domain=DOMAIN, now=launched)
        send_what_is_due(session, now=launched)
        for hours in range(int((DEADLINE - launched) / timedelta(hours=1)) + 1):
            at = launched + timedelta(hours=hours, minutes=1)
            _plan(session, at)
            send_what_is_due(session, now=at)
        assert _steps(session) == steps


def test_each_contact_is_reminded_by_their_own_clock(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session, remind="1d")
        a_contact(session, campaign, organization="Berlin")
        a_contact(session, campaign, organization="Taipei", zone="Asia/Taipei")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        send_what_is_due(session)
        assert _plan(session, DAY) == 1
        assert _steps(session, "Taipei") == []
        morning = datetime.fromisoformat("2026-03-18T08:00+08:00")
        assert _plan(session, morning - timedelta(minutes=1)) == 0
        assert _plan(session, morning) == 1
        assert _steps(session, "Taipei") == ["1d/0"]


def test_a_campaign_without_steps_reminds_nobody(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha", remind="")
        assert _plan(session, HOURS) == 0


def test_a_paused_campaign_plans_nothing_and_catches_up_with_one(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        pause_campaign(session, slug="visit")
        assert _plan(session, WEEK) == 0
        resume_campaign(session, slug="visit")
        assert _plan(session, DAY) == 1


def test_an_extended_deadline_brings_the_same_steps_anew(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        for now in (WEEK, DAY):
            _plan(session, now)
            send_what_is_due(session, now=now)
        later = DEADLINE + timedelta(days=14)
        extend_campaign(session, slug="visit", deadline=later, now=DAY)
        assert _plan(session, DEADLINE) == 0
        for now in (later - timedelta(days=7), later - timedelta(days=1)):
            assert _plan(session, now) == 1
            send_what_is_due(session, now=now)
        assert _steps(session) == ["7d/0", "1d/0", "7d/1", "1d/1"]
        assert {one.state for one in _reminders(session)} == {"sent"}


def test_who_was_asked_within_the_hour_is_reminded_when_it_is_over(database: Database) -> None:
    with database.transaction() as session:
        campaign = _invited(session, "Alpha")
        a_contact(session, campaign, organization="Beta")
        late = DAY - timedelta(minutes=20)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=late)
        send_what_is_due(session, now=late)
        assert _plan(session, DAY) == 1
        assert _plan(session, late + timedelta(minutes=59, seconds=59)) == 0
        assert _plan(session, late + timedelta(hours=1)) == 1
        assert (_steps(session, "Alpha"), _steps(session, "Beta")) == (["1d/0"], ["1d/0"])


def test_a_plan_of_minutes_is_carried_out_in_minutes(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha", remind="6m,4m,2m,45s")
        for seconds in (360, 240, 120, 45):
            now = DEADLINE - timedelta(seconds=seconds)
            assert _plan(session, now) == 1
            send_what_is_due(session, now=now + timedelta(seconds=3))
        assert _steps(session) == ["6m/0", "4m/0", "2m/0", "45s/0"]


def test_two_planners_at_once_write_one(database: Database) -> None:
    names = [f"Organization {number}" for number in range(10)]
    with database.transaction() as session:
        _invited(session, *names)
        _invited(session, "Another", slug="other")

    def plan() -> int:
        with database.transaction() as session:
            return _plan(session, WEEK)

    results = race([plan] * 5)
    assert sorted(map(str, results)) == ["0", "0", "0", "0", "11"]
    with database.reading() as session:
        assert len(_reminders(session)) == 11


def test_an_answer_while_reminders_are_planned_ends_neither(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planner waits for campaign and invitation in the order in which the answer took them."""
    with database.transaction() as session:
        _invited(session, "Alpha", "Beta")
    holding = Event()
    record = keep_answer

    def slow_record(*args: object, **kwargs: object) -> object:
        await_blocked(database, holding.set)
        return record(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(answer_invitation, "keep_answer", slow_record)

    def answer() -> int:
        with database.transaction() as session:
            sign(session, "Alpha")
        return -1

    def plan() -> int:
        assert holding.wait(20)
        with database.transaction() as session:
            return _plan(session, WEEK)

    assert race([answer, plan]) == [-1, 1]
    with database.reading() as session:
        assert (_steps(session, "Alpha"), _steps(session, "Beta")) == ([], ["7d/0"])
