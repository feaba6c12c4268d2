"""Organizations and contacts: who is asked within one campaign, and who is reached."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from outreach.store.bulk import insert_rows
from outreach.store.tables import Contact, Invitation, Organization, Signature


@dataclass(frozen=True)
class NewOrganization:
    name: str
    name_key: str
    sort_name: str = ""
    country: str = ""
    notes: str = ""


@dataclass(frozen=True)
class NewContact:
    organization_id: int
    name: str
    email: str
    email_key: str
    language: str
    zone: str
    role: str = "signs"
    discreet: bool = False


_NEW_ORGANIZATION = tuple(one.name for one in fields(NewOrganization))
_NEW_CONTACT = tuple(one.name for one in fields(NewContact))


def find_organization(session: Session, *, campaign_id: int, name_key: str) -> Organization | None:
    return session.exec(
        select(Organization).where(
            col(Organization.campaign_id) == campaign_id, col(Organization.name_key) == name_key
        )
    ).first()


def list_organizations(session: Session, *, campaign_id: int) -> Sequence[Organization]:
    """In the order in which they came."""
    return session.exec(
        select(Organization)
        .where(col(Organization.campaign_id) == campaign_id)
        .order_by(col(Organization.id))
    ).all()


def list_contacts(session: Session, *, campaign_id: int) -> Sequence[Contact]:
    """In the order in which they came."""
    return session.exec(
        select(Contact).where(col(Contact.campaign_id) == campaign_id).order_by(col(Contact.id))
    ).all()


def list_organization_contacts(session: Session, *, organization_id: int) -> Sequence[Contact]:
    """In the order in which they came."""
    return session.exec(
        select(Contact)
        .where(col(Contact.organization_id) == organization_id)
        .order_by(col(Contact.id))
    ).all()


def add_organizations(
    session: Session, new: Iterable[NewOrganization], *, campaign_id: int, now: datetime
) -> dict[str, int]:
    """The new ids by name key. Raises IntegrityError where the campaign has a name key already."""
    known = select(func.max(Organization.id)).where(col(Organization.campaign_id) == campaign_id)
    newest = session.exec(known).one() or 0
    insert_rows(
        session,
        Organization,
        columns=_NEW_ORGANIZATION,
        rows=map(attrgetter(*_NEW_ORGANIZATION), new),
        same={"campaign_id": campaign_id, "created_at": now},
    )
    added = select(Organization.name_key, Organization.id).where(
        col(Organization.campaign_id) == campaign_id, col(Organization.id) > newest
    )
    return dict(iter(session.connection().execute(added)))


def add_contacts(
    session: Session, new: Iterable[NewContact], *, campaign_id: int, now: datetime
) -> None:
    """Raises IntegrityError where the campaign has an address already."""
    insert_rows(
        session,
        Contact,
        columns=_NEW_CONTACT,
        rows=map(attrgetter(*_NEW_CONTACT), new),
        same={"campaign_id": campaign_id, "created_at": now},
    )


def change_organizations(
    session: Session, changes: Mapping[int, Mapping[str, str]], *, campaign_id: int
) -> None:
    """Sets fields by organization id; a sort name reaches the standing signature as well."""
    for organization in list_organizations(session, campaign_id=campaign_id) if changes else ():
        for name, value in changes.get(organization.id or 0, {}).items():
            if name == "sort_name":
                set_sort_name(session, organization, sort_name=value)
            else:
                setattr(organization, name, value)
    session.flush()


def change_contacts(
    session: Session, changes: Mapping[int, Mapping[str, object]], *, campaign_id: int
) -> None:
    """Sets fields by contact id."""
    for contact in list_contacts(session, campaign_id=campaign_id) if changes else ():
        for name, value in changes.get(contact.id or 0, {}).items():
            setattr(contact, name, value)
    session.flush()


def set_sort_name(session: Session, organization: Organization, *, sort_name: str) -> None:
    """Where the organization is listed: on its row, and on its standing signature if it has one."""
    organization.sort_name = sort_name
    session.add(organization)
    invitations = select(Invitation.id).where(col(Invitation.organization_id) == organization.id)
    session.execute(
        update(Signature)
        .where(col(Signature.invitation_id).in_(invitations), col(Signature.withdrawn_at).is_(None))
        .values(sort_name=sort_name)
    )
    session.flush()


def count_organizations(session: Session, campaign_id: int) -> int:
    query = select(func.count()).where(col(Organization.campaign_id) == campaign_id)
    return session.exec(query).one()


def count_partners(session: Session, campaign_id: int) -> tuple[int, int]:
    """(organizations, contacts) of a campaign."""
    organizations = select(func.count()).where(col(Organization.campaign_id) == campaign_id)
    contacts = select(func.count()).where(col(Contact.campaign_id) == campaign_id)
    return session.exec(organizations).one(), session.exec(contacts).one()
