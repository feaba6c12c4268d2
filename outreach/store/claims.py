"""Winning rows of the outbox, and writing results only while they are still ours."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, bindparam, text
from sqlmodel import Session, col, select

from outreach.domain.delivery import Share
from outreach.domain.message import (
    MAX_LAPSES,
    MESSAGE_MOVES,
    MessageEvent,
    MessageState,
)
from outreach.domain.moves import next_state
from outreach.store.columns import UtcDateTime
from outreach.store.driver_sql import DriverSql, DriverSqlForMany
from outreach.store.messages import record_event
from outreach.store.tables import Message

_EVERY = 1_000_000_000
# The first and last priority of each share: 0 is what answers a person.
_PRIORITIES = {Share.ALL: (0, 1000), Share.ANSWERS: (0, 0), Share.BULK: (1, 1000)}

# What may be claimed: due, its campaign not paused (a receipt is due whatever its state), and
# of this way out: what was launched into the embedded mailbox never leaves, and what was
# launched for real is never captured because a setting was forgotten.
_DUE = """
    SELECT message.id FROM message JOIN campaign ON campaign.id = message.campaign_id
    WHERE message.state = 'queued' AND message.due_at <= :now
      AND campaign.captured = :captured AND message.lapses {lapses}
      AND message.priority BETWEEN :first AND :last
      AND (message.priority = 0 OR campaign.state <> 'paused')
    ORDER BY message.priority, message.due_at, message.id
    LIMIT :many
"""
# The same for PostgreSQL, whose planner takes that join to be worth a sort of all that is due:
# among a million messages a claim took 300 ms, so it takes 3.
_DUE_POSTGRESQL = """
    SELECT message.id FROM message
    WHERE message.state = 'queued' AND message.due_at <= :now
      AND message.campaign_id = ANY(ARRAY(SELECT id FROM campaign WHERE captured = :captured))
      AND message.lapses {lapses} AND message.priority BETWEEN :first AND :last
      AND (message.priority = 0 OR message.campaign_id =
           ANY(ARRAY(SELECT id FROM campaign WHERE state <> 'paused')))
    ORDER BY message.priority, message.due_at, message.id
    LIMIT :many
"""
_TAKE = """
    UPDATE message
    SET state = 'sending', owner = :owner, lease_until = :lease_until, data_at = NULL
"""
_RELEASE_SQL = """
    UPDATE message SET owner = NULL, lease_until = NULL, data_at = NULL,
        state = {0}state, due_at = {0}due_at
"""
_RELEASE = DriverSqlForMany(
    _RELEASE_SQL.format(":") + "WHERE id = :pk AND owner = :owner AND state = 'sending'",
    postgresql=_RELEASE_SQL.format("source.")
    + "FROM {source} WHERE message.id = source.pk AND message.owner = source.owner"
    " AND message.state = 'sending'",
    columns={"pk": "integer", "owner": "text", "state": "text", "due_at": "timestamptz"},
)
# A body under way has a longer lease already.
_RENEW = DriverSql(
    "UPDATE message SET lease_until = :lease_until WHERE id {ids} AND owner = :owner"
    " AND state = 'sending' AND data_at IS NULL"
)
_COLUMNS = ("id", "campaign_id", "priority", "due_at", "attempts", "lapses")


def due_sql(lapses: str, *, postgresql: bool) -> str:
    """What may be claimed next; with ``= 0`` for ``lapses`` only what no sender has died of."""
    return (_DUE_POSTGRESQL if postgresql else _DUE).format(lapses=lapses)


def _claim_sql(lapses: str, *, postgresql: bool) -> str:
    due = due_sql(lapses, postgresql=postgresql)
    if not postgresql:
        return f"{_TAKE} WHERE id IN ({due}) RETURNING {', '.join(_COLUMNS)}"
    taken = ", ".join(f"message.{name}" for name in _COLUMNS)
    return f"""
        WITH due AS MATERIALIZED ({due} FOR UPDATE OF message SKIP LOCKED)
        {_TAKE} FROM due WHERE message.id = due.id RETURNING {taken}
    """


@dataclass(frozen=True)
class Claimed:
    """A message won, and how often servers have put it off before.

    One that is to go ``alone`` was in the hands of a sender who died: if it is what kills them,
    it takes no other with it.
    """

    id: int
    campaign_id: int
    priority: int
    attempts: int
    alone: bool


def claim_due(
    session: Session,
    *,
    owner: str,
    many: int,
    lease: timedelta,
    captured: bool = False,
    share: Share = Share.ALL,
    lapsed: bool = False,
    now: datetime,
) -> list[Claimed]:
    """Wins up to ``many`` due messages for ``owner``, in sending order.

    Those of campaigns launched into the embedded mailbox where ``captured``, else the others.
    Rows whose sender died are won only when ``lapsed`` is asked for, and then no others.
    """
    postgresql = session.get_bind().dialect.name == "postgresql"
    statement = text(_claim_sql("> 0" if lapsed else "= 0", postgresql=postgresql)).bindparams(
        *_instants(now=now, lease_until=now + lease),
        bindparam("many", many),
        bindparam("owner", owner),
        bindparam("captured", captured),
        *_priorities(share),
    )
    rows = session.connection().execute(statement).all()
    rows = sorted(rows, key=lambda row: (row.priority, row.due_at, row.id))
    return [
        Claimed(row.id, row.campaign_id, row.priority, row.attempts, alone=row.lapses > 0)
        for row in rows
    ]


def release(session: Session, due_at: Mapping[int, datetime], *, owner: str) -> None:
    """Gives back rows that were won and whose bodies have not gone out; each is due again then."""
    state = next_state(MESSAGE_MOVES, MessageState.SENDING, MessageEvent.LAPSED_BEFORE_DATA)
    rows = [
        {"pk": pk, "owner": owner, "state": state.value, "due_at": moment}
        for pk, moment in due_at.items()
    ]
    if rows:
        _RELEASE.run(session, rows)


def _instants(**values: datetime) -> list[BindParameter[datetime]]:
    return [bindparam(name, value, UtcDateTime) for name, value in values.items()]


def _priorities(share: Share) -> list[BindParameter[int]]:
    first, last = _PRIORITIES[share]
    return [bindparam("first", first), bindparam("last", last)]


def renew_lease(
    session: Session, message_pks: Collection[int], *, owner: str, lease_until: datetime
) -> None:
    """For what ``owner`` still has in hand: a slow server is not a dead sender."""
    _RENEW.run(session, ids=list(message_pks), owner=owner, lease_until=lease_until)


def recover_lapsed(session: Session, *, now: datetime) -> int:
    """Takes back rows whose sender's lease is over: before DATA they wait again, after it they
    are uncertain, and a row that took too many senders down is set aside. Returns how many."""
    query = (
        select(Message)
        .where(text("state = 'sending'"), col(Message.lease_until) <= now)
        .with_for_update(skip_locked=True)
    )
    lapsed = session.exec(query).all()
    for message in lapsed:
        _take_back(session, message, now=now)
    session.flush()
    return len(lapsed)


def _take_back(session: Session, message: Message, *, now: datetime) -> None:
    assert message.id is not None
    message.lapses += 1
    words = ""
    if message.data_at is not None:
        event = MessageEvent.LAPSED_AFTER_DATA
    elif message.lapses >= MAX_LAPSES:
        event = MessageEvent.REJECTED
        words = f"set aside: its sender died {message.lapses} times"
    else:
        event = MessageEvent.LAPSED_BEFORE_DATA
    message.state = next_state(MESSAGE_MOVES, MessageState.SENDING, event)
    message.owner = message.lease_until = None
    message.last_reply = words or message.last_reply
    session.add(message)
    record_event(session, message.id, event, words=words, now=now)


def repeat_uncertain(session: Session, *, now: datetime) -> int:
    """Queues each uncertain message once more, flagged, with the same Message-ID.

    One that is uncertain again waits for a person. Returns how many.
    """
    query = (
        select(Message)
        .where(col(Message.state) == MessageState.UNCERTAIN, col(Message.repeats) == 0)
        .with_for_update(skip_locked=True)
    )
    doubtful = session.exec(query).all()
    for message in doubtful:
        assert message.id is not None
        message.state = next_state(MESSAGE_MOVES, MessageState.UNCERTAIN, MessageEvent.REPEAT)
        message.repeats = 1
        message.due_at = now
        session.add(message)
        record_event(session, message.id, MessageEvent.REPEAT, now=now)
    session.flush()
    return len(doubtful)


def count_due(session: Session, *, captured: bool, now: datetime) -> int:
    """How many a claim could win now."""
    counted = f"SELECT count(*) FROM ({_DUE.format(lapses='>= 0')}) AS due"  # noqa: S608 - our own words only
    statement = text(counted).bindparams(
        *_instants(now=now),
        bindparam("many", _EVERY),
        bindparam("captured", captured),
        *_priorities(Share.ALL),
    )
    return int(session.connection().execute(statement).scalar_one())
