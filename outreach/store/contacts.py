"""One contact: found, changed, or another put in its place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from outreach.domain.message import MessageKind, MessageState
from outreach.store import settling
from outreach.store.bulk import in_parts
from outreach.store.requeue import requeue_cancelled
from outreach.store.tables import Contact, Invitation, Link, Message, Organization, Suppression

_NOT_ARRIVED: Final = (MessageState.CANCELLED, MessageState.FAILED, MessageState.UNCERTAIN)


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


def addresses_in_use(session: Session, campaign_id: int, keys: Sequence[str]) -> set[str]:
    """Those that a contact of the campaign has, or had."""
    query = select(Contact.email_key).where(
        col(Contact.campaign_id) == campaign_id, col(Contact.email_key).in_(keys)
    )
    return set(session.exec(query))


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
    return contact_id in mailed_among(session, [contact_id])


def mailed_among(session: Session, contact_ids: Sequence[int]) -> set[int]:
    """To which of these contacts anything was ever written, sent or not."""
    mailed: set[int] = set()
    for part in in_parts(contact_ids):
        query = select(Message.contact_id).where(col(Message.contact_id).in_(part))
        mailed.update(session.exec(query.distinct()))
    return mailed


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


def queue_invitations_again(
    session: Session, contact_ids: Sequence[int], *, now: datetime
) -> set[int]:
    """The invitations that these addresses once had and did not get go out after all. Returns to
    which. What somebody else has in hand at this moment is left to them, as in cancel_queued()."""
    queued: set[int] = set()
    for part in in_parts(contact_ids):
        query = (
            select(Message)
            .where(
                col(Message.contact_id).in_(part),
                col(Message.kind) == MessageKind.INVITATION,
                col(Message.state).in_(_NOT_ARRIVED),
            )
            .with_for_update(skip_locked=True)
        )
        for message in session.exec(query, execution_options={"populate_existing": True}):
            if message.state == MessageState.CANCELLED:
                requeue_cancelled(session, message, now=now)
            else:
                settling.settle_again(session, message, now=now)
            queued.add(message.contact_id)
    return queued
