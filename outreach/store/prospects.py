"""Messages as a person decides of them: where each stands, and what its sender would find."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select, update
from sqlmodel import Session, col

from outreach.domain.campaign import CampaignState
from outreach.domain.delivery import LastLook
from outreach.domain.invitation import InvitationState
from outreach.domain.message import (
    MESSAGE_MOVES,
    RECEIPT_KINDS,
    MessageEvent,
    MessageKind,
    MessageState,
    answer_of,
)
from outreach.domain.moves import next_state
from outreach.domain.settlement import Decision, Standing
from outreach.store.bulk import in_parts, insert_rows
from outreach.store.columns import UtcDateTime
from outreach.store.tables import (
    Answer,
    Campaign,
    Contact,
    DeliveryEvent,
    Invitation,
    Link,
    Message,
    Suppression,
)


@dataclass(frozen=True)
class Prospect:
    """One message, whose it is, and how it stands."""

    id: int
    contact_id: int
    organization_id: int
    standing: Standing


def load_prospects(
    session: Session, campaign_id: int, message_pks: Sequence[int], *, held: bool = False
) -> list[Prospect]:
    """Those of them that are the campaign's, in the order of their keys.

    ``held``: nobody else moves them until the transaction ends.
    """
    found: list[Prospect] = []
    for part in in_parts(message_pks):
        query = _query(campaign_id, part)
        if held:
            query = query.with_for_update(of=Message)
        rows = session.connection().execute(query).all()
        outdated = _answered_later(session, rows)
        found += [_prospect(row, answered_later=row.id in outdated) for row in rows]
    return found


def _query(campaign_id: int, message_pks: Sequence[int]) -> Any:
    return (
        select(
            col(Message.id),
            col(Message.contact_id),
            col(Message.invitation_id),
            col(Message.kind),
            col(Message.step),
            col(Message.state),
            col(Message.due_at),
            col(Message.dismissed_at),
            col(Contact.organization_id),
            col(Contact.role),
            col(Campaign.state).label("campaign_state"),
            col(Campaign.deadline),
            col(Campaign.deadline_round),
            col(Campaign.reminder_steps),
            col(Invitation.state).label("invitation_state"),
            col(Invitation.open_until),
            col(Suppression.reason).label("suppressed"),
            col(Link.id).label("link_id"),
        )
        .join(Campaign, col(Campaign.id) == col(Message.campaign_id))
        .join(Invitation, col(Invitation.id) == col(Message.invitation_id))
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .outerjoin(Link, (col(Link.contact_id) == col(Contact.id)) & col(Link.revoked_at).is_(None))
        .where(col(Message.campaign_id) == campaign_id, col(Message.id).in_(message_pks))
        .order_by(col(Message.id))
    )


def _answered_later(session: Session, rows: Iterable[Any]) -> set[int]:
    """The receipts whose answer was followed by another of the organization's."""
    receipts = [
        (row.id, row.invitation_id, answer)
        for row in rows
        if row.kind in RECEIPT_KINDS and (answer := answer_of(row.step)) is not None
    ]
    if not receipts:
        return set()
    query = (
        select(col(Answer.invitation_id), func.max(col(Answer.id)))
        .where(col(Answer.invitation_id).in_({invitation for _, invitation, _ in receipts}))
        .group_by(col(Answer.invitation_id))
    )
    found: Iterable[Any] = session.connection().execute(query)
    newest = {row[0]: row[1] for row in found}
    return {pk for pk, invitation, answer in receipts if newest.get(invitation, 0) > answer}


def _prospect(row: Any, *, answered_later: bool) -> Prospect:
    look = LastLook(
        kind=MessageKind(row.kind),
        step=row.step,
        campaign_state=CampaignState(row.campaign_state),
        deadline=row.deadline,
        deadline_round=row.deadline_round,
        reminder_steps=row.reminder_steps,
        invitation_state=InvitationState(row.invitation_state),
        role=row.role,
        suppressed=row.suppressed or "",
        answered_later=answered_later,
        open_until=row.open_until,
    )
    standing = Standing(
        MessageState(row.state),
        row.due_at,
        has_link=row.link_id is not None,
        look=look,
        is_dismissed=row.dismissed_at is not None,
    )
    return Prospect(row.id, row.contact_id, row.organization_id, standing)


def decide(
    session: Session, prospects: Sequence[Prospect], decision: Decision, *, by: str, now: datetime
) -> None:
    """Moves messages that the caller holds; their stories say who decided. Raises MoveRefused."""
    for state in MessageState:
        pks = [one.id for one in prospects if one.standing.state is state]
        for part in in_parts(pks):
            _decide(session, part, state, decision, by=by, now=now)


def _decide(
    session: Session,
    pks: Sequence[int],
    state: MessageState,
    decision: Decision,
    *,
    by: str,
    now: datetime,
) -> None:
    event = _event(state, decision)
    then = next_state(MESSAGE_MOVES, state, event)
    values: dict[str, object]
    if decision is Decision.ARRIVED:
        values = {"sent_at": func.coalesce(col(Message.data_at), literal(now, UtcDateTime))}
    elif decision is Decision.NOW:
        values = {"due_at": now}
    elif decision is Decision.DISMISSED:
        values = {"dismissed_at": now}
    else:
        values = {"due_at": now, "attempts": 0, "lapses": 0, "last_reply": "", "dismissed_at": None}
    if event is MessageEvent.REPEAT:
        values["repeats"] = col(Message.repeats) + 1
    moved = update(Message).where(col(Message.id).in_(pks)).values(state=then, **values)
    session.connection().execute(moved)
    insert_rows(
        session,
        DeliveryEvent,
        columns=("message_pk",),
        rows=[(pk,) for pk in pks],
        same={"event": event, "words": f"by {by}", "at": now},
    )


def _event(state: MessageState, decision: Decision) -> MessageEvent:
    if decision is Decision.ARRIVED:
        return MessageEvent.ARRIVED
    if decision is Decision.NOW:
        return MessageEvent.HURRY
    if decision is Decision.DISMISSED:
        return MessageEvent.DISMISS
    return MessageEvent.REPEAT if state is MessageState.UNCERTAIN else MessageEvent.REQUEUE
