"""A query that is asked for every visitor of a page.

Through SQLAlchemy such a query takes ten times what it takes SQLite to answer it: the statement is
made ready, and the answer wrapped, for each request anew. Here that is done once, and SQLite's
driver gets the statement as it is. PostgreSQL, a network away, is asked in the usual way.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect

Convert = Callable[[Any], object]


class ReadyQuery:
    """A SELECT whose columns all have labels, with ``bindparam`` for what differs: a number or a
    text, which every driver takes as it is."""

    def __init__(self, query: Select[Any]) -> None:
        self._query = query
        names = [str(column.key) for column in query.selected_columns]
        self._row: Any = namedtuple("Row", names)  # type: ignore[misc]
        self._sqlite: _Statement | None = None

    def first(self, connection: Connection, **values: int | str) -> Any | None:
        """The first row, its columns by their labels, each as its type has it in Python."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._query, values).first()
        if self._sqlite is None:
            self._sqlite = _statement(self._query, connection.dialect)
        found = self._sqlite.ask(connection, values)
        return None if found is None else self._row(*found)


@dataclass(frozen=True)
class _Statement:
    """For SQLite's driver: parameters by place, and what turns its values into ours."""

    text: str
    names: tuple[str, ...]
    fixed: dict[str, object]
    converts: tuple[tuple[int, Convert], ...]

    def ask(self, connection: Connection, values: Mapping[str, object]) -> list[object] | None:
        given = {**self.fixed, **values}
        driver: Any = connection.connection.driver_connection
        row = driver.execute(self.text, [given[name] for name in self.names]).fetchone()
        if row is None:
            return None
        ours = list(row)
        for place, convert in self.converts:
            ours[place] = convert(ours[place])
        return ours


def _statement(query: Select[Any], dialect: Dialect) -> _Statement:
    compiled: Any = query.compile(dialect=dialect)
    processors = [
        column.type.dialect_impl(dialect).result_processor(dialect, None)
        for column in query.selected_columns
    ]
    return _Statement(
        text=compiled.string,
        names=tuple(compiled.positiontup),
        fixed=dict(compiled.params),
        converts=tuple((place, one) for place, one in enumerate(processors) if one),
    )
