"""Several acts begun at the same moment, in threads; and one that runs into another's locks."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, get_ident
from typing import Any, TypeVar

from sqlalchemy import event, text

from outreach.store.database import Database
from tests.waiting import wait_until

T = TypeVar("T")


def race(acts: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """What each returned or raised, in the order given."""
    start = Barrier(len(acts), timeout=20)

    def run(act: Callable[[], T]) -> T | Exception:
        start.wait()
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def await_blocked(database: Database, begin: Callable[[], object]) -> None:
    """Calls ``begin``, which lets a rival start, and returns once that rival has run into what the
    transaction of this thread holds. Fails where it runs into nothing."""
    if database.is_postgresql:
        begin()
        wait_until(lambda: _waits_for_a_lock(database), what="the rival to wait for a lock")
        return
    mine, has_begun = get_ident(), Event()

    def look(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith("BEGIN IMMEDIATE") and get_ident() != mine:
            has_begun.set()  # SQLite has one writer, and that is us

    event.listen(database.engine, "before_cursor_execute", look)
    try:
        begin()
        wait_until(has_begun.is_set, what="the rival to begin")
    finally:
        event.remove(database.engine, "before_cursor_execute", look)


def _waits_for_a_lock(database: Database) -> bool:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with database.glance() as connection:
        return bool(connection.execute(waiting).scalar_one())
