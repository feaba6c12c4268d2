"""Giving back what was cancelled, where its reason is gone."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from outreach.domain.invitation import UNANSWERED_STATES
from outreach.domain.message import MESSAGE_MOVES, MessageEvent, MessageKind, MessageState
from outreach.domain.moves import next_state
from outreach.store.messages import record_event
from outreach.store.tables import Contact, Invitation, Message


def requeue_invitations(
    session: Session, email_key: str, *, reasons: Collection[str], now: datetime
) -> int:
    """Queues the address's invitations, in every campaign, that were cancelled for one of
    ``reasons`` and that nobody has answered meanwhile. Returns how many."""
    query = (
        select(Message)
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .join(Invitation, col(Invitation.id) == col(Message.invitation_id))
        .where(
            col(Contact.email_key) == email_key,
            col(Message.kind) == MessageKind.INVITATION,
            col(Message.state) == MessageState.CANCELLED,
            col(Message.last_reply).in_(reasons),
            col(Invitation.state).in_(UNANSWERED_STATES),
        )
        .with_for_update(of=Message)
    )
    return _requeue(session, query, now=now)


def requeue_promoted(session: Session, campaign_id: int, *, reason: str, now: datetime) -> int:
    """Queues the invitations of contacts who may sign again, cancelled for ``reason`` while they
    were only copied. Returns how many."""
    query = (
        select(Message)
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .join(Invitation, col(Invitation.id) == col(Message.invitation_id))
        .where(
            col(Message.campaign_id) == campaign_id,
            col(Message.kind) == MessageKind.INVITATION,
            col(Message.state) == MessageState.CANCELLED,
            col(Message.last_reply) == reason,
            col(Contact.role) == "signs",
            col(Invitation.state).in_(UNANSWERED_STATES),
        )
        .with_for_update(of=Message)
    )
    return _requeue(session, query, now=now)


def _requeue(session: Session, query: SelectOfScalar[Message], *, now: datetime) -> int:
    held_back = session.exec(query, execution_options={"populate_existing": True}).all()
    for message in held_back:
        requeue_cancelled(session, message, now=now)
    return len(held_back)


def requeue_cancelled(session: Session, message: Message, *, now: datetime) -> None:
    """Raises MoveRefused unless it is cancelled."""
    assert message.id is not None
    message.state = next_state(MESSAGE_MOVES, MessageState(message.state), MessageEvent.REQUEUE)
    message.due_at = now
    message.last_reply = ""
    session.add(message)
    record_event(session, message.id, MessageEvent.REQUEUE, now=now)
    session.flush()
