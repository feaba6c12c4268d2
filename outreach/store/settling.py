"""Messages that wait for a person: in doubt, or failed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from outreach.domain.message import MESSAGE_MOVES, MessageEvent, MessageState
from outreach.domain.moves import next_state
from outreach.store.messages import record_event
from outreach.store.tables import Contact, Message, Organization


@dataclass(frozen=True)
class Unsettled:
    """One message with whom it was for and what the server said last."""

    id: int
    kind: str
    state: str
    organization: str
    address: str
    since: datetime
    repeats: int
    words: str


def list_unsettled(session: Session, campaign_id: int, *, state: MessageState) -> list[Unsettled]:
    """Those in this state that nobody has set aside."""
    query = (
        select(
            col(Message.id),
            col(Message.kind),
            col(Message.state),
            col(Organization.name),
            col(Contact.email),
            col(Message.data_at),
            col(Message.due_at),
            col(Message.repeats),
            col(Message.last_reply),
        )
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .where(
            col(Message.campaign_id) == campaign_id,
            col(Message.state) == state,
            col(Message.dismissed_at).is_(None),
        )
        .order_by(col(Message.id))
    )
    rows: Iterable[Any] = session.connection().execute(query)
    return [
        Unsettled(
            id=row[0],
            kind=row[1],
            state=row[2],
            organization=row[3],
            address=row[4],
            since=row[5] or row[6],
            repeats=row[7],
            words=row[8],
        )
        for row in rows
    ]


def lock_message(session: Session, message_pk: int) -> Message | None:
    """The message as it is now, held until the transaction ends."""
    return session.get(Message, message_pk, with_for_update=True, populate_existing=True)


def settle_arrived(session: Session, message: Message, *, words: str, now: datetime) -> None:
    """A person knows that it arrived. Raises MoveRefused unless it is uncertain."""
    _move(session, message, MessageEvent.ARRIVED, words=words, now=now)
    message.sent_at = message.data_at or now
    session.flush()


def settle_again(session: Session, message: Message, *, words: str = "", now: datetime) -> None:
    """Queues it once more, with the same Message-ID. Raises MoveRefused unless it waits for a
    person."""
    doubtful = message.state == MessageState.UNCERTAIN
    event = MessageEvent.REPEAT if doubtful else MessageEvent.REQUEUE
    _move(session, message, event, words=words, now=now)
    message.repeats += doubtful
    message.attempts = message.lapses = 0
    message.due_at = now
    message.last_reply = ""
    message.dismissed_at = None
    session.flush()


def set_aside(session: Session, message: Message, *, words: str, now: datetime) -> None:
    """A person has seen it. Raises MoveRefused unless it failed or came back."""
    _move(session, message, MessageEvent.DISMISS, words=words, now=now)
    message.dismissed_at = now
    session.flush()


def _move(
    session: Session, message: Message, event: MessageEvent, *, words: str, now: datetime
) -> None:
    assert message.id is not None
    message.state = next_state(MESSAGE_MOVES, MessageState(message.state), event)
    session.add(message)
    record_event(session, message.id, event, words=words, now=now)
