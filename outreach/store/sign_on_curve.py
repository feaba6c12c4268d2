"""How sign-ons came in over time, and what each reminder brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from outreach.domain.forecast import Wave
from outreach.domain.message import MessageKind, MessageState
from outreach.domain.reminder import DECISION
from outreach.store.tables import Invitation, Message, Signature


@dataclass(frozen=True)
class Change:
    """``by`` 1 for a yes, -1 for one that was taken back."""

    at: datetime
    by: int


def list_changes(session: Session, campaign_id: int) -> list[Change]:
    """In the order in which they came."""
    query = (
        select(col(Signature.signed_at), col(Signature.withdrawn_at))
        .join(Invitation, col(Invitation.id) == col(Signature.invitation_id))
        .where(col(Invitation.campaign_id) == campaign_id)
    )
    changes = []
    for signed_at, withdrawn_at in session.connection().execute(query):
        changes.append(Change(signed_at, 1))
        if withdrawn_at is not None:
            changes.append(Change(withdrawn_at, -1))
    return sorted(changes, key=lambda change: change.at)


def list_waves(session: Session, campaign_id: int) -> Sequence[Wave]:
    """One for each step that went out, in the order of their beginnings.

    A yes counts for the last reminder before it.
    """
    later = aliased(Message)
    asked_again = (
        select(col(later.id))
        .where(
            col(later.invitation_id) == col(Message.invitation_id),
            col(later.kind) == MessageKind.REMINDER,
            col(later.state) == MessageState.SENT,
            col(later.step) != col(Message.step),
            col(later.sent_at) > col(Message.sent_at),
            col(later.sent_at) <= col(Signature.signed_at),
        )
        .exists()
    )
    signed_after = and_(
        col(Signature.invitation_id) == col(Message.invitation_id),
        col(Signature.withdrawn_at).is_(None),
        col(Signature.signed_at) >= col(Message.sent_at),
        ~asked_again,
    )
    begun = func.min(col(Message.sent_at))
    signed = case((col(Signature.id).is_not(None), col(Message.invitation_id)))
    query = (
        select(
            col(Message.step),
            begun,
            func.count(func.distinct(col(Message.invitation_id))),
            func.count(func.distinct(signed)),
        )
        .outerjoin(Signature, signed_after)
        .where(
            col(Message.campaign_id) == campaign_id,
            col(Message.kind) == MessageKind.REMINDER,
            col(Message.state) == MessageState.SENT,
            ~col(Message.step).startswith(DECISION),  # each of another day, to hardly anybody
        )
        .group_by(col(Message.step))
        .order_by(begun)
    )
    rows: Sequence[Any] = session.connection().execute(query).all()
    return [Wave(*row) for row in rows]
