"""The ledger's rows on both databases: dense, in order, never changed."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from outreach.domain.evidence import EventKind
from outreach.store import ledger
from outreach.store.database import Database
from outreach.store.ledger import EventRow, Tip
from outreach.store.ledger_tables import LedgerCheckpoint
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
    ],
)
def test_neither_event_nor_checkpoint_is_ever_changed_or_deleted(
    database: Database, statement: str
) -> None:
    with database.transaction() as session:
        campaign = a_log(session, 3)
        checkpoint(session, campaign, 3)
    with pytest.raises(DBAPIError, match="append-only"), database.transaction() as session:
        session.connection().execute(text(statement))
    with database.reading() as session:
        assert len(ledger.read_events(session, campaign)) == 3


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", ["ledger_event", "ledger_checkpoint"])
def test_sqlites_replace_is_no_way_around(database: Database, table: str) -> None:
    with database.transaction() as session:
        campaign = a_log(session, 3)
        checkpoint(session, campaign, 3)
    statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"  # noqa: S608
    with pytest.raises(DBAPIError, match="append-only"), database.transaction() as session:
        session.connection().execute(text(statement))


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
