"""The links of a campaign, or of one of its organizations: who holds them, and their end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlmodel import Session, col

from outreach.domain.invitation import InvitationState
from outreach.store.tables import Contact, Invitation, Link, Suppression


@dataclass(frozen=True)
class Holder:
    """One contact who may answer by a link, or could until it was revoked."""

    contact_id: int
    invitation_id: int
    organization_id: int
    state: InvitationState
    may_be_mailed: bool


def list_holders(
    session: Session, campaign_id: int, *, organization_id: int | None
) -> list[Holder]:
    """In order. ``organization_id`` None: of all organizations."""
    query: Any = (
        select(
            col(Contact.id),
            col(Invitation.id),
            col(Contact.organization_id),
            col(Invitation.state),
            col(Suppression.id).is_(None),
        )
        .join(Invitation, col(Invitation.organization_id) == col(Contact.organization_id))
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .where(
            *_answering(campaign_id, organization_id),
            exists().where(col(Link.contact_id) == col(Contact.id)),
        )
        .order_by(col(Contact.id))
    )
    rows: Iterable[Any] = session.connection().execute(query)
    return [
        Holder(contact, invitation, where, InvitationState(state), bool(may))
        for contact, invitation, where, state, may in rows
    ]


def revoke_links(
    session: Session, campaign_id: int, *, organization_id: int | None, now: datetime
) -> int:
    """The holders' links open nothing any more. Returns how many did until now."""
    holders = select(col(Contact.id)).where(*_answering(campaign_id, organization_id))
    statement = (
        update(Link)
        .where(col(Link.contact_id).in_(holders), col(Link.revoked_at).is_(None))
        .values(revoked_at=now)
    )
    return session.connection().execute(statement).rowcount


def count_live(session: Session, campaign_id: int, *, organization_id: int) -> int:
    query = select(func.count()).where(*_answering(campaign_id, organization_id), has_live_link())
    return int(session.connection().execute(query).scalar_one())


def has_live_link() -> ColumnElement[bool]:
    """Of a query for contacts, those whom a mail can bring a link that works."""
    return exists().where(col(Link.contact_id) == col(Contact.id), col(Link.revoked_at).is_(None))


def _answering(campaign_id: int, organization_id: int | None) -> list[ColumnElement[bool]]:
    conditions = [
        col(Contact.campaign_id) == campaign_id,
        col(Contact.role) == "signs",
        col(Contact.replaced_at).is_(None),
    ]
    if organization_id is not None:
        conditions.append(col(Contact.organization_id) == organization_id)
    return conditions
