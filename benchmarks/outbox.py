"""Campaigns to measure with: as they stand when a coordinator has launched them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, select

from outreach.clock import utc_now
from outreach.services.create_campaign import create_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.services.steer_campaign import pause_campaign, resume_campaign
from outreach.store.database import Database
from outreach.store.partners import NewContact, NewOrganization, add_contacts, add_organizations
from outreach.store.tables import Campaign, Link

MAIL_FROM = "Coalition <sign@example.org>"
MAIL_DOMAIN = "example.org"
SLUG, WARM_SLUG = "bench", "warm"
WARM_MAILS = 20

STATEMENT = """---
title: Joint statement on the visit
addressee: Secretary of State Jane Doe
occasion: visit to Examplia
occasion_date: 2099-12-24
reply_to: coordinator@coalition.example
asks:
  - Call for the release of all political prisoners
  - Meet with the families of those who are held
---
Human rights *must not* be set aside for the sake of a visit.
"""


@dataclass(frozen=True)
class Person:
    """Whom mail number ``number`` is for: each in an organization and a domain of their own."""

    number: int

    @property
    def name(self) -> str:
        return f"Ada Example {self.number:06}"

    @property
    def organization(self) -> str:
        return f"Organization {self.number:06}"

    @property
    def address(self) -> str:
        return f"ada@o{self.number:06}.example"


def draft(session: Session, *, slug: str, people: Sequence[Person]) -> Campaign:
    """A campaign with one contact for each organization, not launched."""
    now = utc_now()
    campaign = create_campaign(
        session,
        source=STATEMENT,
        slug=slug,
        deadline=now + timedelta(days=30),
        zone="Europe/Berlin",
        remind="7d",
        default_reply_to="coordinator@coalition.example",
        now=now,
    )
    assert campaign.id is not None
    organizations = [
        NewOrganization(name=one.organization, name_key=one.organization) for one in people
    ]
    ids = add_organizations(session, organizations, campaign_id=campaign.id, now=now)
    contacts = [_contact(one, organization_id=ids[one.organization]) for one in people]
    add_contacts(session, contacts, campaign_id=campaign.id, now=now)
    return campaign


def _contact(person: Person, *, organization_id: int) -> NewContact:
    return NewContact(
        organization_id=organization_id,
        name=person.name,
        email=person.address,
        email_key=person.address,
        language="en",
        zone="Europe/Berlin",
    )


def launch(session: Session, *, slug: str) -> None:
    launch_campaign(session, slug=slug, mail_domain=MAIL_DOMAIN, now=utc_now())


def queue_invitations(database: Database, *, many: int) -> None:
    """Two open campaigns: a few invitations for the worker to warm up with, and ``many`` that are
    held back until ``let_go``."""
    with database.transaction() as session:
        for slug, size in ((WARM_SLUG, WARM_MAILS), (SLUG, many)):
            draft(session, slug=slug, people=[Person(number) for number in range(size)])
            launch(session, slug=slug)
        pause_campaign(session, slug=SLUG)


def let_go(database: Database) -> None:
    with database.transaction() as session:
        resume_campaign(session, slug=SLUG)


def link_ids(session: Session) -> list[str]:
    """Of every contact, in their order."""
    return list(session.exec(select(Link.id).order_by(col(Link.contact_id))))
