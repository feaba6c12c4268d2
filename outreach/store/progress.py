"""How far a campaign's mail is, cheap enough to be asked every second."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from outreach.domain.message import MessageEvent, MessageState
from outreach.store.tables import DeliveryEvent, Message

# As far back as a look at the newest events goes; at most so many count as recent.
_NEWEST = 5_000


@dataclass(frozen=True)
class PutOff:
    """What waits for a moment that is not soon, and the first such moment."""

    count: int = 0
    next_attempt: datetime | None = None


def count_by_state(session: Session, campaign_id: int) -> dict[MessageState, int]:
    """Of all the campaign's messages. From the index alone: no row is read."""
    query = (
        select(col(Message.state), func.count())
        .where(col(Message.campaign_id) == campaign_id)
        .group_by(col(Message.state))
    )
    return {MessageState(row[0]): row[1] for row in session.connection().execute(query)}


def count_dismissed(session: Session, campaign_id: int) -> int:
    """Of what failed, that of which somebody has said that there is nothing to do."""
    query = select(func.count()).where(
        col(Message.campaign_id) == campaign_id,
        col(Message.state) == MessageState.FAILED,
        col(Message.dismissed_at).is_not(None),
    )
    return int(session.connection().execute(query).scalar_one())


def count_put_off(session: Session, campaign_id: int, *, after: datetime) -> PutOff:
    """Of what is queued, that which is due only ``after``."""
    query = select(func.count(), func.min(col(Message.due_at))).where(
        col(Message.campaign_id) == campaign_id,
        col(Message.state) == MessageState.QUEUED,
        col(Message.due_at) > after,
    )
    return PutOff(*session.connection().execute(query).one())


def count_recently_sent(session: Session, campaign_id: int, *, since: datetime) -> int:
    """How many were accepted since then, among the newest events: no row of the bulk is read."""
    newest = select(func.max(col(DeliveryEvent.id)) - _NEWEST).scalar_subquery()
    query = (
        select(func.count())
        .select_from(DeliveryEvent)
        .join(Message, col(Message.id) == col(DeliveryEvent.message_pk))
        .where(
            col(DeliveryEvent.id) > newest,
            col(DeliveryEvent.at) > since,
            col(DeliveryEvent.event) == MessageEvent.ACCEPTED,
            col(Message.campaign_id) == campaign_id,
        )
    )
    return int(session.connection().execute(query).scalar_one())
