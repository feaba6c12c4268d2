"""Browsers that are signed in."""

from datetime import datetime

from sqlalchemy import exists
from sqlmodel import Session, col, delete, select, update

from outreach.store.desk_tables import Coordinator, DeskSession, Passkey


def add_session(session: Session, row: DeskSession) -> None:
    session.add(row)
    session.flush()


def find_session(session: Session, session_id: str) -> tuple[DeskSession, Coordinator, bool] | None:
    """With whose it is, and whether they have a passkey."""
    has_passkey = exists().where(col(Passkey.coordinator_id) == col(Coordinator.id))
    query = (
        select(DeskSession, Coordinator, has_passkey)
        .join(Coordinator, col(Coordinator.id) == col(DeskSession.coordinator_id))
        .where(col(DeskSession.id) == session_id)
    )
    return session.exec(query).first()


def touch_session(session: Session, session_id: str, *, now: datetime) -> None:
    session.connection().execute(
        update(DeskSession).where(col(DeskSession.id) == session_id).values(seen_at=now)
    )


def mark_proven(session: Session, session_id: str, *, now: datetime) -> None:
    session.connection().execute(
        update(DeskSession).where(col(DeskSession.id) == session_id).values(proven_at=now)
    )


def forget_old(session: Session, coordinator_id: int, *, before: datetime) -> None:
    """Rows of sessions that were over long ago: where somebody signed in is personal, too."""
    session.connection().execute(
        delete(DeskSession).where(
            col(DeskSession.coordinator_id) == coordinator_id,
            col(DeskSession.expires_at) < before,
        )
    )


def list_standing(
    session: Session, coordinator_id: int, *, now: datetime, idle_since: datetime
) -> list[DeskSession]:
    """Those that still let somebody in, the latest seen first."""
    query = (
        select(DeskSession)
        .where(
            col(DeskSession.coordinator_id) == coordinator_id,
            col(DeskSession.ended_at).is_(None),
            col(DeskSession.expires_at) > now,
            col(DeskSession.seen_at) > idle_since,
        )
        .order_by(col(DeskSession.seen_at).desc(), col(DeskSession.id))
    )
    return list(session.exec(query))


def end_session(session: Session, session_id: str, *, coordinator_id: int, now: datetime) -> None:
    """Only the coordinator's own; one that has ended keeps its end."""
    session.connection().execute(
        update(DeskSession)
        .where(
            col(DeskSession.id) == session_id,
            col(DeskSession.coordinator_id) == coordinator_id,
            col(DeskSession.ended_at).is_(None),
        )
        .values(ended_at=now)
    )


def end_all(session: Session, coordinator_id: int, *, but: str = "", now: datetime) -> None:
    """Every session of the coordinator, save the one named ``but``."""
    session.connection().execute(
        update(DeskSession)
        .where(
            col(DeskSession.coordinator_id) == coordinator_id,
            col(DeskSession.id) != but,
            col(DeskSession.ended_at).is_(None),
        )
        .values(ended_at=now)
    )
