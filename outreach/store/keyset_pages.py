"""Lists a page at a time, each after the last number of the page before: no row is skipped or
told twice because others came in between, and the thousandth page costs what the first does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from outreach.domain.message import MessageState
from outreach.store.tables import Campaign, Contact, Invitation, Message, Organization, Signature


@dataclass(frozen=True)
class OrganizationRow:
    """An organization, its invitation, and the yes that stands. ``state`` empty: not invited."""

    id: int
    name: str
    sort_name: str
    country: str
    state: str
    answered_at: datetime | None
    decides_on: date | None
    credit_line: str
    signer_name: str
    capacity: str
    privacy: str
    signed_at: datetime | None


@dataclass(frozen=True)
class MessageRow:
    id: int
    organization_id: int
    kind: str
    state: str
    attempts: int
    repeats: int
    due_at: datetime
    sent_at: datetime | None
    words: str
    contact: str
    email: str
    dismissed_at: datetime | None

    @property
    def is_put_off(self) -> bool:
        """Whether a server has refused it for now."""
        return self.state == MessageState.QUEUED and bool(self.words)


def campaign_page(session: Session, *, after: int, many: int) -> Sequence[Campaign]:
    query = select(Campaign).where(col(Campaign.id) > after).order_by(col(Campaign.id)).limit(many)
    return session.execute(query).scalars().all()


def organization_page(
    session: Session, campaign_id: int, *, state: str | None, after: int, many: int
) -> list[OrganizationRow]:
    """Those whose invitation is in that ``state``, empty for those without one; None for all."""
    query = _organizations(after=after).where(col(Organization.campaign_id) == campaign_id)
    if state is not None:
        query = query.where(func.coalesce(col(Invitation.state), "") == state)
    rows = session.connection().execute(query.order_by(col(Organization.id)).limit(many))
    return [OrganizationRow(*row) for row in rows]


def find_row(session: Session, campaign_id: int, *, organization_id: int) -> OrganizationRow | None:
    query = _organizations(after=0).where(
        col(Organization.campaign_id) == campaign_id, col(Organization.id) == organization_id
    )
    row = session.connection().execute(query).first()
    return OrganizationRow(*row) if row else None


def contacts_of(session: Session, organization_ids: Sequence[int]) -> dict[int, list[Contact]]:
    """By organization, in the order in which they came; who was replaced is left out."""
    query = (
        select(Contact)
        .where(
            col(Contact.organization_id).in_(organization_ids), col(Contact.replaced_at).is_(None)
        )
        .order_by(col(Contact.id))
    )
    found: dict[int, list[Contact]] = {}
    for contact in session.execute(query).scalars():
        found.setdefault(contact.organization_id, []).append(contact)
    return found


def message_page(
    session: Session,
    campaign_id: int,
    *,
    state: str | None,
    kind: str | None,
    organization_id: int | None,
    after: int,
    many: int,
) -> list[MessageRow]:
    """``state`` may be ``put_off``: waiting, with a server's words on it."""
    query = _messages().where(col(Message.campaign_id) == campaign_id, col(Message.id) > after)
    if state == "put_off":
        query = query.where(
            col(Message.state) == MessageState.QUEUED, col(Message.last_reply) != ""
        )
    elif state is not None:
        query = query.where(col(Message.state) == state)
    if kind is not None:
        query = query.where(col(Message.kind) == kind)
    if organization_id is not None:
        query = query.where(col(Contact.organization_id) == organization_id)
    rows = session.connection().execute(query.order_by(col(Message.id)).limit(many))
    return [MessageRow(*row) for row in rows]


def find_message(session: Session, campaign_id: int, *, message_id: int) -> MessageRow | None:
    query = _messages().where(
        col(Message.campaign_id) == campaign_id, col(Message.id) == message_id
    )
    row = session.connection().execute(query).first()
    return MessageRow(*row) if row else None


def _organizations(*, after: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            col(Organization.id),
            col(Organization.name),
            col(Organization.sort_name),
            col(Organization.country),
            func.coalesce(col(Invitation.state), ""),
            col(Invitation.answered_at),
            col(Invitation.decides_on),
            func.coalesce(col(Signature.credit_line), ""),
            func.coalesce(col(Signature.signer_name), ""),
            func.coalesce(col(Signature.capacity), ""),
            func.coalesce(col(Signature.privacy), ""),
            col(Signature.signed_at),
        )
        .outerjoin(Invitation, col(Invitation.organization_id) == col(Organization.id))
        .outerjoin(
            Signature,
            (col(Signature.invitation_id) == col(Invitation.id))
            & col(Signature.withdrawn_at).is_(None),
        )
        .where(col(Organization.id) > after)
    )


def _messages() -> Select[*tuple[Any, ...]]:
    return select(
        col(Message.id),
        col(Contact.organization_id),
        col(Message.kind),
        col(Message.state),
        col(Message.attempts),
        col(Message.repeats),
        col(Message.due_at),
        col(Message.sent_at),
        col(Message.last_reply),
        col(Contact.name),
        col(Contact.email),
        col(Message.dismissed_at),
    ).join(Contact, col(Contact.id) == col(Message.contact_id))
