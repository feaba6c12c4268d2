"""Coordinators' WebAuthn credentials."""

from datetime import datetime

from sqlmodel import Session, col, delete, select, update

from outreach.store.desk_tables import Coordinator, Passkey


def add_passkey(session: Session, passkey: Passkey) -> None:
    session.add(passkey)
    session.flush()


def list_passkeys(session: Session, coordinator_id: int) -> list[Passkey]:
    query = select(Passkey).where(col(Passkey.coordinator_id) == coordinator_id)
    return list(session.exec(query.order_by(col(Passkey.id))))


def find_passkey(session: Session, credential_id: str) -> tuple[Passkey, Coordinator] | None:
    """Of an account that may come in."""
    query = (
        select(Passkey, Coordinator)
        .join(Coordinator, col(Coordinator.id) == col(Passkey.coordinator_id))
        .where(col(Passkey.credential_id) == credential_id, col(Coordinator.disabled_at).is_(None))
    )
    return session.exec(query).first()


def is_known(session: Session, credential_id: str) -> bool:
    query = select(Passkey.id).where(col(Passkey.credential_id) == credential_id)
    return session.exec(query).first() is not None


def count_use(session: Session, passkey_id: int, *, before: int, after: int, now: datetime) -> bool:
    """Moves the counter on; False where somebody else was faster with the same one."""
    moved = session.connection().execute(
        update(Passkey)
        .where(col(Passkey.id) == passkey_id, col(Passkey.sign_count) == before)
        .values(sign_count=after, last_used_at=now)
    )
    return moved.rowcount == 1


def remove_passkey(session: Session, passkey_id: int, *, coordinator_id: int) -> bool:
    """Only the coordinator's own."""
    removed = session.connection().execute(
        delete(Passkey).where(
            col(Passkey.id) == passkey_id, col(Passkey.coordinator_id) == coordinator_id
        )
    )
    return removed.rowcount == 1


def remove_all(session: Session, coordinator_id: int) -> None:
    session.connection().execute(
        delete(Passkey).where(col(Passkey.coordinator_id) == coordinator_id)
    )
