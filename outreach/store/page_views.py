"""When a person was at an answer page."""

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from outreach.store.desk_tables import PageView


def last_view(session: Session, *, invitation_id: int, contact_id: int) -> datetime | None:
    query = select(func.max(col(PageView.at))).where(
        col(PageView.invitation_id) == invitation_id, col(PageView.contact_id) == contact_id
    )
    return session.connection().execute(query).scalar_one()


def add_view(session: Session, *, invitation_id: int, contact_id: int, now: datetime) -> None:
    session.add(PageView(invitation_id=invitation_id, contact_id=contact_id, at=now))
    session.flush()
