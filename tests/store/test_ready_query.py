"""Asked past SQLAlchemy, a query has the same answer."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlmodel import col

from outreach.store.database import Database
from outreach.store.ready_query import ReadyQuery
from outreach.store.tables import Campaign
from tests.factories import DEADLINE, a_campaign

COLUMNS: tuple[Any, ...] = (
    Campaign.id,
    Campaign.title,
    Campaign.occasion_date,
    Campaign.deadline,
    Campaign.launched_at,
    Campaign.captured,
)
NAMES = ("number", "title", "day", "deadline", "launched", "captured")
QUERY: Select[Any] = (
    select(*(column.label(name) for column, name in zip(COLUMNS, NAMES, strict=True)))
    .where(col(Campaign.slug) == bindparam("slug"), col(Campaign.deadline_round) < bindparam("n"))
    .limit(1)
)


def test_every_type_comes_back_as_sqlalchemy_gives_it(database: Database) -> None:
    ready = ReadyQuery(QUERY)
    with database.transaction() as session:
        a_campaign(session)
        a_campaign(session, slug="other", deadline=DEADLINE - timedelta(days=1))
    with database.reading() as session:
        connection = session.connection()
        for slug in ("visit", "other"):
            row: Any = ready.first(connection, slug=slug, n=1)
            plain = connection.execute(QUERY, {"slug": slug, "n": 1}).one()
            assert tuple(row) == tuple(plain)
            assert [type(value) for value in row] == [type(value) for value in plain]
        assert row.deadline == DEADLINE - timedelta(days=1)
        assert (row.launched, row.captured) == (None, False)


def test_no_row_is_none(database: Database) -> None:
    with database.glance() as connection:
        assert ReadyQuery(QUERY).first(connection, slug="nothing", n=1) is None
