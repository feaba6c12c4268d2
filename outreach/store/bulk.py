"""Many rows in one go, as each driver takes them fastest: COPY on PostgreSQL, executemany on
SQLite. Of 100,000 rows SQLAlchemy's own part would take longer than the database's."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlmodel import Session, SQLModel

Row = Sequence[object]
_T = TypeVar("_T")
_MANY = 1_000  # rows or keys: what one statement takes well


def insert_rows(
    session: Session,
    table: type[SQLModel],
    *,
    columns: Sequence[str],
    rows: Iterable[Row],
    same: Mapping[str, object],
) -> None:
    """Writes ``rows`` of plain values for ``columns``; ``same`` are the columns that all of them
    have alike. What is named in neither gets the table's default.

    Raises IntegrityError where a key refuses one of them; those before it go with the transaction.
    """
    connection = session.connection()
    whole: Table = table.__table__  # type: ignore[attr-defined]
    shared = {**_defaults(whole, given={*columns, *same}), **same}
    names = [*columns, *shared]
    constant = tuple(_bound(value, whole.c[name], connection) for name, value in shared.items())
    complete = [(*row, *constant) for row in rows]
    if not complete:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, whole, names, complete)
    else:
        connection.exec_driver_sql(_insert(connection, whole, names), complete)
    know_the_size(session, table, grown_by=len(complete))


def in_parts(items: Sequence[_T], many: int = _MANY) -> Iterator[Sequence[_T]]:
    """As many as one statement takes, until all have had their turn."""
    for start in range(0, len(items), many):
        yield items[start : start + many]


def know_the_size(session: Session, table: type[SQLModel], *, grown_by: int) -> None:
    """After many new rows: lets PostgreSQL plan the next queries for the table as it is now.

    By itself it counts again only some minutes later, and until then a join of 100,000 rows,
    planned for an empty table, takes minutes instead of a second.
    """
    connection = session.connection()
    if grown_by >= _MANY and connection.dialect.name == "postgresql":
        whole: Table = table.__table__  # type: ignore[attr-defined]
        name = connection.dialect.identifier_preparer.format_table(whole)
        connection.exec_driver_sql(f"ANALYZE {name}")


def _defaults(table: Table, *, given: set[str]) -> dict[str, object]:
    return {
        column.name: column.default.arg
        for column in table.columns
        if column.name not in given and isinstance(column.default, ScalarElementColumnDefault)
    }


def _bound(value: object, column: Column[Any], connection: Connection) -> object:
    """As the column's own type gives it to the driver."""
    if isinstance(value, Enum):
        return value.value
    kind = column.type.dialect_impl(connection.dialect)  # the driver's own, below a decorator
    prepare: Callable[[Any], object] | None = kind.bind_processor(connection.dialect)
    return prepare(value) if prepare else value


def _insert(connection: Connection, table: Table, names: Sequence[str]) -> str:
    places = ", ".join("?" for _ in names)
    return f"INSERT INTO {_target(connection, table, names)} VALUES ({places})"  # noqa: S608 - our names


def _copy(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Row]) -> None:
    import psycopg  # not for SQLite: it would be a tenth of a command's start

    statement = f"COPY {_target(connection, table, names)} FROM STDIN"
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:  # as SQLAlchemy would have raised it
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True, dialect=connection.dialect
        ) from error


def _target(connection: Connection, table: Table, names: Sequence[str]) -> str:
    prepare = connection.dialect.identifier_preparer
    columns = ", ".join(prepare.quote(name) for name in names)
    return f"{prepare.format_table(table)} ({columns})"
