"""How much is kept of the contacts who have one address: counted, however much it is."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import Session, col, select

from outreach.store.desk_tables import PageView
from outreach.store.review_tables import Review
from outreach.store.tables import (
    Answer,
    Campaign,
    Contact,
    Link,
    Message,
    Organization,
    Signature,
)

_KEPT: Final[tuple[tuple[str, Any], ...]] = (
    ("mail", Message),
    ("answer", Answer),
    ("signature", Signature),
    ("contradicting answer", Review),
    ("page view", PageView),
    ("personal link", Link),
)


@dataclass(frozen=True)
class Holding:
    """One contact. ``kept`` is how many rows there are of each kind of thing, none left out."""

    campaign: str
    slug: str
    organization: str
    organization_id: int
    role: str
    kept: dict[str, int]


def find_holdings(session: Session, email_key: str) -> list[Holding]:
    """In every campaign, the oldest first."""
    query = (
        select(Contact, Campaign, Organization)
        .join(Campaign, col(Campaign.id) == col(Contact.campaign_id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .where(col(Contact.email_key) == email_key)
        .order_by(col(Contact.id))
    )
    rows = session.exec(query).all()
    many = _count_kept(session, [contact.id or 0 for contact, _, _ in rows])
    return [
        Holding(
            campaign=campaign.title,
            slug=campaign.slug,
            organization=organization.name,
            organization_id=contact.organization_id,
            role=contact.role,
            kept={thing: counts.get(contact.id or 0, 0) for thing, counts in many.items()},
        )
        for contact, campaign, organization in rows
    ]


def _count_kept(session: Session, contact_ids: Collection[int]) -> dict[str, dict[int, int]]:
    """By kind of thing, then by contact."""
    return {thing: _count(session, table, contact_ids) for thing, table in _KEPT}


def _count(session: Session, table: Any, contact_ids: Collection[int]) -> dict[int, int]:
    query = (
        select(table.contact_id, func.count())
        .where(col(table.contact_id).in_(contact_ids))
        .group_by(table.contact_id)
    )
    return dict(session.exec(query).all())
