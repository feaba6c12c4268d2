"""The ledger's rows on both databases: dense, in order, never changed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from outreach.domain.evidence import EventKind
from outreach.store import ledger
from outreach.store.database import Database
from outreach.store.ledger import EventRow, Tip
from outreach.store.ledger_tables import LedgerCheckpoint, LedgerEvent, LedgerLog
from tests.factories import NOW, a_campaign
from tests.racing import race

DAY = timedelta(days=1)


def a_row(position: int, *, kind: EventKind = EventKind.VIEWED) -> EventRow:
    leaf = bytes([position]) * 32
    openings = (("person", f"Person {position}", "00" * 32),)
    return EventRow(position, kind, f'{{"n":{position}}}', leaf, b"", openings)


def a_log(session: Session, many: int, *, slug: str = "visit") -> int:
    """A campaign with so many events. Returns its id."""
    campaign = a_campaign(session, slug=slug)
    assert campaign.id is not None
    ledger.open_log(session, campaign.id, origin=f"a.example/{slug}", now=NOW)
    append(session, campaign.id, *map(a_row, range(many)))
    return campaign.id


def append(session: Session, campaign_id: int, *rows: EventRow) -> None:
    ledger.append_rows(session, campaign_id, rows, now=NOW)


def everything(session: Session) -> list[Any]:
    """Every row of the three tables that are kept."""
    tables = (LedgerLog.__table__, LedgerEvent.__table__, LedgerCheckpoint.__table__)  # type: ignore[attr-defined]
    return [row for table in tables for row in session.connection().execute(table.select())]


def checkpoint(session: Session, campaign_id: int, size: int, *, ago: timedelta = DAY * 0) -> None:
    ledger.record_checkpoint(
        session,
        LedgerCheckpoint(campaign_id=campaign_id, size=size, note="n", key="k", at=NOW - ago),
    )


def test_events_come_back_in_order_with_their_openings(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_log(session, 12)
    with database.reading() as session:
        assert ledger.read_events(session, campaign) == [f'{{"n":{one}}}' for one in range(12)]
        assert ledger.find_tip(session, campaign) == Tip(11, b"\x0b" * 32, b"")
        assert ledger.read_openings(session, campaign)[3] == (3, "person", "Person 3", "00" * 32)


def test_a_log_is_opened_once_and_keeps_its_origin(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_log(session, 0)
        again = ledger.open_log(session, campaign, origin="other.example/x", now=NOW)
        assert again.origin == "a.example/visit"
        assert ledger.find_tip(session, campaign) is None
        assert ledger.list_logs(session) == [("visit", "a.example/visit")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_event SET event = '{}'",
        "UPDATE ledger_event SET position = position + 100",
        "DELETE FROM ledger_event",
        "DELETE FROM ledger_event WHERE position = 2",
        "UPDATE ledger_checkpoint SET note = 'x'",
        "DELETE FROM ledger_checkpoint",
        "UPDATE ledger_log SET origin = 'another.example/log'",
        "UPDATE ledger_log SET created_at = '2020-01-01 00:00:00'",
        "DELETE FROM ledger_log",
    ],
)
def test_no_log_event_or_checkpoint_is_ever_changed_or_deleted(
    database: Database, statement: str
) -> None:
    with database.transaction() as session:
        campaign = a_log(session, 3)
        checkpoint(session, campaign, 3)
    with pytest.raises(DBAPIError, match="append-only"), database.transaction() as session:
        session.connection().execute(text(statement))
    with database.reading() as session:
        assert len(ledger.read_events(session, campaign)) == 3


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", ["ledger_event", "ledger_checkpoint", "ledger_log"])
def test_postgresqls_truncate_is_no_way_around(database: Database, table: str) -> None:
    with database.transaction() as session:
        campaign = a_log(session, 3)
        checkpoint(session, campaign, 3)
    with pytest.raises(DBAPIError, match="append-only"), database.transaction() as session:
        session.connection().execute(text(f"TRUNCATE {table} CASCADE"))
    with database.reading() as session:
        assert len(ledger.read_events(session, campaign)) == 3


_EVENT = "campaign_id, position, kind, event, leaf, before, answer_id, message_pk, at"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO ledger_event SELECT * FROM ledger_event",
        "INSERT OR REPLACE INTO ledger_checkpoint SELECT * FROM ledger_checkpoint",
        "INSERT OR REPLACE INTO ledger_log SELECT * FROM ledger_log",
        "INSERT OR REPLACE INTO ledger_log"
        " SELECT campaign_id + 1, origin, created_at FROM ledger_log",
        f"INSERT OR REPLACE INTO ledger_event ({_EVENT}) SELECT"  # noqa: S608 - no input
        " campaign_id, 3, kind, '{}', leaf, before, answer_id, NULL, at"
        " FROM ledger_event WHERE answer_id IS NOT NULL",
        f"INSERT OR REPLACE INTO ledger_event ({_EVENT}) SELECT"  # noqa: S608 - no input
        " campaign_id, 3, kind, '{}', leaf, before, NULL, message_pk, at"
        " FROM ledger_event WHERE message_pk IS NOT NULL",
    ],
)
def test_sqlites_replace_is_no_way_around(database: Database, statement: str) -> None:
    with database.transaction() as session:
        session.connection().execute(text("PRAGMA defer_foreign_keys = ON"))
        campaign = a_log(session, 2)
        append(session, campaign, replace(a_row(2), answer_id=7, message_pk=8))
        checkpoint(session, campaign, 3)
        before = everything(session)
        with pytest.raises(DBAPIError, match="append-only"):
            session.connection().execute(text(statement))
        assert everything(session) == before
        session.rollback()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", ["ledger_event", "ledger_checkpoint", "ledger_log"])
def test_no_row_has_a_number_of_its_own_to_be_replaced_by(database: Database, table: str) -> None:
    with database.reading() as session, pytest.raises(DBAPIError, match="no such column"):
        session.connection().execute(text(f"SELECT rowid FROM {table}"))  # noqa: S608 - no input


@pytest.mark.parametrize("position", [4, 100])
def test_an_event_leaves_no_gap(database: Database, position: int) -> None:
    with database.transaction() as session:
        campaign = a_log(session, 3)
    with pytest.raises(DBAPIError, match="no gaps"), database.transaction() as session:
        append(session, campaign, a_row(position))


def test_a_place_is_taken_once(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_log(session, 3)
    with pytest.raises(IntegrityError), database.transaction() as session:
        append(session, campaign, a_row(2))


def test_openings_can_be_erased(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_log(session, 3)
        session.connection().execute(text("DELETE FROM ledger_opening WHERE position = 1"))
    with database.reading() as session:
        assert [row[0] for row in ledger.read_openings(session, campaign)] == [0, 2]


def test_many_who_append_at_once_stand_in_one_line(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        assert campaign.id is not None
        campaign_id = campaign.id

    def write() -> None:
        for _ in range(5):
            with database.transaction() as session:
                ledger.open_log(session, campaign_id, origin="a.example/log", now=NOW)
                tip = ledger.find_tip(session, campaign_id)
                append(session, campaign_id, a_row(tip.position + 1 if tip else 0))

    assert race([write] * 8) == [None] * 8
    with database.reading() as session:
        events = ledger.read_events(session, campaign_id)
        assert events == [f'{{"n":{one}}}' for one in range(40)]


def due(session: Session) -> list[int]:
    return ledger.due_checkpoints(session, every=DAY, now=NOW)


def test_a_checkpoint_is_due_when_the_log_has_grown_and_the_last_one_is_old(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_log(session, 0)
        assert due(session) == []
        append(session, campaign, a_row(0))
        assert due(session) == [campaign]
        checkpoint(session, campaign, 1, ago=DAY)
        assert due(session) == []  # nothing was added since
        append(session, campaign, a_row(1))
        assert due(session) == [campaign]
        checkpoint(session, campaign, 2, ago=DAY - timedelta(seconds=1))
        append(session, campaign, a_row(2))
        assert due(session) == []


@pytest.mark.parametrize("kind", [EventKind.CLOSED, EventKind.PUBLISHED])
def test_close_and_publication_have_theirs_at_once(database: Database, kind: EventKind) -> None:
    with database.transaction() as session:
        campaign = a_log(session, 2)
        checkpoint(session, campaign, 2)
        append(session, campaign, a_row(2, kind=kind))
        assert due(session) == [campaign]
        checkpoint(session, campaign, 3)
        append(session, campaign, a_row(3))
        assert due(session) == []
