"""How each organization and each contact of a campaign stands: one query for a kind of thing."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from outreach.domain.invitation import UNANSWERED_STATES, InvitationState
from outreach.domain.message import ASKING_KINDS, MessageState
from outreach.store.tables import (
    Answer,
    Contact,
    DeliveryEvent,
    Invitation,
    Message,
    Organization,
    Signature,
)

# Long enough for a coordinator to reach somebody by telephone.
_TIME_TO_CALL = timedelta(hours=12)
_TWICE = 2


@dataclass(frozen=True)
class Standing:
    """An organization's invitation, and the yes or the reason for a no that stands."""

    state: str
    answered_at: datetime | None
    decides_on: date | None
    credit_line: str
    signer_name: str
    capacity: str
    privacy: str
    reason: str


@dataclass(frozen=True)
class LastMessage:
    """The newest message to a contact; a cancelled one only where there is no other.

    ``at`` is when its state came about. ``next_attempt`` is set while it waits. ``words`` are the
    server's last, or why it was not sent; empty once it is sent.
    """

    kind: str
    state: str
    at: datetime
    next_attempt: datetime | None
    words: str

    @property
    def is_deferred(self) -> bool:
        return self.state == MessageState.QUEUED and bool(self.words)


@dataclass(frozen=True)
class Unreached:
    """Somebody to call: servers put the mail off, and it may not be there before the deadline."""

    organization: str
    contact: str
    email: str
    kind: str
    words: str
    attempts: int
    next_attempt: datetime


@dataclass(frozen=True)
class Deferred:
    """What a server has put off and what is tried again. ``too_late`` counts invitations and
    reminders whose next attempt is not before the deadline: nobody will read them in time."""

    count: int = 0
    next_attempt: datetime | None = None
    too_late: int = 0
    to_call: tuple[Unreached, ...] = ()


def standing_by_organization(session: Session, *, campaign_id: int) -> dict[int, Standing]:
    """By organization id; who is not there was never invited."""
    reasons = _decline_reasons(session, campaign_id)
    query = (
        select(
            col(Invitation.id),
            col(Invitation.organization_id),
            col(Invitation.state),
            col(Invitation.answered_at),
            col(Invitation.decides_on),
            func.coalesce(col(Signature.credit_line), ""),
            func.coalesce(col(Signature.signer_name), ""),
            func.coalesce(col(Signature.capacity), ""),
            func.coalesce(col(Signature.privacy), ""),
        )
        .outerjoin(
            Signature,
            (col(Signature.invitation_id) == col(Invitation.id))
            & col(Signature.withdrawn_at).is_(None),
        )
        .where(col(Invitation.campaign_id) == campaign_id)
    )
    return {
        row[1]: Standing(*row[2:], reasons.get(row[0] or 0, ""))
        for row in session.connection().execute(query)
    }


def _decline_reasons(session: Session, campaign_id: int) -> dict[int, str]:
    """By invitation id, of those that stand declined: an earlier no may have become a yes."""
    query = (
        select(col(Answer.invitation_id), col(Answer.reason))
        .join(Invitation, col(Invitation.id) == col(Answer.invitation_id))
        .where(
            col(Invitation.campaign_id) == campaign_id,
            col(Invitation.state) == InvitationState.DECLINED,
            col(Answer.kind) == "decline",
        )
        .order_by(col(Answer.id))
    )
    return {row[0]: row[1] for row in session.connection().execute(query)}


def last_message_by_contact(session: Session, *, campaign_id: int) -> dict[int, LastMessage]:
    """By contact id; who is not there was never mailed."""
    newest = func.row_number().over(
        partition_by=col(Message.contact_id),
        order_by=(col(Message.state) == MessageState.CANCELLED, col(Message.id).desc()),
    )
    ranked = (
        select(col(Message.id).label("id"), newest.label("place"))
        .where(col(Message.campaign_id) == campaign_id)
        .subquery()
    )
    happened = (
        select(func.max(col(DeliveryEvent.at)))
        .where(col(DeliveryEvent.message_pk) == col(Message.id))
        .scalar_subquery()
    )
    query = (
        select(Message, happened)
        .join(ranked, col(Message.id) == ranked.c.id)
        .where(ranked.c.place == 1)
    )
    return {
        message.contact_id: _last_message(message, happened_at)
        for message, happened_at in session.execute(query)
    }


def _last_message(message: Message, happened_at: datetime | None) -> LastMessage:
    is_sent = message.state == MessageState.SENT
    return LastMessage(
        kind=message.kind,
        state=message.state,
        at=(message.sent_at if is_sent else happened_at) or message.created_at,
        next_attempt=message.due_at if message.state == MessageState.QUEUED else None,
        words="" if is_sent else message.last_reply,
    )


def find_deferred(
    session: Session, *, campaign_id: int, deadline: datetime, now: datetime
) -> Deferred:
    """What waits with a server's words on it."""
    too_late = (col(Message.due_at) >= deadline) & col(Message.kind).in_(ASKING_KINDS)
    query = select(
        func.count(), func.min(col(Message.due_at)), func.count().filter(too_late)
    ).where(_is_deferred(campaign_id))
    found = Deferred(*session.connection().execute(query).one())
    if not found.count:
        return found
    to_call = _unreached(session, campaign_id=campaign_id, deadline=deadline, now=now)
    return replace(found, to_call=to_call)


def _is_deferred(campaign_id: int) -> ColumnElement[bool]:
    return (
        (col(Message.campaign_id) == campaign_id)
        & (col(Message.state) == MessageState.QUEUED)
        & (col(Message.last_reply) != "")
    )


def _unreached(
    session: Session, *, campaign_id: int, deadline: datetime, now: datetime
) -> tuple[Unreached, ...]:
    """Of whom no attempt before the deadline is left; in its last hours, those put off twice."""
    hopeless = col(Message.due_at) >= deadline
    if deadline - now <= _TIME_TO_CALL:
        hopeless |= col(Message.attempts) >= _TWICE
    query = (
        select(
            col(Organization.name),
            col(Contact.name),
            col(Contact.email),
            col(Message.kind),
            col(Message.last_reply),
            col(Message.attempts),
            col(Message.due_at),
        )
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .join(Invitation, col(Invitation.id) == col(Message.invitation_id))
        .where(
            _is_deferred(campaign_id),
            hopeless,
            col(Message.kind).in_(ASKING_KINDS),
            col(Invitation.state).in_(UNANSWERED_STATES),
        )
        .order_by(col(Organization.name_key), col(Contact.id))
    )
    return tuple(Unreached(*row) for row in session.connection().execute(query))
