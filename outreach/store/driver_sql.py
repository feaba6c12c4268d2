"""Statements that run hundreds of times a second, given to the driver as they are.

SQLAlchemy's share of such a statement is several times the database's. Written here once, with
``:name`` for parameters and ``{ids}`` for a list of keys, and put into either database's own style.
They run in the session's transaction, and what goes wrong is raised as SQLAlchemy would raise it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

_NAME = re.compile(r"'[^']*'|(?<![:\w]):([a-z_]+)")  # none within a quoted string, none in ::text


class DriverSql:
    """One statement. ``lock`` is added on PostgreSQL, whose rows are locked one by one."""

    def __init__(self, text: str, *, lock: str = "") -> None:
        self._sqlite = text.format(ids="IN (SELECT value FROM json_each(:ids))")
        ids = "= ANY(:ids::integer[])"
        self._postgresql = _NAME.sub(_for_psycopg, text.format(ids=ids) + lock)

    def run(self, session: Session, **values: object) -> None:
        """In a pipeline (``Database.persist_piped``) it is sent with what follows."""
        with _cursor(session) as (cursor, is_postgresql):
            self._execute(cursor, values, is_postgresql=is_postgresql)

    def rows(self, session: Session, **values: object) -> list[tuple[Any, ...]]:
        with _cursor(session) as (cursor, is_postgresql):
            self._execute(cursor, values, is_postgresql=is_postgresql)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def _execute(self, cursor: Any, values: Mapping[str, object], *, is_postgresql: bool) -> None:
        if is_postgresql:
            cursor.execute(self._postgresql, _for_postgresql(values))
        else:
            cursor.execute(self._sqlite, _for_sqlite(values))


class DriverSqlForMany:
    """One statement for many rows. On PostgreSQL ``source`` is a table made of their columns."""

    def __init__(self, sqlite: str, *, postgresql: str, columns: Mapping[str, str]) -> None:
        kinds = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        source = f"json_to_recordset(:rows::json) AS source({kinds})"
        self._sqlite = sqlite
        self._postgresql = _NAME.sub(_for_psycopg, postgresql.format(source=source))

    def run(self, session: Session, rows: Sequence[Mapping[str, object]]) -> None:
        with _cursor(session) as (cursor, is_postgresql):
            if is_postgresql:
                content = json.dumps(rows, default=_json_value, ensure_ascii=False)
                cursor.execute(self._postgresql, {"rows": content})
            else:
                cursor.executemany(self._sqlite, [_for_sqlite(row) for row in rows])


@contextmanager
def _cursor(session: Session) -> Iterator[tuple[Any, bool]]:
    """The driver's own, and whether it is PostgreSQL's."""
    connection = session.connection()
    dialect = connection.dialect
    cursor = connection.connection.cursor()
    try:
        yield cursor, dialect.name == "postgresql"
    except dialect.loaded_dbapi.Error as error:
        raise as_raised_by_sqlalchemy(error, dialect.loaded_dbapi) from error
    finally:
        cursor.close()


def as_raised_by_sqlalchemy(error: Exception, driver: Any) -> Exception:
    """The driver's error in SQLAlchemy's class of the same name, without the values."""
    return DBAPIError.instance(None, None, error, driver.Error, hide_parameters=True)


def _for_psycopg(found: re.Match[str]) -> str:
    return f"%({found[1]})s" if found[1] else found[0]


def read_instant(value: Any) -> datetime:
    """An instant as the driver gives it: SQLite keeps it as text, in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    moment: datetime = value
    return moment.astimezone(UTC)


def _for_postgresql(values: Mapping[str, object]) -> dict[str, object]:
    """A list of keys as PostgreSQL writes it: the driver's own way takes longer than the query."""
    return {
        name: f"{{{','.join(map(str, value))}}}" if isinstance(value, list) else value
        for name, value in values.items()
    }


def _json_value(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"  # as a bytea is written
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _for_sqlite(values: Mapping[str, object]) -> dict[str, object]:
    return {name: _sqlite_value(value) for name, value in values.items()}


def _sqlite_value(value: object) -> object:
    if isinstance(value, datetime):  # as the column type UtcDateTime has it
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return json.dumps(value) if isinstance(value, list) else value
