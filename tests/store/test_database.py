"""Transactions, and instants that come back as they went in."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, StatementError
from sqlmodel import Session, col, select

from outreach.store import database as database_module
from outreach.store.database import Database
from outreach.store.driver_sql import DriverSql
from outreach.store.tables import Campaign, Suppression
from tests.factories import NOW, a_campaign
from tests.racing import race
from tests.sending import a_lost_connection

_STOP = DriverSql("UPDATE campaign SET pause_reason = :reason WHERE id = :pk RETURNING id")
_DOUBLE = DriverSql(
    "INSERT INTO suppression (id, email_key, reason, created_at)"
    " SELECT 1, 'x', '', created_at FROM campaign WHERE id = :pk UNION ALL"
    " SELECT 2, 'x', '', created_at FROM campaign WHERE id = :pk"
)


def _suppression(key: str, *, at: datetime = NOW) -> Suppression:
    return Suppression(email_key=key, reason="unsubscribed", created_at=at)


def _keys(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.exec(select(Suppression.email_key)))


def test_a_transaction_keeps_all_of_it(database: Database) -> None:
    with database.transaction() as session:
        session.add(_suppression("a@example.org"))
        session.add(_suppression("b@example.org"))
    assert _keys(database) == {"a@example.org", "b@example.org"}


def _fail_after_writing(database: Database) -> None:
    with database.transaction() as session:
        session.add(_suppression("a@example.org"))
        session.flush()
        raise LookupError


def test_a_transaction_that_fails_keeps_nothing(database: Database) -> None:
    with pytest.raises(LookupError):
        _fail_after_writing(database)
    assert _keys(database) == set()


def _write_twice(database: Database) -> None:
    with database.transaction() as session:
        session.add(_suppression("other@example.org"))
        session.flush()
        session.add(_suppression("a@example.org"))


def test_a_commit_that_is_refused_raises_and_keeps_nothing(database: Database) -> None:
    with database.transaction() as session:
        session.add(_suppression("a@example.org"))
    with pytest.raises(IntegrityError):
        _write_twice(database)
    assert _keys(database) == {"a@example.org"}


def test_what_is_written_while_reading_is_not_kept(database: Database) -> None:
    with suppress(InternalError), database.reading() as session:  # PostgreSQL refuses it outright
        session.add(_suppression("a@example.org"))
        session.flush()
    assert _keys(database) == set()


def test_reading_is_one_consistent_look(database: Database) -> None:
    with database.reading() as session:
        assert session.exec(select(Suppression)).all() == []
        with database.transaction() as other:
            other.add(_suppression("a@example.org"))
        assert session.exec(select(Suppression)).all() == []
    assert _keys(database) == {"a@example.org"}


def test_nobody_sees_what_is_not_committed(database: Database) -> None:
    with database.transaction() as session:
        session.add(_suppression("a@example.org"))
        session.flush()
        assert _keys(database) == set()
    assert _keys(database) == {"a@example.org"}


def test_what_points_to_nothing_is_refused(database: Database) -> None:
    insert = text(
        "INSERT INTO delivery_event (message_pk, event, words, at) VALUES (9, 'x', '', :at)"
    )

    def write() -> None:
        with database.transaction() as session:
            session.connection().execute(insert, {"at": "2026-03-04 14:00:00"})

    with pytest.raises(IntegrityError):
        write()


def _write_moment(database: Database, moment: datetime) -> None:
    with database.transaction() as session:
        session.add(_suppression("a@example.org", at=moment))


def test_a_naive_datetime_is_refused(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError, match="names no instant"):
        _write_moment(database, naive)
    assert _keys(database) == set()


@pytest.mark.parametrize("hours", [-11, 0, 5.75, 14])
def test_an_instant_comes_back_in_utc_to_the_microsecond(database: Database, hours: float) -> None:
    moment = datetime(2026, 10, 25, 2, 30, 15, 123456, timezone(timedelta(hours=hours)))
    _write_moment(database, moment)
    with database.reading() as session:
        found = session.exec(select(Suppression)).one().created_at
        later = select(Suppression).where(col(Suppression.created_at) > moment)
        same = select(Suppression).where(col(Suppression.created_at) <= moment.astimezone(UTC))
        assert session.exec(later).first() is None
        assert session.exec(same).first() is not None
    assert found == moment
    assert found.tzinfo is UTC


def test_instants_without_microseconds_compare_right(database: Database) -> None:
    with database.transaction() as session:
        session.add(_suppression("whole@example.org", at=NOW))
        session.add(_suppression("later@example.org", at=NOW + timedelta(microseconds=1)))
    with database.reading() as session:
        query = select(Suppression.email_key).where(col(Suppression.created_at) <= NOW)
        assert list(session.exec(query)) == ["whole@example.org"]


def test_the_text_of_an_error_quotes_no_value_that_was_given(database: Database) -> None:
    """It ends in a log, or on a terminal."""
    statement = text("INSERT INTO nowhere (email_key) VALUES (:key)")

    def write() -> None:
        with database.transaction() as session:
            session.connection().execute(statement, {"key": "ada@example.org"})

    with pytest.raises(DBAPIError) as raised:
        write()
    assert "INSERT INTO nowhere" in str(raised.value)
    assert "ada@" not in str(raised.value)


def test_one_that_has_read_can_always_write(database: Database) -> None:
    """SQLite refuses a late upgrade of a reader to a writer at once, whatever its timeout."""
    with database.transaction() as session:
        campaign = a_campaign(session)
        assert campaign.id

    def count_up() -> None:
        with database.transaction() as session:
            query = select(Campaign).with_for_update()
            one = session.exec(query).one()
            one.deadline_round += 1
            session.add(one)

    assert race([count_up] * 12) == [None] * 12
    with database.reading() as session:
        assert session.exec(select(Campaign.deadline_round)).one() == 12


def test_sqlite_writes_ahead_and_syncs(database: Database) -> None:
    if database.is_postgresql:
        return
    with Session(database.engine) as session:
        connection = session.connection()
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == ["wal", 2, 1, 15_000]


@pytest.mark.parametrize("way", ["persist", "persist_piped"])
def test_what_is_persisted_is_there_and_what_fails_leaves_nothing(
    database: Database, way: str
) -> None:
    persist = getattr(database, way)
    with database.transaction() as session:
        pk = a_campaign(session).id

    def stop(session: Session) -> int:
        return len(_STOP.rows(session, pk=pk, reason="one"))

    def fail(session: Session) -> None:
        _STOP.run(session, pk=pk, reason="two")
        raise LookupError

    def break_a_rule(session: Session) -> None:
        _STOP.run(session, pk=pk, reason="three")
        _DOUBLE.run(session, pk=pk)

    assert persist(stop) == 1
    with pytest.raises(LookupError):
        persist(fail)
    with pytest.raises(IntegrityError) as raised:
        persist(break_a_rule)
    assert "three" not in str(raised.value)
    with database.reading() as session:
        assert session.exec(select(Campaign.pause_reason)).all() == ["one"]


@pytest.mark.parametrize("way", ["persist", "persist_piped"])
def test_it_is_tried_again_where_the_database_gave_up(database: Database, way: str) -> None:
    failures = [a_lost_connection(), a_lost_connection()]

    def work(session: Session) -> str:
        _STOP.run(session, pk=1, reason="")
        if failures:
            raise failures.pop()
        return "done"

    assert getattr(database, way)(work) == "done"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", ["persist", "persist_piped"])
def test_connections_that_died_in_use_a_moment_ago_are_replaced(
    database: Database, way: str
) -> None:
    before = database.persist(_who)
    _end_all_connections(database)
    try:
        assert getattr(database, way)(_who) != before
    finally:
        database.engine.dispose()  # others of the pool died too


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_connections_that_died_in_the_pool_are_replaced_before_they_are_used(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        before = _who(session)
    _end_all_connections(database)
    monkeypatch.setattr(database_module, "_FRESH_SECONDS", 0.0)
    with database.transaction() as session:
        assert _who(session) != before


def _who(session: Session) -> int:
    return int(DriverSql("SELECT pg_backend_pid()").rows(session)[0][0])


def _end_all_connections(database: Database) -> None:
    with psycopg.connect(_plain_url(database), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _plain_url(database: Database) -> str:
    url = database.engine.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def test_a_glance_begins_nothing_and_sees_what_was_committed_last(database: Database) -> None:
    with database.glance() as connection:
        before = connection.execute(text("SELECT count(*) FROM suppression")).scalar_one()
        with database.transaction() as session:
            session.add(Suppression(email_key="a@b.example", reason="test", created_at=NOW))
        after = connection.execute(text("SELECT count(*) FROM suppression")).scalar_one()
    assert (before, after) == (0, 1)
