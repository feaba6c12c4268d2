"""Who names a day for their decision is left alone until then, and asked again that morning."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import AlreadyAnswered, DeadlinePassed, FieldErrors
from outreach.domain.message import MessageKind
from outreach.services.ask_again import ask_again
from outreach.services.close_campaign import close_campaign
from outreach.services.count_released import count_released
from outreach.services.launch_campaign import launch_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.services.reopen_invitation import reopen_invitation
from outreach.services.steer_campaign import pause_campaign, resume_campaign
from outreach.services.suppress_contact import suppress
from outreach.store.database import Database
from outreach.store.tables import Answer
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    defer,
    send_what_is_due,
    sign,
    the_invitation,
    the_link,
    the_messages,
)
from tests.racing import race

# A Tuesday; the plan's first step is on the Wednesday after it, at 15:00 in Berlin.
DAY = date(2026, 3, 10)
MORNING = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)
WEEK = DEADLINE - timedelta(days=7)
A_SECOND = timedelta(seconds=1)


def _ask(session: Session, now: datetime) -> int:
    return ask_again(session, slug="visit", mail_domain=DOMAIN, now=now)


def _plan(session: Session, now: datetime) -> int:
    return plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=now)


def _steps(session: Session, organization: str) -> list[str]:
    return [one.step for one in the_messages(session, organization, kind=MessageKind.REMINDER)]


def _invited(session: Session, *organizations: str) -> None:
    a_launched_campaign(session, *organizations)
    send_what_is_due(session)


def test_the_day_is_kept_as_it_was_given_and_confirmed_to_every_contact(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Alpha")
        a_contact(session, campaign, organization="Alpha", role="copied")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        send_what_is_due(session)
        defer(session, "Alpha", DAY)
    with database.reading() as session:
        invitation = the_invitation(session, "Alpha")
        assert (invitation.state, invitation.decides_on) == ("deferred", DAY)
        assert invitation.ask_again_at == MORNING
        answer = session.exec(select(Answer)).one()
        assert (answer.kind, answer.decides_on, answer.at) == ("defer", DAY, NOW)
        receipts = the_messages(session, kind=MessageKind.DEFERRAL_RECEIPT)
        assert [one.step for one in receipts] == [str(answer.id)] * 2


def test_until_that_morning_it_is_left_alone_then_asked_once(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha", "Beta")
        defer(session, "Alpha", DAY)
        assert _ask(session, MORNING - A_SECOND) == 0
        assert _ask(session, MORNING) == 1
        assert _ask(session, MORNING) == 0
        assert _steps(session, "Alpha") == ["decision-2026-03-10"]
        assert _steps(session, "Beta") == []
        assert the_invitation(session, "Alpha").state == "awaiting"


def test_the_plan_leaves_it_out_and_takes_it_up_after_its_day(database: Database) -> None:
    late = date(2026, 3, 13)  # a Friday, between the steps of seven days and of three
    with database.transaction() as session:
        _invited(session, "Alpha", "Beta")
        defer(session, "Alpha", late)
        assert _plan(session, WEEK) == 1
        friday = datetime(2026, 3, 13, 7, 0, tzinfo=UTC)
        assert _ask(session, friday) == 1
        send_what_is_due(session, now=friday)
        # The step of seven days was over when it was asked again: it is not made up for.
        assert _plan(session, friday + timedelta(hours=3)) == 0
        monday = DEADLINE - timedelta(days=1)
        assert _plan(session, monday) == 2
        assert _steps(session, "Alpha") == ["decision-2026-03-13", "1d/0"]


def test_a_day_on_a_weekend_is_asked_about_on_monday(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        defer(session, "Alpha", date(2026, 3, 7))
        assert the_invitation(session, "Alpha").ask_again_at == datetime(2026, 3, 9, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (NOW.date(), "a day after today"),
        (NOW.date() - timedelta(days=1), "a day after today"),
        (DEADLINE.date() + timedelta(days=1), "before the deadline"),
    ],
)
def test_a_day_on_which_nothing_could_be_asked_is_refused(
    database: Database, day: date, words: str
) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        with pytest.raises(FieldErrors) as refused:
            defer(session, "Alpha", day)
        assert words in refused.value.errors["decides_on"]
        assert the_invitation(session, "Alpha").state == "awaiting"


def test_the_last_day_counts_where_its_morning_is_before_the_deadline(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        defer(session, "Alpha", DEADLINE.date())
        assert _ask(session, DEADLINE - timedelta(hours=7)) == 1
        assert _ask(session, DEADLINE) == 0


def test_another_day_takes_the_place_of_the_first(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        defer(session, "Alpha", DAY)
        defer(session, "Alpha", DAY + timedelta(days=1), now=NOW + A_SECOND)
        assert _ask(session, MORNING) == 0
        assert _ask(session, MORNING + timedelta(days=1)) == 1
        assert _steps(session, "Alpha") == ["decision-2026-03-11"]


def test_an_answer_before_the_day_ends_it(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha", "Beta")
        defer(session, "Alpha", DAY)
        defer(session, "Beta", DAY)
        sign(session, "Alpha", now=NOW + A_SECOND)
        decline(session, "Beta", now=NOW + A_SECOND)
        assert the_invitation(session, "Alpha").decides_on is None
        assert _ask(session, MORNING) == 0
        with pytest.raises(AlreadyAnswered):
            defer(session, "Alpha", DAY, now=NOW + 2 * A_SECOND)


def test_a_reminder_that_waits_when_the_day_is_named_is_called_off(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha")
        assert _plan(session, WEEK) == 1
        defer(session, "Alpha", date(2026, 3, 13), now=WEEK)
        (reminder,) = the_messages(session, "Alpha", kind=MessageKind.REMINDER)
        assert (reminder.state, reminder.last_reply) == (
            "cancelled",
            "the organization decides on a later day",
        )


def test_a_paused_campaign_asks_when_it_is_resumed_and_a_suppressed_address_never(
    database: Database,
) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha", "Beta")
        defer(session, "Alpha", DAY)
        defer(session, "Beta", DAY)
        suppress(session, link_id=the_link(session, "Beta").id, now=NOW)
        campaign = pause_campaign(session, slug="visit")
        assert _ask(session, MORNING) == 0
        assert count_released(session, campaign, now=MORNING - A_SECOND) == 0
        assert count_released(session, campaign, now=MORNING) == 1
        resume_campaign(session, slug="visit")
        assert _ask(session, MORNING + timedelta(hours=1)) == 1
        assert _steps(session, "Beta") == []
        assert the_invitation(session, "Beta").state == "awaiting"


def test_a_late_signer_signs_or_declines_and_names_no_day(database: Database) -> None:
    after = DEADLINE + timedelta(hours=1)
    with database.transaction() as session:
        _invited(session, "Alpha")
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        organization = the_invitation(session, "Alpha").organization_id
        reopen_invitation(
            session,
            slug="visit",
            organization_id=organization,
            until=after + timedelta(days=3),
            mail_domain=DOMAIN,
            by=Actor("Ada"),
            now=after,
        )
        with pytest.raises(DeadlinePassed):
            defer(session, "Alpha", (after + timedelta(days=1)).date(), now=after)


def test_of_two_who_ask_at_once_one_finds_nothing_left(database: Database) -> None:
    with database.transaction() as session:
        _invited(session, "Alpha", "Beta")
        defer(session, "Alpha", DAY)
        defer(session, "Beta", DAY)

    def ask() -> int:
        with database.transaction() as session:
            return _ask(session, MORNING)

    done = race([ask] * 4)
    assert sorted(one for one in done if isinstance(one, int)) == [0, 0, 0, 2], done
    with database.reading() as session:
        assert len(the_messages(session, kind=MessageKind.REMINDER)) == 2
