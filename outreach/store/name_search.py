"""Looking for organizations and their contacts by a part of a name or of an address."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import Session, col

from outreach.store.folding import holds
from outreach.store.tables import Contact, Organization


@dataclass(frozen=True)
class Search:
    """One search: as typed, and as the keys of names and of addresses would have it."""

    text: str = ""
    name_key: str = ""
    email_key: str = ""


NOTHING_SOUGHT: Final = Search()


def in_contact(session: Session, search: Search) -> ColumnElement[bool]:
    address = col(Contact.email_key).contains(search.email_key, autoescape=True)
    return address | holds(session, col(Contact.name), search.text)


def in_organization(session: Session, search: Search) -> ColumnElement[bool]:
    """What has no letter and no digit is looked for as it is written."""
    if not search.name_key:
        return holds(session, col(Organization.name), search.text)
    return col(Organization.name_key).contains(search.name_key, autoescape=True)
