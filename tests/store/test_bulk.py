"""Many rows at once are the same rows as one by one."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session, select

from outreach.store.bulk import insert_rows, know_the_size
from outreach.store.database import Database
from outreach.store.tables import Campaign, Message, Organization
from tests.factories import NOW, a_campaign, a_launched_campaign
from tests.postgres import without_guards

COLUMNS = ("name", "name_key")


def _write(session: Session, campaign: Campaign, rows: Sequence[tuple[str, str]]) -> None:
    same = {"campaign_id": campaign.id, "created_at": NOW}
    insert_rows(session, Organization, columns=COLUMNS, rows=rows, same=same)


def test_values_arrive_as_they_are_and_what_is_not_named_has_its_default(
    database: Database,
) -> None:
    names = ["Taiwan Memory (TM)", "مركز\tالأرشيف", "a\\b\nc", "\\N", ""]
    with database.transaction() as session:
        campaign = a_campaign(session)
        _write(session, campaign, [(name, f"key {place}") for place, name in enumerate(names)])
    with database.reading() as session:
        found = session.exec(select(Organization).order_by(Organization.name_key)).all()
        assert [one.name for one in found] == names
        assert {(one.sort_name, one.country, one.notes) for one in found} == {("", "", "")}
        assert {one.created_at for one in found} == {NOW}


def test_a_message_begins_as_the_table_says(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
    with database.reading() as session:
        [message] = session.exec(select(Message)).all()
        assert (message.kind, message.state, message.step) == ("invitation", "queued", "")
        assert (message.attempts, message.lapses, message.repeats) == (0, 0, 0)
        assert (message.owner, message.data_at, message.last_reply) == (None, None, "")
        assert message.due_at == message.created_at == NOW


def test_a_key_refuses_a_double_and_the_error_tells_no_value(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
    with pytest.raises(IntegrityError) as refused, database.transaction() as session:
        _write(session, campaign, [("Alpha", "secret"), ("Beta", "secret")])
    assert "[parameters:" not in str(refused.value)
    assert refused.value.hide_parameters
    with database.reading() as session:
        assert session.exec(select(Organization)).all() == []


def test_other_refusals_are_sqlalchemys_too(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
    if database.is_postgresql:  # SQLite keeps a NUL as it is
        with pytest.raises(DataError), database.transaction() as session:
            _write(session, campaign, [("a\x00", "key")])


def test_nothing_to_write_is_fine(database: Database) -> None:
    with database.transaction() as session:
        _write(session, a_campaign(session), [])


def test_after_many_rows_postgresql_plans_for_them(postgres_database: Database) -> None:
    def known_size(session: Session) -> float:
        query = text("SELECT reltuples FROM pg_class WHERE relname = 'organization'")
        return float(session.connection().execute(query).scalar_one())

    with postgres_database.transaction() as session:
        without_guards(session)
        session.connection().execute(text("TRUNCATE organization, campaign CASCADE"))
        know_the_size(session, Organization, grown_by=1_000)
        before = known_size(session)
        _write(session, a_campaign(session), [(f"n{n}", f"k{n}") for n in range(1_200)])
        assert (before, known_size(session)) == (0, 1_200)
        session.rollback()
