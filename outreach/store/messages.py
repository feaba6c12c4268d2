"""The outbox: writing messages into it, and looking at it. Claims are in claims.py."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import Select, func, text, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from outreach.domain.invitation import UNANSWERED_STATES
from outreach.domain.message import (
    ASKING_KINDS,
    MESSAGE_MOVES,
    PRIORITY,
    MessageEvent,
    MessageKind,
    MessageState,
)
from outreach.domain.moves import next_state
from outreach.store.bulk import insert_rows
from outreach.store.links import has_live_link
from outreach.store.tables import (
    Campaign,
    Contact,
    DeliveryEvent,
    Invitation,
    Message,
    Suppression,
)


@dataclass(frozen=True)
class Addressee:
    """Who a message is for: one contact of one invitation."""

    contact_id: int
    invitation_id: int


def message_id_for(
    campaign_key: str, to: Addressee, kind: MessageKind, step: str, domain: str
) -> str:
    """The Message-ID of this very message, the same whenever it is asked for."""
    facts = f"{campaign_key}|{to.invitation_id}|{to.contact_id}|{kind.value}|{step}"
    return f"{hashlib.sha256(facts.encode()).hexdigest()[:32]}@{domain}"


def queue_messages(
    session: Session,
    campaign: Campaign,
    kind: MessageKind,
    to: Iterable[Addressee],
    *,
    step: str = "",
    mail_domain: str,
    now: datetime,
) -> int:
    """Writes one row for each addressee, due now. Returns how many.

    The unique key refuses a second of the same (invitation, contact, kind, step).
    """
    rows = ((one, step) for one in to)
    return queue_each(session, campaign, kind, rows, mail_domain=mail_domain, now=now)


def queue_each(
    session: Session,
    campaign: Campaign,
    kind: MessageKind,
    to: Iterable[tuple[Addressee, str]],
    *,
    mail_domain: str,
    now: datetime,
) -> int:
    """As queue_messages(), for addressees with a step of their own."""
    rows = [
        (
            one.invitation_id,
            one.contact_id,
            step,
            message_id_for(campaign.key, one, kind, step, mail_domain),
        )
        for one, step in to
    ]
    insert_rows(
        session,
        Message,
        columns=("invitation_id", "contact_id", "step", "message_id"),
        rows=rows,
        same={
            "campaign_id": campaign.id,
            "kind": kind,
            "priority": PRIORITY[kind],
            "state": MessageState.QUEUED,
            "due_at": now,
            "created_at": now,
        },
    )
    return len(rows)


def cancel_queued(
    session: Session,
    *,
    reason: str,
    campaign_id: int | None = None,
    invitation_id: int | None = None,
    contact_ids: Collection[int] | None = None,
    kinds: Collection[MessageKind] = ASKING_KINDS,
) -> int:
    """Cancels what still waits; what is being sent is looked at again just before its DATA.

    Rows that a sender holds at this moment are left to that look: waiting for them, while it may
    wait for us, would be a deadlock.
    """
    waiting = select(Message.id).where(text("state = 'queued'"), col(Message.kind).in_(kinds))
    if campaign_id is not None:
        waiting = waiting.where(col(Message.campaign_id) == campaign_id)
    if invitation_id is not None:
        waiting = waiting.where(col(Message.invitation_id) == invitation_id)
    if contact_ids is not None:
        waiting = waiting.where(col(Message.contact_id).in_(contact_ids))
    statement = (
        update(Message)
        .where(col(Message.id).in_(waiting.with_for_update(skip_locked=True)))
        .values(
            state=next_state(MESSAGE_MOVES, MessageState.QUEUED, MessageEvent.CANCEL),
            last_reply=reason,
        )
    )
    return session.connection().execute(statement).rowcount


@dataclass(frozen=True)
class Waiting:
    """A message that no sender has in hand: it is written when one takes it."""

    contact_id: int
    step: str


def hold_queued(
    session: Session, campaign_id: int, kinds: Collection[MessageKind]
) -> list[Waiting]:
    """What waits, kept from every sender until the transaction ends. What one holds at this moment
    is not among them, as in cancel_queued()."""
    query = (
        select(Message.contact_id, Message.step)
        .where(
            col(Message.campaign_id) == campaign_id,
            text("state = 'queued'"),
            col(Message.kind).in_(kinds),
        )
        .with_for_update(skip_locked=True)
    )
    return [Waiting(*row) for row in session.exec(query)]


def record_event(
    session: Session,
    message_pk: int,
    event: MessageEvent,
    *,
    code: int | None = None,
    words: str = "",
    now: datetime,
) -> None:
    session.add(DeliveryEvent(message_pk=message_pk, event=event, code=code, words=words, at=now))


def count_by_kind_and_state(session: Session, campaign_id: int) -> dict[str, dict[str, int]]:
    query = (
        select(Message.kind, Message.state, func.count())
        .where(col(Message.campaign_id) == campaign_id)
        .group_by(col(Message.kind), col(Message.state))
    )
    counts = {(kind, state): count for kind, state, count in session.exec(query)}
    return {
        kind.value: {
            state.value: counts[kind, state] for state in MessageState if counts.get((kind, state))
        }
        for kind in MessageKind
        if any(counts.get((kind, state)) for state in MessageState)
    }


@dataclass(frozen=True)
class Remindable:
    """A contact who was invited and whose organization has not answered. ``asked_at``: when it was
    invited, or asked again on a day of its own."""

    to: Addressee
    zone: str
    asked_at: datetime
    reminded_steps: frozenset[str]


def unanswered_contacts(
    session: Session, campaign: Campaign, *, invited_before: datetime, newest_step: str
) -> list[Remindable]:
    """Who may be reminded: invited before that instant, not yet reminded of ``newest_step``."""
    rows: Sequence[Any] = (
        session.connection()
        .execute(
            _unanswered(campaign, newest_step=newest_step).where(
                col(Message.sent_at) < invited_before
            )
        )
        .all()
    )
    reminded = _reminded_steps(session, campaign) if rows else {}
    return [
        Remindable(
            Addressee(contact, invitation),
            zone,
            max(sent_at, again or sent_at),
            frozenset(reminded.get(contact, ())),
        )
        for contact, invitation, zone, sent_at, again in rows
    ]


def _unanswered(
    campaign: Campaign, *, newest_step: str
) -> Select[int | None, int | None, str, datetime | None, datetime | None]:
    """Contacts with their invitation's time, of organizations that still owe an answer."""
    newest = aliased(Message)
    return (
        sqlalchemy.select(
            col(Contact.id),
            col(Invitation.id),
            col(Contact.zone),
            col(Message.sent_at),
            col(Invitation.ask_again_at),
        )
        .join(Invitation, col(Invitation.organization_id) == col(Contact.organization_id))
        .join(Message, col(Message.contact_id) == col(Contact.id))
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .outerjoin(
            newest,
            (col(newest.contact_id) == col(Contact.id))
            & (col(newest.kind) == MessageKind.REMINDER)
            & (col(newest.step) == newest_step),
        )
        .where(
            col(Contact.campaign_id) == campaign.id,
            col(Contact.role) == "signs",
            col(Invitation.state).in_(UNANSWERED_STATES),
            col(Message.kind) == MessageKind.INVITATION,
            col(Message.state) == MessageState.SENT,
            col(Suppression.id).is_(None),
            col(newest.id).is_(None),
            has_live_link(),
        )
    )


def _reminded_steps(session: Session, campaign: Campaign) -> dict[int, set[str]]:
    """The steps of the present deadline that each contact was reminded of."""
    query = select(Message.contact_id, Message.step).where(
        col(Message.campaign_id) == campaign.id,
        col(Message.kind) == MessageKind.REMINDER,
        col(Message.step).endswith(f"/{campaign.deadline_round}", autoescape=True),
    )
    reminded: dict[int, set[str]] = {}
    for contact_id, step in session.exec(query):
        reminded.setdefault(contact_id, set()).add(step)
    return reminded


def count_troubles(session: Session, campaign_id: int) -> tuple[tuple[str, str, int], ...]:
    """(state, the server's last words, how many) of what has not arrived, most first."""
    query = (
        select(Message.state, Message.last_reply, func.count())
        .where(
            col(Message.campaign_id) == campaign_id,
            col(Message.last_reply) != "",
            col(Message.state).in_(
                (MessageState.QUEUED, MessageState.FAILED, MessageState.UNCERTAIN)
            ),
        )
        .group_by(col(Message.state), col(Message.last_reply))
        .order_by(func.count().desc())
        .limit(20)
    )
    return tuple((state, words, count) for state, words, count in session.exec(query))


def contacts_to_invite(session: Session, campaign_id: int) -> Sequence[tuple[int, int]]:
    """(contact id, invitation id) of who may sign, is asked, and was never sent an invitation."""
    query = (
        select(Contact.id, Invitation.id)
        .join(Invitation, col(Invitation.organization_id) == col(Contact.organization_id))
        .outerjoin(
            Message,
            (col(Message.contact_id) == col(Contact.id))
            & (col(Message.kind) == MessageKind.INVITATION),
        )
        .where(
            col(Contact.campaign_id) == campaign_id,
            col(Contact.role) == "signs",
            col(Invitation.state).in_(UNANSWERED_STATES),
            col(Message.id).is_(None),
        )
        .order_by(col(Contact.id))
    )
    return session.connection().execute(query).all()
