"""What a morning's digest tells of one campaign; each look is one query."""

from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import func, select
from sqlmodel import Session, col

from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageEvent, MessageState
from outreach.store.chases import OWING_STATES
from outreach.store.desk_tables import Chase, Coordinator
from outreach.store.review_tables import Review
from outreach.store.tables import (
    Answer,
    Campaign,
    DeliveryEvent,
    Invitation,
    Message,
    Organization,
)

# An answer is news while it stands.
_STANDING = MappingProxyType(
    {
        "sign": InvitationState.SIGNED,
        "decline": InvitationState.DECLINED,
        "withdraw": InvitationState.WITHDRAWN,
    }
)


@dataclass(frozen=True)
class DueStep:
    """What somebody meant to do by then. ``owner`` is empty where it is nobody's."""

    organization_id: int
    organization: str
    next_step: str
    next_on: date
    owner_id: int | None
    owner: str


def answers_between(
    session: Session, campaign_id: int, *, since: datetime, until: datetime
) -> dict[str, list[str]]:
    """Names by kind of answer, the first to answer first; each organization under its last."""
    query = (
        select(col(Answer.kind), col(Invitation.state), col(Organization.name))
        .join(Invitation, col(Invitation.id) == col(Answer.invitation_id))
        .join(Organization, col(Organization.id) == col(Invitation.organization_id))
        .where(
            col(Invitation.campaign_id) == campaign_id,
            col(Answer.kind).in_(tuple(_STANDING)),
            col(Answer.at) > since,
            col(Answer.at) <= until,
        )
        .order_by(col(Answer.id))
    )
    found: dict[str, dict[str, None]] = {kind: {} for kind in _STANDING}
    for kind, state, name in session.connection().execute(query):
        if state == _STANDING[kind]:
            found[kind][name] = None
    return {kind: list(names) for kind, names in found.items()}


def due_steps(session: Session, campaign_id: int, *, today: date) -> list[DueStep]:
    """For organizations that still owe an answer; the longest overdue first."""
    query = (
        select(
            col(Organization.id),
            col(Organization.name),
            col(Chase.next_step),
            col(Chase.next_on),
            col(Chase.owner_id),
            func.coalesce(func.nullif(col(Coordinator.name), ""), col(Coordinator.email), ""),
        )
        .join(Chase, col(Chase.organization_id) == col(Organization.id))
        .join(Invitation, col(Invitation.organization_id) == col(Organization.id))
        .outerjoin(Coordinator, col(Coordinator.id) == col(Chase.owner_id))
        .where(
            col(Chase.campaign_id) == campaign_id,
            col(Chase.next_on) <= today,
            col(Invitation.state).in_(OWING_STATES),
        )
        .order_by(col(Chase.next_on), col(Organization.name_key))
    )
    return [DueStep(*row) for row in session.connection().execute(query)]


def count_troubles(
    session: Session, campaign_id: int, *, since: datetime, until: datetime
) -> tuple[int, int]:
    """(how many mails failed then, still are, and were not set aside; how many are uncertain until
    a person decides)."""
    happened = select(col(DeliveryEvent.id)).where(
        col(DeliveryEvent.message_pk) == col(Message.id),
        col(DeliveryEvent.event) == MessageEvent.REJECTED,
        col(DeliveryEvent.at) > since,
        col(DeliveryEvent.at) <= until,
    )
    has_failed = (col(Message.state) == MessageState.FAILED) & happened.exists()
    is_uncertain = (col(Message.state) == MessageState.UNCERTAIN) & (col(Message.repeats) > 0)
    query = select(func.count().filter(has_failed), func.count().filter(is_uncertain)).where(
        col(Message.campaign_id) == campaign_id,
        col(Message.state).in_((MessageState.FAILED, MessageState.UNCERTAIN)),
        col(Message.dismissed_at).is_(None),
    )
    failed, uncertain = session.connection().execute(query).one()
    return failed, uncertain


@dataclass(frozen=True)
class AnswerTold:
    """An answer, and whose it is."""

    organization: str
    reason: str
    at: datetime


def find_answer(session: Session, answer_id: int) -> AnswerTold | None:
    query = (
        select(col(Organization.name), col(Answer.reason), col(Answer.at))
        .join(Invitation, col(Invitation.id) == col(Answer.invitation_id))
        .join(Organization, col(Organization.id) == col(Invitation.organization_id))
        .where(col(Answer.id) == answer_id)
    )
    row = session.connection().execute(query).first()
    return None if row is None else AnswerTold(*row)


def find_review(session: Session, review_id: int) -> AnswerTold | None:
    query = (
        select(col(Organization.name), col(Review.reason), col(Review.given_at))
        .join(Organization, col(Organization.id) == col(Review.organization_id))
        .where(col(Review.id) == review_id)
    )
    row = session.connection().execute(query).first()
    return None if row is None else AnswerTold(*row)


def find_campaign(session: Session, campaign_id: int) -> Campaign:
    return session.get_one(Campaign, campaign_id)
