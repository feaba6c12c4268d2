"""One message, whose it is, and what happened to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from outreach.store.tables import Contact, DeliveryEvent, Message, Organization, Suppression


@dataclass(frozen=True)
class ToldEvent:
    """A fact about a message; ``code`` is the server's."""

    event: str
    code: int | None
    words: str
    at: datetime


@dataclass(frozen=True)
class MailFacts:
    """A message without its wording. ``suppressed`` says why the address gets no mail;
    ``replaced_at`` is set where another contact has taken this one's place."""

    id: int
    kind: str
    step: str
    state: str
    message_id: str
    attempts: int
    repeats: int
    created_at: datetime
    due_at: datetime
    data_at: datetime | None
    sent_at: datetime | None
    words: str
    contact: str
    email: str
    role: str
    replaced_at: datetime | None
    organization_id: int
    organization: str
    suppressed: str | None
    dismissed_at: datetime | None


def find_mail(session: Session, campaign_id: int, message_pk: int) -> MailFacts | None:
    query = (
        select(
            col(Message.id),
            col(Message.kind),
            col(Message.step),
            col(Message.state),
            col(Message.message_id),
            col(Message.attempts),
            col(Message.repeats),
            col(Message.created_at),
            col(Message.due_at),
            col(Message.data_at),
            col(Message.sent_at),
            col(Message.last_reply),
            col(Contact.name),
            col(Contact.email),
            col(Contact.role),
            col(Contact.replaced_at),
            col(Organization.id),
            col(Organization.name),
            col(Suppression.reason),
            col(Message.dismissed_at),
        )
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .where(col(Message.campaign_id) == campaign_id, col(Message.id) == message_pk)
    )
    row: Any = session.connection().execute(query).first()
    return None if row is None else MailFacts(*row)


def list_events(session: Session, message_pk: int) -> list[ToldEvent]:
    """In the order in which they came."""
    query = (
        select(
            col(DeliveryEvent.event),
            col(DeliveryEvent.code),
            col(DeliveryEvent.words),
            col(DeliveryEvent.at),
        )
        .where(col(DeliveryEvent.message_pk) == message_pk)
        .order_by(col(DeliveryEvent.at), col(DeliveryEvent.id))
    )
    rows: Iterable[Any] = session.connection().execute(query)
    return [ToldEvent(*row) for row in rows]
