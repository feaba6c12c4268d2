"""One contact: found, changed, or another put in its place."""

from datetime import datetime

from sqlalchemy import func, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from outreach.domain.message import MessageKind, MessageState
from outreach.store import settling
from outreach.store.requeue import requeue_cancelled
from outreach.store.tables import Contact, Invitation, Link, Message, Organization, Suppression


def find_contact(
    session: Session, contact_id: int, *, campaign_id: int, organization_id: int
) -> Contact | None:
    """The organization's contact, held until the transaction ends; None for one replaced."""
    query = _in_use(contact_id, campaign_id, organization_id).with_for_update()
    return session.exec(query, execution_options={"populate_existing": True}).first()


def look_at(
    session: Session, contact_id: int, *, campaign_id: int, organization_id: int
) -> Contact | None:
    """The same, only looked at."""
    return session.exec(_in_use(contact_id, campaign_id, organization_id)).first()


def _in_use(contact_id: int, campaign_id: int, organization_id: int) -> SelectOfScalar[Contact]:
    return select(Contact).where(
        col(Contact.id) == contact_id,
        col(Contact.campaign_id) == campaign_id,
        col(Contact.organization_id) == organization_id,
        col(Contact.replaced_at).is_(None),
    )


def find_by_address(
    session: Session, email_key: str, *, campaign_id: int
) -> tuple[Contact, str] | None:
    """Who has this address in the campaign, and the organization's name."""
    query = (
        select(Contact, Organization.name)
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .where(col(Contact.campaign_id) == campaign_id, col(Contact.email_key) == email_key)
    )
    return session.exec(query).first()


def find_organization(
    session: Session, organization_id: int, *, campaign_id: int
) -> Organization | None:
    query = select(Organization).where(
        col(Organization.id) == organization_id, col(Organization.campaign_id) == campaign_id
    )
    return session.exec(query).first()


def why_suppressed(session: Session, email_key: str) -> str:
    """Why the address gets no mail; empty where it may."""
    query = select(Suppression.reason).where(col(Suppression.email_key) == email_key)
    return session.exec(query).first() or ""


def invitation_of(session: Session, organization_id: int) -> Invitation | None:
    query = select(Invitation).where(col(Invitation.organization_id) == organization_id)
    return session.exec(query.with_for_update()).first()


def was_mailed(session: Session, contact_id: int) -> bool:
    """Whether anything was ever written to this contact, sent or not."""
    query = select(Message.id).where(col(Message.contact_id) == contact_id)
    return session.exec(query.limit(1)).first() is not None


def count_passed(session: Session, organization_id: int) -> int:
    """How many of the organization's contacts were named by a colleague."""
    query = select(func.count()).where(
        col(Contact.organization_id) == organization_id, col(Contact.passed_by).is_not(None)
    )
    return session.exec(query).one()


def never_mailed(session: Session, invitation_id: int) -> list[int]:
    """The ids of those who may sign, whose link is alive, and to whom nothing was ever written."""
    query = (
        select(Link.contact_id)
        .join(Contact, col(Contact.id) == col(Link.contact_id))
        .outerjoin(Message, col(Message.contact_id) == col(Link.contact_id))
        .where(
            col(Link.invitation_id) == invitation_id,
            col(Link.revoked_at).is_(None),
            col(Contact.role) == "signs",
            col(Message.id).is_(None),
        )
        .order_by(col(Link.contact_id))
    )
    return list(session.exec(query))


def save(session: Session, contact: Contact) -> Contact:
    session.add(contact)
    session.flush()
    return contact


def retire(session: Session, contact: Contact, *, now: datetime) -> None:
    """Nothing more goes to this contact, and nothing is asked of it. What was sent stays."""
    contact.replaced_at, contact.role = now, "copied"
    session.add(contact)
    session.flush()


def revoke_links(session: Session, contact_id: int, *, now: datetime) -> bool:
    """Whether there was one."""
    statement = (
        update(Link)
        .where(col(Link.contact_id) == contact_id, col(Link.revoked_at).is_(None))
        .values(revoked_at=now)
    )
    return session.connection().execute(statement).rowcount > 0


def queue_invitation_again(session: Session, contact_id: int, *, now: datetime) -> bool:
    """The invitation that an address once had and did not get goes out after all. False where it
    was sent, or is being sent with the link that it was written with, or was never written."""
    query = select(Message).where(
        col(Message.contact_id) == contact_id, col(Message.kind) == MessageKind.INVITATION
    )
    message = session.exec(query.with_for_update()).first()
    if message is None:
        return False
    if message.state == MessageState.CANCELLED:
        requeue_cancelled(session, message, now=now)
    elif message.state in (MessageState.FAILED, MessageState.UNCERTAIN):
        settling.settle_again(session, message, now=now)
    else:
        return message.state == MessageState.QUEUED
    return True
