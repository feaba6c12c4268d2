"""Invitations that have gone out and are not in the ledger yet.

Senders do not write to the ledger: it would make each of their commits wait for all others.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import func
from sqlmodel import Session, col, select

from outreach.domain.evidence import EventKind
from outreach.domain.message import MessageKind, MessageState
from outreach.store.ledger_tables import LedgerEvent
from outreach.store.tables import Campaign, Contact, Message, Organization

# The server's 250 was there; what became of it later changes nothing.
_ACCEPTED = (MessageState.SENT, MessageState.BOUNCED, MessageState.COMPLAINED)


@dataclass(frozen=True)
class Invited:
    """One contact to whom an invitation has gone out."""

    message_pk: int
    contact_id: int
    organization: str
    person: str
    email: str
    sent_at: datetime


def unlogged_campaigns(session: Session, *, deadline_after: datetime) -> list[int]:
    """The campaigns in which more invitations have gone out than are logged."""
    query = (
        select(Campaign.id)
        .where(col(Campaign.launched_at).is_not(None), col(Campaign.deadline) > deadline_after)
        .order_by(col(Campaign.id))
    )
    return [
        campaign_id
        for campaign_id in session.exec(query)
        if campaign_id is not None and _sent(session, campaign_id) > _logged(session, campaign_id)
    ]


def _sent(session: Session, campaign_id: int) -> int:
    query = select(func.count()).where(
        col(Message.campaign_id) == campaign_id,
        col(Message.kind) == MessageKind.INVITATION,
        col(Message.state).in_(_ACCEPTED),
    )
    return session.exec(query).one()


def _logged(session: Session, campaign_id: int) -> int:
    query = select(func.count()).where(
        col(LedgerEvent.campaign_id) == campaign_id, col(LedgerEvent.kind) == EventKind.INVITED
    )
    return session.exec(query).one()


def unlogged_invitations(session: Session, campaign_id: int, *, many: int) -> list[Invited]:
    """At most so many, in the order in which they were queued."""
    query: sqlalchemy.Select[*tuple[Any, ...]] = (
        sqlalchemy.select(
            col(Message.id),
            col(Contact.id),
            col(Organization.name),
            col(Contact.name),
            col(Contact.email),
            col(Message.sent_at),
        )
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .outerjoin(LedgerEvent, col(LedgerEvent.message_pk) == col(Message.id))
        .where(
            col(Message.campaign_id) == campaign_id,
            col(Message.kind) == MessageKind.INVITATION,
            col(Message.state).in_(_ACCEPTED),
            col(LedgerEvent.position).is_(None),
        )
        .order_by(col(Message.id))
        .limit(many)
    )
    return [Invited(*row) for row in session.connection().execute(query)]
