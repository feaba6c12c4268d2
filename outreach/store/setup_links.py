"""One-time ways to set up an account: the random id alone is kept, never its signed form."""

from datetime import datetime

from sqlmodel import Session, col, select, update

from outreach.store.desk_tables import Coordinator, SetupLink


def add_setup_link(session: Session, link: SetupLink) -> None:
    session.add(link)
    session.flush()


def find_usable(
    session: Session, link_id: str, *, now: datetime
) -> tuple[SetupLink, Coordinator] | None:
    query = (
        select(SetupLink, Coordinator)
        .join(Coordinator, col(Coordinator.id) == col(SetupLink.coordinator_id))
        .where(
            col(SetupLink.id) == link_id,
            col(SetupLink.used_at).is_(None),
            col(SetupLink.expires_at) > now,
            col(Coordinator.disabled_at).is_(None),
        )
    )
    return session.exec(query).first()


def use(session: Session, link_id: str, *, now: datetime) -> bool:
    """Whether it was still unused: of two at once, one wins."""
    used = session.connection().execute(
        update(SetupLink)
        .where(
            col(SetupLink.id) == link_id,
            col(SetupLink.used_at).is_(None),
            col(SetupLink.expires_at) > now,
        )
        .values(used_at=now)
    )
    return used.rowcount == 1


def retire(session: Session, coordinator_id: int, *, now: datetime) -> None:
    """A newer link is on its way, or none shall work any more."""
    session.connection().execute(
        update(SetupLink)
        .where(
            col(SetupLink.coordinator_id) == coordinator_id,
            col(SetupLink.used_at).is_(None),
            col(SetupLink.expires_at) > now,
        )
        .values(expires_at=now)
    )


def invited(session: Session, *, now: datetime) -> dict[int, datetime]:
    """Until when the usable link of each coordinator works."""
    query = select(SetupLink.coordinator_id, SetupLink.expires_at).where(
        col(SetupLink.used_at).is_(None), col(SetupLink.expires_at) > now
    )
    return dict(session.exec(query).all())
