"""Addresses that must not be mailed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Insert, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from outreach.store.tables import Campaign, Contact, Organization, Suppression


def is_suppressed(session: Session, email_key: str) -> bool:
    query = select(Suppression.id).where(col(Suppression.email_key) == email_key)
    return session.exec(query).first() is not None


def record_suppression(session: Session, email_key: str, *, reason: str, now: datetime) -> None:
    """Once; asked again, even at the same moment, nothing changes."""
    row = {"email_key": email_key, "reason": reason, "created_at": now}
    session.connection().execute(_insert_once(session).values(row))


def _insert_once(session: Session) -> Insert:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(Suppression).on_conflict_do_nothing()
    return sqlite.insert(Suppression).on_conflict_do_nothing()


def lift_suppression(session: Session, email_key: str) -> None:
    query = select(Suppression).where(col(Suppression.email_key) == email_key)
    for suppression in session.exec(query):
        session.delete(suppression)
    session.flush()


@dataclass(frozen=True)
class Whose:
    """One contact with a suppressed address."""

    campaign_id: int
    slug: str
    organization_id: int
    organization: str
    contact: str


@dataclass(frozen=True)
class ListedSuppression:
    """An address that gets no mail, and whose it is: perhaps in several campaigns, or in none."""

    id: int
    email_key: str
    reason: str
    created_at: datetime
    whose: tuple[Whose, ...]


def count_listed(session: Session, text: str) -> int:
    query = select(func.count(col(Suppression.id))).where(_has(text))
    return session.exec(query).one()


def list_page(session: Session, text: str, *, start: int, many: int) -> list[ListedSuppression]:
    """Those with ``text`` in the address, newest first."""
    query = select(Suppression).where(_has(text)).order_by(col(Suppression.id).desc())
    return _listed(session, session.exec(query.offset(start).limit(many)).all())


def find_listed(session: Session, suppression_id: int) -> ListedSuppression | None:
    found = session.get(Suppression, suppression_id)
    return _listed(session, [found])[0] if found else None


def _has(text: str) -> ColumnElement[bool]:
    return col(Suppression.email_key).contains(text, autoescape=True)


def _listed(session: Session, rows: Sequence[Suppression]) -> list[ListedSuppression]:
    """With whom the addresses belong to, in one query for all."""
    query = (
        select(Contact, Organization.name, Campaign.slug)
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .join(Campaign, col(Campaign.id) == col(Contact.campaign_id))
        .where(col(Contact.email_key).in_([row.email_key for row in rows]))
        .order_by(col(Contact.id).desc())
    )
    whose: dict[str, list[Whose]] = {}
    for contact, organization, slug in session.exec(query):
        one = Whose(contact.campaign_id, slug, contact.organization_id, organization, contact.name)
        whose.setdefault(contact.email_key, []).append(one)
    return [
        ListedSuppression(
            row.id or 0,
            row.email_key,
            row.reason,
            row.created_at,
            tuple(whose.get(row.email_key, ())),
        )
        for row in rows
    ]
