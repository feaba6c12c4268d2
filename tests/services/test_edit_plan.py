"""Until when, in whose name, and when to remind: decided before the launch."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors, MoveRefused
from outreach.mail.headers import mailbox, mailbox_line, split_mailbox
from outreach.services import edit_plan
from outreach.services.edit_plan import DeadlineUnclear
from outreach.statement.source import parse_statement
from outreach.store.campaigns import current_version, require_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.tables import Campaign
from tests.factories import NOW, a_campaign, a_launched_campaign
from tests.mail.payloads import payloads

NORA = Actor("Nora Feld")


@pytest.fixture(autouse=True)
def _draft(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        campaign.open_steps = "deadline sender reminders"
        session.add(campaign)


def _deadline(session: Session, day: str, time: str, zone: str, reading: str = "") -> Campaign:
    return edit_plan.edit_deadline(
        session, slug="visit", day=day, time=time, zone=zone, reading=reading, by=NORA, now=NOW
    )


def test_a_local_time_becomes_an_instant_and_the_step_is_settled(database: Database) -> None:
    with database.transaction() as session:
        campaign = _deadline(session, "2026-04-20", "18:00", "Asia/Taipei")
    assert campaign.deadline == datetime(2026, 4, 20, 10, 0, tzinfo=UTC)
    assert campaign.zone == "Asia/Taipei"
    assert campaign.open_steps == "sender reminders"


def test_a_deadline_may_move_to_and_fro_before_the_launch(database: Database) -> None:
    with database.transaction() as session:
        _deadline(session, "2026-04-20", "18:00", "Europe/Berlin")
        assert _deadline(session, "2026-03-10", "09:00", "Europe/Berlin").deadline_round == 0


@pytest.mark.parametrize(
    ("day", "time", "choices"),
    [
        ("2026-03-29", "02:30", ("2026-03-29 01:30+01:00", "2026-03-29 03:30+02:00")),
        ("2026-10-25", "02:30", ("2026-10-25 02:30+02:00", "2026-10-25 02:30+01:00")),
    ],
)
def test_a_time_that_a_clock_change_makes_unclear_is_offered_as_two(
    database: Database, day: str, time: str, choices: tuple[str, str]
) -> None:
    with database.transaction() as session:
        campaign = require_campaign(session, "visit")
        campaign.occasion_date = datetime(2026, 12, 1, tzinfo=UTC).date()
        session.add(campaign)
    with pytest.raises(DeadlineUnclear) as unclear, database.transaction() as session:
        _deadline(session, day, time, "Europe/Berlin")
    assert unclear.value.readings == choices
    for choice in choices:
        with database.transaction() as session:
            chosen = _deadline(session, day, time, "Europe/Berlin", choice)
        assert chosen.deadline == datetime.fromisoformat(choice)


def test_a_choice_made_for_another_moment_does_not_count(database: Database) -> None:
    with pytest.raises(DeadlineUnclear), database.transaction() as session:
        _deadline(session, "2026-03-29", "02:30", "Europe/Berlin", "2026-03-28 02:30+01:00")
    with database.transaction() as session:
        campaign = _deadline(session, "2026-03-30", "10:00", "UTC", "2026-03-29 03:30+02:00")
    assert campaign.deadline == datetime(2026, 3, 30, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "time", "zone", "field"),
    [
        ("", "18:00", "Europe/Berlin", "day"),
        ("2026-04-20", "", "Europe/Berlin", "time"),
        ("2026-04-20", "18:00", "Mars/Base", "zone"),
        ("2026-04-20", "25:00", "Europe/Berlin", "time"),
        ("2026-03-01", "18:00", "Europe/Berlin", "day"),  # over
        ("2026-04-25", "18:00", "Europe/Berlin", "day"),  # after the occasion
        ("2026-13-45", "18:00", "Europe/Berlin", "time"),
    ],
)
def test_what_is_no_deadline_is_refused_at_its_field(
    database: Database, day: str, time: str, zone: str, field: str
) -> None:
    with pytest.raises(FieldErrors) as refusal, database.transaction() as session:
        _deadline(session, day, time, zone)
    assert field in refusal.value.errors


def test_a_sender_has_a_name_and_an_address_for_replies(database: Database) -> None:
    with database.transaction() as session:
        campaign = edit_plan.edit_sender(
            session,
            slug="visit",
            sender_name=' The "Archives" Coalition, Genève ',
            reply_to="nora@coalition.example",
            by=NORA,
            now=NOW,
        )
        assert campaign.id is not None
        source = current_version(session, campaign.id).source
    assert campaign.sender_name == 'The "Archives" Coalition, Genève'
    assert campaign.reply_to == "nora@coalition.example"
    assert parse_statement(source).reply_to == "nora@coalition.example"
    assert campaign.open_steps == "deadline reminders"


@pytest.mark.parametrize(
    ("sender_name", "reply_to", "field"),
    [
        ("A", "", "reply_to"),
        ("A", "nobody", "reply_to"),
        ("A", "a@b.example\r\nBcc: x@y.example", "reply_to"),
        ("A\r\nBcc: x@y.example", "a@b.example", "sender_name"),
        ("x" * 81, "a@b.example", "sender_name"),
        ("other@bank.example", "a@b.example", "sender_name"),
        ("A", "a@b.example, c@d.example", "reply_to"),
    ],
)
def test_what_no_header_may_carry_is_refused(
    database: Database, sender_name: str, reply_to: str, field: str
) -> None:
    with pytest.raises(FieldErrors) as refusal, database.transaction() as session:
        edit_plan.edit_sender(
            session, slug="visit", sender_name=sender_name, reply_to=reply_to, by=NORA, now=NOW
        )
    assert list(refusal.value.errors) == [field]


def test_reminders_are_added_once_in_order_and_removed(database: Database) -> None:
    with database.transaction() as session:
        add = {"slug": "visit", "by": NORA, "now": NOW}
        edit_plan.add_reminder(session, number=" 10 ", unit="d", **add)  # type: ignore[arg-type]
        edit_plan.add_reminder(session, number="10", unit="d", **add)  # type: ignore[arg-type]
        campaign = edit_plan.remove_reminder(session, label="3d", **add)  # type: ignore[arg-type]
        assert campaign.reminder_steps == "10d,7d,1d,4h"
        campaign = edit_plan.remove_reminder(session, label="3d", **add)  # type: ignore[arg-type]
        assert campaign.reminder_steps == "10d,7d,1d,4h"
        assert campaign.open_steps == "deadline sender"


def test_keeping_the_reminders_as_proposed_settles_them(database: Database) -> None:
    with database.transaction() as session:
        campaign = edit_plan.keep_reminders(session, slug="visit", by=NORA, now=NOW)
        assert campaign.reminder_steps == "7d,3d,1d,4h"
        assert campaign.open_steps == "deadline sender"
        assert [one.detail for one in session.exec(select(Activity))] == ["reminders"]


@pytest.mark.parametrize(
    ("number", "unit"), [("", "d"), ("0", "d"), ("-1", "d"), ("1", "y"), ("1,2", "d")]
)
def test_what_is_no_length_of_time_is_refused(database: Database, number: str, unit: str) -> None:
    with pytest.raises(FieldErrors), database.transaction() as session:
        edit_plan.add_reminder(session, slug="visit", number=number, unit=unit, by=NORA, now=NOW)


def test_more_reminders_than_anybody_bears_are_refused(database: Database) -> None:
    steps = ",".join(f"{number}h" for number in range(1, 14))
    with pytest.raises(FieldErrors), database.transaction() as session:
        edit_plan.edit_reminders(session, slug="visit", steps=steps, by=NORA, now=NOW)


def test_nothing_of_it_changes_a_running_campaign(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, slug="running")
    later = NOW + timedelta(hours=1)
    edits: list[Callable[[Session], Campaign]] = [
        lambda session: edit_plan.edit_deadline(
            session, slug="running", day="2026-04-20", time="18:00", zone="UTC", by=NORA, now=later
        ),
        lambda session: edit_plan.edit_sender(
            session, slug="running", sender_name="A", reply_to="a@b.example", by=NORA, now=later
        ),
        lambda session: edit_plan.edit_reminders(
            session, slug="running", steps="1d", by=NORA, now=later
        ),
        lambda session: edit_plan.keep_reminders(session, slug="running", by=NORA, now=later),
    ]
    for edit in edits:
        with pytest.raises(MoveRefused), database.transaction() as session:
            edit(session)


def test_no_payload_reaches_a_header_through_the_senders_name(database: Database) -> None:
    with database.transaction() as session:
        for payload in payloads():
            try:
                campaign = edit_plan.edit_sender(
                    session, slug="visit", sender_name=payload, reply_to="a@b.example", by=NORA,
                    now=NOW,
                )  # fmt: skip
            except FieldErrors:
                continue
            line = mailbox(display=campaign.sender_name, address="s@coalition.example")
            name, address = split_mailbox(line, field="From")
            assert address == "s@coalition.example"
            assert "\n" not in mailbox_line("From", display=name, address=address).replace(
                "\r\n ", ""
            )
