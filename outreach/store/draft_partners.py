"""A campaign's partners page by page, and changed one by one before anybody is invited."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from outreach.store.desk_lists import is_found
from outreach.store.name_search import NOTHING_SOUGHT, Search
from outreach.store.tables import Contact, Invitation, Organization

PAGE_SIZE = 50


@dataclass(frozen=True)
class PartnerPage:
    """Organizations in the order in which they came, each with its contacts in use."""

    organizations: Sequence[tuple[Organization, Sequence[Contact]]]
    total: int
    page: int
    pages: int


def partner_page(
    session: Session, campaign_id: int, *, search: Search = NOTHING_SOUGHT, page: int = 1
) -> PartnerPage:
    """Past the last page is the last page. ``search`` looks into names and addresses."""
    where = col(Organization.campaign_id) == campaign_id
    if search.text:
        where &= is_found(session, campaign_id, search)
    total = session.exec(select(func.count()).select_from(Organization).where(where)).one()
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    found = session.exec(
        select(Organization)
        .where(where)
        .order_by(col(Organization.id))
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    ).all()
    contacts: dict[int, list[Contact]] = {}
    for contact in session.exec(
        select(Contact)
        .where(
            col(Contact.organization_id).in_([one.id for one in found]),
            col(Contact.replaced_at).is_(None),
        )
        .order_by(col(Contact.id))
    ):
        contacts.setdefault(contact.organization_id, []).append(contact)
    listed = [(one, contacts.get(one.id or 0, [])) for one in found]
    return PartnerPage(listed, total, page, pages)


def find_contact(
    session: Session, campaign_id: int, contact_id: int
) -> tuple[Organization, Contact] | None:
    query = (
        select(Organization, Contact)
        .join(Contact, col(Contact.organization_id) == col(Organization.id))
        .where(col(Contact.campaign_id) == campaign_id, col(Contact.id) == contact_id)
    )
    return session.exec(query).first()


def find_contact_by_key(session: Session, campaign_id: int, email_key: str) -> Contact | None:
    query = select(Contact).where(
        col(Contact.campaign_id) == campaign_id, col(Contact.email_key) == email_key
    )
    return session.exec(query).first()


def is_invited(session: Session, organization_id: int) -> bool:
    query = select(Invitation.id).where(col(Invitation.organization_id) == organization_id)
    return session.exec(query).first() is not None


def remove_contact(session: Session, contact: Contact) -> bool:
    """The organization too, where it was its last. Returns whether it was.

    Only of an organization that was never invited: nothing points to either.
    """
    session.execute(delete(Contact).where(col(Contact.id) == contact.id))
    query = select(Contact.id).where(col(Contact.organization_id) == contact.organization_id)
    if session.exec(query).first() is not None:
        return False
    session.execute(delete(Organization).where(col(Organization.id) == contact.organization_id))
    return True


def signing_contacts(session: Session, organization_id: int) -> int:
    query = select(func.count()).where(
        col(Contact.organization_id) == organization_id, col(Contact.role) == "signs"
    )
    return session.exec(query).one()
