"""Coordinators: found, added, counted."""

from datetime import datetime

from sqlmodel import Session, col, select, update

from outreach.domain.coordinator import Role
from outreach.store.desk_tables import Coordinator


def email_key(email: str) -> str:
    """What two spellings of one address have in common."""
    return email.strip().casefold()


def find_by_email(session: Session, email: str) -> Coordinator | None:
    query = select(Coordinator).where(col(Coordinator.email_key) == email_key(email))
    return session.exec(query).first()


def find_coordinator(session: Session, coordinator_id: int) -> Coordinator | None:
    return session.get(Coordinator, coordinator_id)


def lock_coordinator(session: Session, coordinator_id: int) -> Coordinator | None:
    """As the row is now, held until the transaction ends."""
    query = select(Coordinator).where(col(Coordinator.id) == coordinator_id).with_for_update()
    return session.exec(query, execution_options={"populate_existing": True}).first()


def lock_owners(session: Session) -> list[Coordinator]:
    """The owners who can come in, held until the transaction ends: of two who demote each other
    at once, the second sees what the first has done."""
    query = (
        select(Coordinator)
        .where(
            col(Coordinator.role) == Role.OWNER,
            col(Coordinator.disabled_at).is_(None),
            col(Coordinator.password_hash) != "",
        )
        .order_by(col(Coordinator.id))
        .with_for_update()
    )
    return list(session.exec(query, execution_options={"populate_existing": True}))


def take_totp_step(session: Session, coordinator_id: int, *, step: int) -> bool:
    """Whether no code of this step or a later one has counted before."""
    taken = session.connection().execute(
        update(Coordinator)
        .where(col(Coordinator.id) == coordinator_id, col(Coordinator.totp_step) < step)
        .values(totp_step=step)
    )
    return taken.rowcount == 1


def list_active(session: Session) -> list[Coordinator]:
    """Those who have set up their account and may come in: whom one may write to."""
    query = select(Coordinator).where(
        col(Coordinator.disabled_at).is_(None), col(Coordinator.password_hash) != ""
    )
    return list(session.exec(query.order_by(col(Coordinator.id))))


def list_coordinators(session: Session) -> list[Coordinator]:
    return list(session.exec(select(Coordinator).order_by(col(Coordinator.email_key))))


def add_coordinator(
    session: Session, *, email: str, role: Role, name: str = "", zone: str = "UTC", now: datetime
) -> Coordinator:
    coordinator = Coordinator(
        email=email.strip(),
        email_key=email_key(email),
        name=name,
        role=role,
        zone=zone,
        created_at=now,
    )
    session.add(coordinator)
    session.flush()
    return coordinator


def save(session: Session, coordinator: Coordinator) -> None:
    session.add(coordinator)
    session.flush()
