"""All that happened with one organization, a statement for each kind of thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from outreach.store.desk_tables import Activity, Chase, Coordinator, Note, PageView
from outreach.store.tables import (
    Answer,
    Contact,
    DeliveryEvent,
    Invitation,
    Link,
    Message,
    Organization,
    Suppression,
)


@dataclass(frozen=True)
class Reached:
    """A contact, and why its address must get no mail; empty where it may. ``is_linked``: our mails
    are for it, since it has a link that works."""

    id: int
    name: str
    email: str
    role: str
    language: str
    zone: str
    suppressed: str
    is_linked: bool


@dataclass(frozen=True)
class Happened:
    """What a server did with a message, or what a person did with it."""

    at: datetime
    event: str
    code: int | None
    words: str


@dataclass(frozen=True)
class Written:
    """A note, or a touch by ``channel``; ``by`` is empty where the account is gone."""

    at: datetime
    channel: str
    text: str
    by: str


@dataclass(frozen=True)
class Care:
    """Who takes care of the organization, and what comes next."""

    owner: str
    next_step: str
    next_on: date | None


def find_organization(
    session: Session, *, campaign_id: int, organization_id: int
) -> Organization | None:
    found = session.get(Organization, organization_id)
    return found if found is not None and found.campaign_id == campaign_id else None


def find_invitation(session: Session, organization_id: int) -> Invitation | None:
    query = select(Invitation).where(col(Invitation.organization_id) == organization_id)
    return session.execute(query).scalar_one_or_none()


def list_reached(session: Session, organization_id: int) -> list[Reached]:
    query = (
        select(
            col(Contact.id),
            col(Contact.name),
            col(Contact.email),
            col(Contact.role),
            col(Contact.language),
            col(Contact.zone),
            func.coalesce(col(Suppression.reason), ""),
            col(Link.id).is_not(None),
        )
        .outerjoin(Link, (col(Link.contact_id) == col(Contact.id)) & col(Link.revoked_at).is_(None))
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .where(col(Contact.organization_id) == organization_id)
        .order_by(col(Contact.id))
    )
    rows: Sequence[Any] = session.connection().execute(query).all()
    return [Reached(*row) for row in rows]


def list_messages(session: Session, invitation_id: int) -> Sequence[Message]:
    query = select(Message).where(col(Message.invitation_id) == invitation_id)
    return session.execute(query.order_by(col(Message.id))).scalars().all()


def list_events(session: Session, invitation_id: int) -> dict[int, list[Happened]]:
    """By message id, in the order in which they came."""
    query = (
        select(
            col(DeliveryEvent.message_pk),
            col(DeliveryEvent.at),
            col(DeliveryEvent.event),
            col(DeliveryEvent.code),
            col(DeliveryEvent.words),
        )
        .join(Message, col(Message.id) == col(DeliveryEvent.message_pk))
        .where(col(Message.invitation_id) == invitation_id)
        .order_by(col(DeliveryEvent.id))
    )
    found: dict[int, list[Happened]] = {}
    rows: Sequence[Any] = session.connection().execute(query).all()
    for message, *facts in rows:
        found.setdefault(message, []).append(Happened(*facts))
    return found


def list_answers(session: Session, invitation_id: int) -> Sequence[Answer]:
    query = select(Answer).where(col(Answer.invitation_id) == invitation_id)
    return session.execute(query.order_by(col(Answer.id))).scalars().all()


def list_views(session: Session, invitation_id: int) -> list[tuple[datetime, int]]:
    """(when, contact id)."""
    query = (
        select(col(PageView.at), col(PageView.contact_id))
        .where(col(PageView.invitation_id) == invitation_id)
        .order_by(col(PageView.id))
    )
    return [(at, contact) for at, contact in session.connection().execute(query)]


def list_written(session: Session, organization_id: int) -> list[Written]:
    query = (
        select(
            col(Note.at),
            col(Note.channel),
            col(Note.text),
            col(Coordinator.name),
            col(Coordinator.email),
        )
        .outerjoin(Coordinator, col(Coordinator.id) == col(Note.coordinator_id))
        .where(col(Note.organization_id) == organization_id)
        .order_by(col(Note.id))
    )
    rows = session.connection().execute(query)
    return [Written(*row[:3], row[3] or row[4] or "") for row in rows]


def list_activities(session: Session, organization_id: int) -> Sequence[Activity]:
    query = select(Activity).where(col(Activity.organization_id) == organization_id)
    return session.execute(query.order_by(col(Activity.id))).scalars().all()


def find_care(session: Session, organization_id: int) -> Care | None:
    query = (
        select(
            col(Coordinator.name),
            col(Coordinator.email),
            col(Chase.next_step),
            col(Chase.next_on),
        )
        .select_from(Chase)
        .outerjoin(Coordinator, col(Coordinator.id) == col(Chase.owner_id))
        .where(col(Chase.organization_id) == organization_id)
    )
    row = session.connection().execute(query).first()
    return Care(row[0] or row[1] or "", row[2], row[3]) if row else None
