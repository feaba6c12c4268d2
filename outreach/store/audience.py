"""Whom a launch or a reminder would mail, asked in other words than those that choose them.

The brake compares both: a fault in one query is not a fault in the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from outreach.domain.delivery import ONLY_COPIED
from outreach.domain.invitation import UNANSWERED_STATES, InvitationState
from outreach.domain.message import ASKING_KINDS, MessageKind, MessageState
from outreach.store.links import has_live_link
from outreach.store.messages import Addressee
from outreach.store.tables import Contact, Invitation, Link, Message, Suppression

# In these a mail is there or on its way; what failed or was cancelled has asked nobody.
_ASKING_STATES = (
    MessageState.QUEUED,
    MessageState.SENDING,
    MessageState.SENT,
    MessageState.UNCERTAIN,
)
_WAITING_STATES = (MessageState.QUEUED, MessageState.SENDING)


@dataclass(frozen=True)
class Audience:
    """``skipped`` are not among the ``people``: they would be mailed, if nothing spoke against."""

    organizations: int
    people: int
    skipped: int = 0


def count_to_invite(session: Session, campaign_id: int) -> Audience:
    """Whom a launch would mail now; skipped is whose address must get no mail."""
    suppressed = col(Suppression.id).is_not(None)
    never_asked = col(Message.id).is_(None) | (
        (col(Message.state) == MessageState.CANCELLED) & (col(Message.last_reply) == ONLY_COPIED)
    )
    query = (
        select(
            func.count(func.distinct(col(Contact.organization_id))).filter(~suppressed),
            func.count().filter(~suppressed),
            func.count().filter(suppressed),
        )
        .select_from(Contact)
        .outerjoin(Invitation, col(Invitation.organization_id) == col(Contact.organization_id))
        .outerjoin(
            Message,
            (col(Message.contact_id) == col(Contact.id))
            & (col(Message.kind) == MessageKind.INVITATION),
        )
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .where(
            col(Contact.campaign_id) == campaign_id,
            col(Contact.role) == "signs",
            never_asked,
            col(Invitation.id).is_(None) | col(Invitation.state).in_(UNANSWERED_STATES),
        )
    )
    return Audience(*session.connection().execute(query).one())


def count_pending(session: Session, campaign_id: int, *, asked_before: datetime | None) -> int:
    """How many were invited, have not answered, and have had no mail that asks since then.

    ``asked_before`` None: however short ago they were asked.
    """
    query = _count_invited(campaign_id)
    if asked_before is not None:
        query = _without(query, partial(_asks_since, since=asked_before))
    return int(session.connection().execute(query).scalar_one())


def count_unasked(session: Session, campaign_id: int, *, asked_before: datetime) -> int:
    """As ``count_pending``, without those for whom a mail that asks is waiting, however long."""
    query = _without(_count_invited(campaign_id), partial(_asks_or_waits, since=asked_before))
    return int(session.connection().execute(query).scalar_one())


def _count_invited(campaign_id: int) -> Select[int]:
    signs = select(col(Contact.id)).where(
        col(Contact.id) == col(Message.contact_id),
        col(Contact.role) == "signs",
        has_live_link(),
        ~select(col(Suppression.id))
        .where(col(Suppression.email_key) == col(Contact.email_key))
        .exists(),
    )
    owes = select(col(Invitation.id)).where(
        col(Invitation.id) == col(Message.invitation_id),
        col(Invitation.state).in_(UNANSWERED_STATES),
    )
    return select(func.count(func.distinct(col(Message.contact_id)))).where(
        col(Message.campaign_id) == campaign_id,
        col(Message.kind) == MessageKind.INVITATION,
        col(Message.state) == MessageState.SENT,
        signs.exists(),
        owes.exists(),
    )


def _without(
    query: Select[int], asks: Callable[[type[Message]], ColumnElement[bool]]
) -> Select[int]:
    other = aliased(Message)
    asked = select(col(other.id)).where(
        col(other.contact_id) == col(Message.contact_id), asks(other)
    )
    return query.where(~asked.exists())


def asked_since(session: Session, campaign_id: int, *, since: datetime) -> frozenset[int]:
    """The contacts who have had a mail that asks, or had one queued, since then."""
    return _asked(session, campaign_id, _asks_since(Message, since))


def asked_or_waiting(session: Session, campaign_id: int, *, since: datetime) -> frozenset[int]:
    """These, and the contacts for whom a mail that asks is waiting, however long."""
    return _asked(session, campaign_id, _asks_or_waits(Message, since))


def _asked(session: Session, campaign_id: int, asks: ColumnElement[bool]) -> frozenset[int]:
    query = select(col(Message.contact_id)).where(col(Message.campaign_id) == campaign_id, asks)
    return frozenset(session.connection().execute(query).scalars())


def _asks_since(message: type[Message], since: datetime) -> ColumnElement[bool]:
    return (
        col(message.kind).in_(ASKING_KINDS)
        & col(message.state).in_(_ASKING_STATES)
        & (func.coalesce(col(message.sent_at), col(message.created_at)) > since)
    )


def _asks_or_waits(message: type[Message], since: datetime) -> ColumnElement[bool]:
    waits = col(message.kind).in_(ASKING_KINDS) & col(message.state).in_(_WAITING_STATES)
    return waits | _asks_since(message, since)


def count_held_back(session: Session, campaign_id: int) -> int:
    """To how many people a mail that asks is waiting, due or put off: a pause holds it."""
    query = select(func.count(func.distinct(col(Message.contact_id)))).where(
        col(Message.campaign_id) == campaign_id,
        col(Message.kind).in_(ASKING_KINDS),
        col(Message.state) == MessageState.QUEUED,
    )
    return int(session.connection().execute(query).scalar_one())


def held_mails(
    session: Session, campaign_id: int, *, now: datetime
) -> Sequence[tuple[int, MessageKind, str]]:
    """(contact id, kind, step) of what asks, is due, and whose organization owes an answer."""
    query = (
        select(col(Message.contact_id), col(Message.kind), col(Message.step))
        .join(Invitation, col(Invitation.id) == col(Message.invitation_id))
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .where(
            col(Message.campaign_id) == campaign_id,
            col(Message.kind).in_(ASKING_KINDS),
            col(Message.state) == MessageState.QUEUED,
            col(Message.due_at) <= now,
            col(Contact.role) == "signs",
            col(Invitation.state).in_(UNANSWERED_STATES),
            col(Suppression.id).is_(None),
        )
    )
    rows = session.connection().execute(query)
    return [(contact, MessageKind(kind), step) for contact, kind, step in rows]


def count_waiting_reminders(session: Session, campaign_id: int) -> int:
    query = select(func.count()).where(
        col(Message.campaign_id) == campaign_id,
        col(Message.kind) == MessageKind.REMINDER,
        col(Message.state) == MessageState.QUEUED,
    )
    return int(session.connection().execute(query).scalar_one())


def count_signers(session: Session, campaign_id: int) -> Audience:
    """Who is told when the list is closed: all of an organization that has signed; skipped is
    whose address must get no mail."""
    suppressed = col(Suppression.id).is_not(None)
    query = (
        select(
            func.count(func.distinct(col(Contact.organization_id))).filter(~suppressed),
            func.count().filter(~suppressed),
            func.count().filter(suppressed),
        )
        .select_from(Link)
        .join(Invitation, col(Invitation.id) == col(Link.invitation_id))
        .join(Contact, col(Contact.id) == col(Link.contact_id))
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .where(
            col(Invitation.campaign_id) == campaign_id,
            col(Invitation.state) == InvitationState.SIGNED,
            col(Link.revoked_at).is_(None),
        )
    )
    return Audience(*session.connection().execute(query).one())


def pending_contacts(session: Session, campaign_id: int) -> Sequence[tuple[Addressee, int]]:
    """(whom, organization id) of all who were invited and whose organization has not answered."""
    query = _invited(campaign_id, col(Contact.organization_id))
    rows = session.connection().execute(query.where(col(Invitation.state).in_(UNANSWERED_STATES)))
    return [
        (Addressee(contact or 0, invitation or 0), where) for contact, invitation, where in rows
    ]


def contacts_to_ask_again(
    session: Session, campaign_id: int, *, now: datetime
) -> Sequence[tuple[Addressee, date]]:
    """(whom, the day named) of all who were invited and whose organization's own day has come."""
    query = _invited(campaign_id, col(Invitation.decides_on)).where(
        col(Invitation.state) == InvitationState.DEFERRED, col(Invitation.ask_again_at) <= now
    )
    rows = session.connection().execute(query)
    return [(Addressee(contact, invitation), day) for contact, invitation, day in rows]


def _invited(campaign_id: int, more: Any) -> Select[*tuple[Any, ...]]:
    """Who may sign, has an invitation and a link, and may be written to."""
    return (
        select(col(Contact.id), col(Invitation.id), more)
        .join(Invitation, col(Invitation.organization_id) == col(Contact.organization_id))
        .join(Message, col(Message.contact_id) == col(Contact.id))
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .where(
            col(Contact.campaign_id) == campaign_id,
            col(Contact.role) == "signs",
            col(Message.kind) == MessageKind.INVITATION,
            col(Message.state) == MessageState.SENT,
            col(Suppression.id).is_(None),
            has_live_link(),
        )
        .order_by(col(Contact.id))
    )


def count_reminders_of(session: Session, campaign_id: int, *, step: str) -> dict[int, int]:
    """By contact: how many reminders whose step begins so; who had none is not there."""
    query = (
        select(col(Message.contact_id), func.count())
        .where(
            col(Message.campaign_id) == campaign_id,
            col(Message.kind) == MessageKind.REMINDER,
            col(Message.step).startswith(step, autoescape=True),
        )
        .group_by(col(Message.contact_id))
    )
    return {row[0]: row[1] for row in session.connection().execute(query)}
