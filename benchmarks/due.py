"""What is due among very many: found, and won, a hundred at a time; given back by a rollback."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache, partial
from statistics import median

from sqlalchemy import bindparam, text
from sqlmodel import Session

from benchmarks.bulk import store_messages
from benchmarks.ground import KINDS, TITLES, Ground
from benchmarks.processes import Failed
from benchmarks.rows import Group, Readings, Row
from benchmarks.templates import Template, filled, url_of
from outreach.clock import utc_now
from outreach.store.claims import claim_due, count_due, due_sql
from outreach.store.columns import UtcDateTime
from outreach.store.database import Database

_CLAIMS, _BATCH = 50, 100
_MILLISECONDS = 1_000
_UNITS = {"find": "ms", "claim": "ms", "count": "ms"}


class _GiveBack(Exception):
    """Leaves a transaction without keeping what was written in it."""


def due_group(ground: Ground) -> Group:
    many = ground.plan.stored
    rows = [
        Row(
            f"due-{kind}",
            f"what is due among {many:,} messages, {TITLES[kind]}",
            f"the next {_BATCH} found, as a claim finds and locks them; a claim is that and their"
            f" rows won for a sender; rolled back; medians of {_CLAIMS}; a tenth of all is due",
            _UNITS,
            partial(_measure, ground, kind, many),
        )
        for kind in KINDS
    ]
    return Group("due", "Finding what is due", rows)


@cache
def _stored(ground: Ground, kind: str, many: int) -> Template:
    return filled(ground, kind, name=f"stored{many}", fill=partial(store_messages, many=many))


def _measure(ground: Ground, kind: str, many: int) -> Readings:
    database = Database(url_of(_stored(ground, kind, many)))
    try:
        finds = [_seconds(database, _find) for _ in range(_CLAIMS)]
        claims = [_seconds(database, _claim) for _ in range(_CLAIMS)]
        count = _timed(lambda: _count(database, least=many // 20))
    finally:
        database.close()
    found = {"find": median(finds), "claim": median(claims), "count": count}
    return {name: seconds * _MILLISECONDS for name, seconds in found.items()}


def _seconds(database: Database, work: Callable[[Session], int]) -> float:
    try:
        with database.transaction() as session:
            session.connection()  # the transaction has begun
            began = time.perf_counter()
            many = work(session)
            seconds = time.perf_counter() - began
            if many != _BATCH:
                raise Failed(f"{many} of {_BATCH} messages were found")
            raise _GiveBack
    except _GiveBack:
        return seconds


def _find(session: Session) -> int:
    postgresql = session.get_bind().dialect.name == "postgresql"
    lock = " FOR UPDATE OF message SKIP LOCKED" if postgresql else ""
    statement = text(due_sql("= 0", postgresql=postgresql) + lock).bindparams(
        bindparam("now", utc_now(), UtcDateTime), captured=False, first=0, last=1000, many=_BATCH
    )
    return len(session.connection().execute(statement).all())


def _claim(session: Session) -> int:
    won = claim_due(session, owner="bench", many=_BATCH, lease=timedelta(minutes=5), now=utc_now())
    return len(won)


def _count(database: Database, *, least: int) -> None:
    with database.reading() as session:
        many = count_due(session, captured=False, now=utc_now())
    if many < least:
        raise Failed(f"{many} messages are due, not {least} at least")


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
