"""What is given to the driver as it is means the same as what SQLAlchemy would have given."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlmodel import Session, col, select

from outreach.store.database import Database
from outreach.store.driver_sql import DriverSql, DriverSqlForMany, read_instant
from outreach.store.tables import DeliveryEvent, Message
from tests.factories import NOW, a_launched_campaign, the_messages

WORDS = [
    "",
    "'",
    "''; DROP TABLE message; --",
    '"quoted"',
    "100 % of %s and %(words)s",
    "{ids} {0} {{}}",
    ":words ::text",
    "back\\slash\r\nand more",
    "陳志明 🙂 \u202e",
    "x" * 70_000,
]
MOMENTS = [
    NOW,
    NOW + timedelta(microseconds=1),
    NOW + timedelta(microseconds=999_999),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),  # the hour that Berlin skips
    datetime(2026, 3, 4, 23, 59, 59, 1, tzinfo=timezone(timedelta(hours=13, minutes=45))),
    datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
]
_READ = DriverSql("SELECT words, code, at FROM delivery_event WHERE message_pk {ids} ORDER BY id")
_WRITE = DriverSqlForMany(
    "INSERT INTO delivery_event (message_pk, event, code, words, at)"
    " VALUES (:pk, 'accepted', :code, :words, :at)",
    postgresql="INSERT INTO delivery_event (message_pk, event, code, words, at)"
    " SELECT pk, 'accepted', code, words, at FROM {source}",
    columns={"pk": "integer", "code": "integer", "words": "text", "at": "timestamptz"},
)
_SET = DriverSql("UPDATE message SET due_at = :at, last_reply = :words WHERE id {ids}")


def _a_message(session: Session) -> int:
    a_launched_campaign(session)
    (message,) = the_messages(session)
    assert message.id is not None
    return message.id


@pytest.mark.parametrize("words", WORDS, ids=range(len(WORDS)))
def test_words_come_back_as_they_went(database: Database, words: str) -> None:
    with database.transaction() as session:
        pk = _a_message(session)
        _SET.run(session, ids=[pk], at=NOW, words=words)
        session.expire_all()
        assert session.get_one(Message, pk).last_reply == words
        _WRITE.run(session, [{"pk": pk, "code": None, "words": words, "at": NOW}])
        event = session.exec(select(DeliveryEvent)).one()
        assert (event.words, event.code, event.at) == (words, None, NOW)
        assert [row[0] for row in _READ.rows(session, ids=[pk])] == [words]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_an_instant_is_written_and_read_as_the_column_does(
    database: Database, moment: datetime
) -> None:
    with database.transaction() as session:
        pk = _a_message(session)
        _SET.run(session, ids=[pk], at=moment, words="")
        session.expire_all()
        ours = session.get_one(Message, pk)
        assert ours.due_at == moment
        session.add(DeliveryEvent(message_pk=pk, event="accepted", at=moment))
        session.flush()
        _WRITE.run(session, [{"pk": pk, "code": 1, "words": "", "at": moment}])
        rows = _READ.rows(session, ids=[pk])
        assert [read_instant(row[2]) for row in rows] == [moment, moment]
        assert rows[0][2] == rows[1][2]  # to the byte, so that comparing in SQL goes well
        assert all(read_instant(row[2]).tzinfo is UTC for row in rows)


def test_an_instant_without_microseconds_in_the_text_is_read_too() -> None:
    assert read_instant("2026-03-04 14:00:00") == NOW
    assert read_instant("2026-03-04 14:00:00.000001") == NOW + timedelta(microseconds=1)


def test_many_rows_go_in_and_a_list_of_keys_finds_them(database: Database) -> None:
    with database.transaction() as session:
        pk = _a_message(session)
        rows = [
            {"pk": pk, "code": number if number % 2 else None, "words": str(number), "at": NOW}
            for number in range(300)
        ]
        _WRITE.run(session, rows)
        query = select(DeliveryEvent.words, DeliveryEvent.code).order_by(col(DeliveryEvent.id))
        found = [tuple(row[:2]) for row in _READ.rows(session, ids=[pk, 98, 99])]
        assert found == [(row["words"], row["code"]) for row in rows]
        assert found == [tuple(row) for row in session.exec(query)]
        assert _READ.rows(session, ids=[]) == []


def test_it_sees_what_the_session_has_written_and_is_undone_with_it(database: Database) -> None:
    with database.transaction() as session:
        pk = _a_message(session)
    with database.transaction() as session:
        _SET.run(session, ids=[pk], at=NOW, words="gone")
        query = select(Message.last_reply).where(col(Message.id) == pk)
        assert session.exec(query).one() == "gone"
        session.rollback()
    with database.reading() as session:
        assert session.get_one(Message, pk).last_reply == ""


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        ("SELECT :value", ("it",)),
        ("SELECT CAST(:value AS text), ':value'", ("it", ":value")),
        ("SELECT 'of :name', :value, '', :value", ("of :name", "it", "", "it")),
        ("SELECT 'a''s :name', :value", ("a's :name", "it")),
    ],
)
def test_a_name_in_a_quoted_string_is_no_parameter(
    database: Database, sql: str, row: tuple[str, ...]
) -> None:
    with database.transaction() as session:
        assert DriverSql(sql).rows(session, value="it") == [row]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_cast_is_no_parameter(database: Database) -> None:
    with database.transaction() as session:
        row = DriverSql("SELECT :value::text, now()::date::text").rows(session, value="it")[0]
    assert row[0] == "it"
