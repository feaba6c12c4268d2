"""Codes for the day when the telephone is gone: hashes, each of which counts once."""

from datetime import datetime

from sqlmodel import Session, col, delete, func, select, update

from outreach.store.desk_tables import RecoveryCode


def replace_codes(session: Session, coordinator_id: int, *, hashes: list[str]) -> None:
    """The earlier ones are gone."""
    remove_codes(session, coordinator_id)
    session.add_all(RecoveryCode(coordinator_id=coordinator_id, code_hash=one) for one in hashes)
    session.flush()


def remove_codes(session: Session, coordinator_id: int) -> None:
    session.connection().execute(
        delete(RecoveryCode).where(col(RecoveryCode.coordinator_id) == coordinator_id)
    )


def use_code(session: Session, coordinator_id: int, *, code_hash: str, now: datetime) -> bool:
    """Whether it is one of the coordinator's and was unused until now."""
    used = session.connection().execute(
        update(RecoveryCode)
        .where(
            col(RecoveryCode.coordinator_id) == coordinator_id,
            col(RecoveryCode.code_hash) == code_hash,
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=now)
    )
    return used.rowcount == 1


def count_left(session: Session, coordinator_id: int) -> int:
    query = select(func.count()).where(
        col(RecoveryCode.coordinator_id) == coordinator_id, col(RecoveryCode.used_at).is_(None)
    )
    return session.exec(query).one()
