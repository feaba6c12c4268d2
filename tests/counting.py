"""Counts the statements that a database is asked, to see that they do not grow with its rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import event

from outreach.store.database import Database


@dataclass
class Asked:
    statements: list[str] = field(default_factory=list)

    @property
    def many(self) -> int:
        return len(self.statements)


@contextmanager
def counting(database: Database) -> Iterator[Asked]:
    """What is asked within the block; the beginning of a transaction is no question."""
    asked = Asked()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
