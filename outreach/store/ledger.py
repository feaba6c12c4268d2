"""A campaign's ledger: appending to it, and reading it. What events say is not known here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from outreach.domain.evidence import LASTING_KINDS, EventKind
from outreach.store.bulk import insert_rows
from outreach.store.columns import UtcDateTime
from outreach.store.ledger_tables import (
    LedgerCheckpoint,
    LedgerEvent,
    LedgerLog,
    LedgerOpening,
)
from outreach.store.tables import Answer, Campaign, Link


@dataclass(frozen=True)
class Tip:
    """The newest event: its place, its leaf, and the peaks of the tree before it."""

    position: int
    leaf: bytes
    before: bytes


@dataclass(frozen=True)
class EventRow:
    """An event to be appended, its place and its hashes reckoned from the tip.

    ``openings`` are (field, value, salt).
    """

    position: int
    kind: EventKind
    event: str
    leaf: bytes
    before: bytes
    openings: tuple[tuple[str, str, str], ...] = ()
    contact_id: int | None = None
    answer_id: int | None = None
    message_pk: int | None = None


def open_log(session: Session, campaign_id: int, *, origin: str, now: datetime) -> LedgerLog:
    """The campaign's log, made where there is none, held until the transaction ends.

    Taken after the campaign and the invitation, as by everybody: the other order is a deadlock.
    """
    if held := hold_log(session, campaign_id):
        return held
    dialect = session.connection().dialect.name
    insert = (postgresql if dialect == "postgresql" else sqlite).insert
    values = {"campaign_id": campaign_id, "origin": origin, "created_at": now}
    statement = insert(LedgerLog).values(**values).on_conflict_do_nothing()
    session.connection().execute(statement)
    made = hold_log(session, campaign_id)
    assert made is not None
    return made


def hold_log(session: Session, campaign_id: int) -> LedgerLog | None:
    """The campaign's log, held until the transaction ends; None where nothing was ever logged."""
    query = select(LedgerLog).where(col(LedgerLog.campaign_id) == campaign_id).with_for_update()
    return session.exec(query).first()


def find_log(session: Session, campaign_id: int) -> LedgerLog | None:
    return session.get(LedgerLog, campaign_id)


def find_tip(session: Session, campaign_id: int) -> Tip | None:
    """None for an empty log. To append, hold the log first."""
    query = (
        sqlalchemy.select(col(LedgerEvent.position), col(LedgerEvent.leaf), col(LedgerEvent.before))
        .where(col(LedgerEvent.campaign_id) == campaign_id)
        .order_by(col(LedgerEvent.position).desc())
        .limit(1)
    )
    row = session.connection().execute(query).first()
    return Tip(*row) if row else None


def append_rows(
    session: Session, campaign_id: int, rows: Sequence[EventRow], *, now: datetime
) -> None:
    """Raises IntegrityError where a place is taken, or its answer or message is logged already."""
    names = ("kind", "event", "leaf", "before", "contact_id", "answer_id", "message_pk")
    insert_rows(
        session,
        LedgerEvent,
        columns=("position", *names),
        rows=[
            (row.position, row.kind.value, *(getattr(row, name) for name in names[1:]))
            for row in rows
        ],
        same={"campaign_id": campaign_id, "at": now},
    )
    insert_rows(
        session,
        LedgerOpening,
        columns=("position", "field", "value", "salt"),
        rows=[(row.position, *opening) for row in rows for opening in row.openings],
        same={"campaign_id": campaign_id},
    )


def signed_position(session: Session, campaign_id: int, signature_id: int) -> int | None:
    """Where the event stands by which this signature was given."""
    query = (
        select(LedgerEvent.position)
        .join(Answer, col(Answer.id) == col(LedgerEvent.answer_id))
        .where(
            col(LedgerEvent.campaign_id) == campaign_id,
            col(Answer.signature_id) == signature_id,
            col(Answer.kind) == "sign",
        )
    )
    return session.exec(query.limit(1)).first()


@dataclass(frozen=True)
class StoredEvent:
    """An event of a log, as a receipt or an export takes it."""

    origin: str
    position: int
    event: str
    before: bytes
    openings: tuple[tuple[str, str, str], ...]


def events_of_answers(session: Session, answer_ids: Sequence[int]) -> dict[int, StoredEvent]:
    """By the answer's key; an answer given before its campaign had a log has none."""
    if not answer_ids:
        return {}
    query: sqlalchemy.Select[*tuple[Any, ...]] = (
        sqlalchemy.select(
            col(LedgerEvent.answer_id),
            col(LedgerEvent.campaign_id),
            col(LedgerLog.origin),
            col(LedgerEvent.position),
            col(LedgerEvent.event),
            col(LedgerEvent.before),
        )
        .join(LedgerLog, col(LedgerLog.campaign_id) == col(LedgerEvent.campaign_id))
        .where(col(LedgerEvent.answer_id).in_(answer_ids))
    )
    rows = session.connection().execute(query).all()
    openings = _openings(session, [(campaign, position) for _, campaign, _, position, _, _ in rows])
    return {
        answer: StoredEvent(origin, position, event, before, openings.get((campaign, position), ()))
        for answer, campaign, origin, position, event, before in rows
    }


def find_newest_answer(session: Session, link_id: str) -> StoredEvent | None:
    """The last answer of the organization that the link leads to, as it is logged."""
    query = (
        select(LedgerEvent.answer_id)
        .join(Answer, col(Answer.id) == col(LedgerEvent.answer_id))
        .join(Link, col(Link.invitation_id) == col(Answer.invitation_id))
        .where(col(Link.id) == link_id)
        .order_by(col(Answer.id).desc())
    )
    answer_id = session.exec(query.limit(1)).first()
    return events_of_answers(session, [answer_id])[answer_id] if answer_id else None


_Openings = dict[tuple[int, int], tuple[tuple[str, str, str], ...]]


def _openings(session: Session, places: Iterable[tuple[int, int]]) -> _Openings:
    found: _Openings = {}
    by_campaign: dict[int, list[int]] = {}
    for campaign, position in places:
        by_campaign.setdefault(campaign, []).append(position)
    for campaign, positions in by_campaign.items():
        query = _opening_columns(campaign).where(col(LedgerOpening.position).in_(positions))
        for position, *opening in session.connection().execute(query):
            place = campaign, position
            found[place] = (*found.get(place, ()), (opening[0], opening[1], opening[2]))
    return found


def _opening_columns(campaign_id: int) -> sqlalchemy.Select[*tuple[Any, ...]]:
    return (
        sqlalchemy.select(
            col(LedgerOpening.position),
            col(LedgerOpening.field),
            col(LedgerOpening.value),
            col(LedgerOpening.salt),
        )
        .where(col(LedgerOpening.campaign_id) == campaign_id)
        .order_by(col(LedgerOpening.position), col(LedgerOpening.field))
    )


def read_events(session: Session, campaign_id: int) -> list[str]:
    """All of them, in order."""
    query = (
        select(LedgerEvent.event)
        .where(col(LedgerEvent.campaign_id) == campaign_id)
        .order_by(col(LedgerEvent.position))
    )
    return list(session.exec(query))


def read_openings(session: Session, campaign_id: int) -> list[tuple[int, str, str, str]]:
    """(position, field, value, salt) of what was not erased, in order."""
    rows = session.connection().execute(_opening_columns(campaign_id))
    return [(position, name, value, salt) for position, name, value, salt in rows]


def read_checkpoints(session: Session, campaign_id: int) -> list[LedgerCheckpoint]:
    """In the order of their sizes."""
    query = (
        select(LedgerCheckpoint)
        .where(col(LedgerCheckpoint.campaign_id) == campaign_id)
        .order_by(col(LedgerCheckpoint.size))
    )
    return list(session.exec(query))


def find_last_checkpoint(session: Session, campaign_id: int) -> LedgerCheckpoint | None:
    query = (
        select(LedgerCheckpoint)
        .where(col(LedgerCheckpoint.campaign_id) == campaign_id)
        .order_by(col(LedgerCheckpoint.size).desc())
    )
    return session.exec(query.limit(1)).first()


def newest_checkpoints(session: Session, *, since: datetime) -> list[tuple[str, str]]:
    """(the campaign's title, the note) of each log's last one that was signed ``since`` then, in
    the order of the campaigns."""
    size = col(LedgerCheckpoint.size)
    last = (
        sqlalchemy.select(col(LedgerCheckpoint.campaign_id), func.max(size).label("size"))
        .group_by(col(LedgerCheckpoint.campaign_id))
        .subquery()
    )
    query = (
        select(Campaign.title, LedgerCheckpoint.note)
        .join(Campaign, col(Campaign.id) == col(LedgerCheckpoint.campaign_id))
        .join(
            last,
            (last.c.campaign_id == col(LedgerCheckpoint.campaign_id)) & (last.c.size == size),
        )
        .where(col(LedgerCheckpoint.at) >= since)
        .order_by(col(Campaign.id))
    )
    return [(title, note) for title, note in session.exec(query)]


def record_checkpoint(session: Session, checkpoint: LedgerCheckpoint) -> None:
    session.add(checkpoint)
    session.flush()


def due_checkpoints(session: Session, *, every: timedelta, now: datetime) -> list[int]:
    """The campaigns whose log has grown since its last checkpoint, where that is so long ago, or
    something was added since that others rely on."""
    newest = (
        sqlalchemy.select(func.max(col(LedgerEvent.position)))
        .where(col(LedgerEvent.campaign_id) == col(LedgerLog.campaign_id))
        .scalar_subquery()
    )
    covered = func.coalesce(
        sqlalchemy.select(func.max(col(LedgerCheckpoint.size)))
        .where(col(LedgerCheckpoint.campaign_id) == col(LedgerLog.campaign_id))
        .correlate(LedgerLog)  # also where it stands one level deeper
        .scalar_subquery(),
        0,
    )
    recent = sqlalchemy.exists().where(
        col(LedgerCheckpoint.campaign_id) == col(LedgerLog.campaign_id),
        col(LedgerCheckpoint.at) > sqlalchemy.literal(now - every, UtcDateTime()),
    )
    lasting = sqlalchemy.exists().where(
        col(LedgerEvent.campaign_id) == col(LedgerLog.campaign_id),
        col(LedgerEvent.kind).in_(sorted(LASTING_KINDS)),
        col(LedgerEvent.position) >= covered,
    )
    query = (
        select(LedgerLog.campaign_id)
        .where(newest >= covered, ~recent | lasting)
        .order_by(col(LedgerLog.campaign_id))
    )
    return list(session.exec(query))


def list_logs(session: Session) -> list[tuple[str, str]]:
    """(the campaign's slug, the log's origin), in the order of the campaigns."""
    query = (
        select(Campaign.slug, LedgerLog.origin)
        .join(LedgerLog, col(LedgerLog.campaign_id) == col(Campaign.id))
        .order_by(col(Campaign.id))
    )
    return [(slug, origin) for slug, origin in session.exec(query)]
