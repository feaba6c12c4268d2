"""What the chase list shows of the organizations of one page; each look is one query."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from outreach.domain.message import ASKING_KINDS, MessageState
from outreach.store.desk_tables import Chase, Coordinator
from outreach.store.tables import Contact, Invitation, Message, Organization, Suppression


@dataclass(frozen=True)
class Person:
    """A contact in use. ``suppressed``: why their address gets no mail; mostly empty."""

    id: int
    name: str
    email: str
    language: str
    zone: str
    role: str
    suppressed: str


@dataclass(frozen=True)
class LastMail:
    """The newest mail that asks. ``words`` are the server's, empty once it is sent."""

    kind: str
    state: str
    at: datetime
    attempts: int
    words: str


@dataclass(frozen=True)
class Plan:
    """Who takes care of it, and what comes next. ``stamp`` changes whenever either does."""

    owner_id: int | None = None
    owner: str = ""
    next_step: str = ""
    next_on: date | None = None
    updated_at: datetime | None = None

    @property
    def stamp(self) -> str:
        return self.updated_at.isoformat() if self.updated_at else "none"


@dataclass(frozen=True)
class Named:
    name: str
    country: str


def names_of(session: Session, organization_ids: Collection[int]) -> dict[int, Named]:
    query = select(col(Organization.id), col(Organization.name), col(Organization.country)).where(
        col(Organization.id).in_(organization_ids)
    )
    return {row[0] or 0: Named(row[1], row[2]) for row in session.connection().execute(query)}


def people_of(session: Session, organization_ids: Collection[int]) -> dict[int, list[Person]]:
    """By organization; who signs first."""
    query = (
        select(
            col(Contact.organization_id),
            col(Contact.id),
            col(Contact.name),
            col(Contact.email),
            col(Contact.language),
            col(Contact.zone),
            col(Contact.role),
            func.coalesce(col(Suppression.reason), ""),
        )
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .where(
            col(Contact.organization_id).in_(organization_ids), col(Contact.replaced_at).is_(None)
        )
        .order_by(col(Contact.role).desc(), col(Contact.id))
    )
    found: dict[int, list[Person]] = {}
    for where, key, *facts in session.connection().execute(query):
        found.setdefault(where, []).append(Person(key or 0, *facts))
    return found


def last_mails_of(session: Session, organization_ids: Collection[int]) -> dict[int, LastMail]:
    """By organization; a cancelled one only where there is no other."""
    place = func.row_number().over(
        partition_by=col(Message.invitation_id),
        order_by=(col(Message.state) == MessageState.CANCELLED, col(Message.id).desc()),
    )
    ranked = (
        select(
            col(Invitation.organization_id),
            col(Message.kind),
            col(Message.state),
            func.coalesce(col(Message.sent_at), col(Message.created_at)).label("at"),
            col(Message.attempts),
            col(Message.last_reply),
            place.label("place"),
        )
        .join(Invitation, col(Invitation.id) == col(Message.invitation_id))
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .where(
            col(Invitation.organization_id).in_(organization_ids),
            col(Message.kind).in_(ASKING_KINDS),
            col(Contact.replaced_at).is_(None),
        )
        .subquery()
    )
    rows = session.connection().execute(select(ranked).where(ranked.c.place == 1))
    return {
        where: LastMail(kind, state, at, attempts, "" if state == MessageState.SENT else words)
        for where, kind, state, at, attempts, words, _ in rows
    }


def plans_of(session: Session, organization_ids: Collection[int]) -> dict[int, Plan]:
    query = (
        select(
            col(Chase.organization_id),
            col(Chase.owner_id),
            func.coalesce(func.nullif(col(Coordinator.name), ""), col(Coordinator.email), ""),
            col(Chase.next_step),
            col(Chase.next_on),
            col(Chase.updated_at),
        )
        .outerjoin(Coordinator, col(Coordinator.id) == col(Chase.owner_id))
        .where(col(Chase.organization_id).in_(organization_ids))
    )
    return {row[0]: Plan(*row[1:]) for row in session.connection().execute(query)}
