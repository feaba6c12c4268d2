"""Programs' keys, and the answers that they may ask for again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from outreach.store.desk_tables import ApiAnswer, ApiKey, Coordinator


@dataclass(frozen=True)
class HeldKey:
    """A key with the coordinator who made it."""

    key: ApiKey
    coordinator: Coordinator


def add_key(session: Session, key: ApiKey) -> ApiKey:
    session.add(key)
    session.flush()
    return key


def find_key(session: Session, prefix: str) -> HeldKey | None:
    query = (
        select(ApiKey, Coordinator)
        .join(Coordinator, col(Coordinator.id) == col(ApiKey.coordinator_id))
        .where(col(ApiKey.prefix) == prefix)
    )
    row = session.exec(query).first()
    return HeldKey(*row) if row else None


def list_keys(session: Session, *, coordinator_id: int | None = None) -> Sequence[HeldKey]:
    """All, or one coordinator's; those that still work first, each part newest first."""
    query = (
        select(ApiKey, Coordinator)
        .join(Coordinator, col(Coordinator.id) == col(ApiKey.coordinator_id))
        .order_by(col(ApiKey.revoked_at).is_not(None), col(ApiKey.id).desc())
    )
    if coordinator_id is not None:
        query = query.where(col(ApiKey.coordinator_id) == coordinator_id)
    return [HeldKey(*row) for row in session.exec(query)]


def lock_key(session: Session, key_id: int) -> ApiKey | None:
    return session.get(ApiKey, key_id, with_for_update=True, populate_existing=True)


def lock_keys_of(session: Session, coordinator_id: int) -> Sequence[ApiKey]:
    """Those of a coordinator that nobody has revoked."""
    query = select(ApiKey).where(
        col(ApiKey.coordinator_id) == coordinator_id, col(ApiKey.revoked_at).is_(None)
    )
    return session.exec(query.order_by(col(ApiKey.id)).with_for_update()).all()


def note_use(session: Session, key_id: int, *, now: datetime) -> None:
    session.connection().execute(
        update(ApiKey).where(col(ApiKey.id) == key_id).values(last_used_at=now)
    )


def end_key(session: Session, key: ApiKey, *, now: datetime) -> None:
    key.revoked_at = now
    session.add(key)
    session.flush()


def require_answer(session: Session, *, api_key_id: int, key: str) -> ApiAnswer:
    """The one that stands in the way of another."""
    query = select(ApiAnswer).where(
        col(ApiAnswer.api_key_id) == api_key_id, col(ApiAnswer.key) == key
    )
    return session.exec(query, execution_options={"populate_existing": True}).one()


def keep_answer(
    session: Session, answer: ApiAnswer, *, status: int, body: str, location: str
) -> None:
    answer.status, answer.body, answer.location = status, body, location
    session.add(answer)
    session.flush()


def forget_answers(session: Session, *, before: datetime) -> None:
    """Those that may not be asked for again: they hold what a program was told of people."""
    session.connection().execute(delete(ApiAnswer).where(col(ApiAnswer.created_at) <= before))


def begin_answer(session: Session, answer: ApiAnswer, *, since: datetime) -> bool:
    """Takes the place of an answer, the key's older ones cleared away. False where another
    request has it; one that still runs is waited for."""
    session.connection().execute(
        delete(ApiAnswer).where(
            col(ApiAnswer.api_key_id) == answer.api_key_id, col(ApiAnswer.created_at) <= since
        )
    )
    try:
        with session.begin_nested():
            session.add(answer)
    except IntegrityError:
        return False
    return True
