"""Ask to join a campaign that one was not invited to, through its open door.

Whoever knows the door's address can have any address written to. So the mail has no word of
theirs in it, what it leads to counts for nothing before somebody there presses its button, and
the page says the same to everybody: not who is in, and not who was asked.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from outreach.domain.errors import FieldErrors, Refused
from outreach.domain.join_request import MOST_OPEN
from outreach.domain.views import CampaignFacts
from outreach.links import new_link_id
from outreach.partners.keys import email_key, name_key
from outreach.partners.values import (
    parse_country,
    parse_email,
    parse_name,
    parse_notes,
    parse_organization,
)
from outreach.services.clean_typing import parse_fields
from outreach.services.refuse_erased import erased_among
from outreach.store import campaigns, join_requests, notices
from outreach.store.join_tables import JoinRequest
from outreach.store.tables import Campaign


class DoorShut(Refused):
    """No such campaign, or it takes no requests: one answer for all."""

    def __init__(self) -> None:
        super().__init__("this address takes no requests")


class DoorCrowded(Refused):
    """More requests than anybody could look through are open already."""

    def __init__(self) -> None:
        super().__init__("too many requests wait already; please write to the coordinators")


@dataclass(frozen=True)
class Door:
    """All that the page of the open door shows."""

    campaign: CampaignFacts
    statement_body: str
    asks: tuple[str, ...]


@dataclass(frozen=True)
class JoinForm:
    """As it was typed."""

    organization: str
    country: str
    person: str
    capacity: str
    email: str
    words: str


def find_door(session: Session, *, slug: str, now: datetime) -> Door:
    """Raises DoorShut."""
    campaign = _require_open(campaigns.find_campaign(session, slug), now=now)
    version = campaigns.current_version(session, campaign.id or 0)
    asks = tuple(version.asks.splitlines())
    return Door(campaigns.campaign_facts(campaign), version.body, asks)


def check_request(form: JoinForm) -> JoinForm:
    """The form in order. Raises FieldErrors with all that is wrong."""
    parsers = {
        "organization": parse_organization,
        "country": lambda text: parse_country(text) if text.strip() else "",
        "person": parse_name,
        "capacity": parse_name,
        "email": parse_email,
        "words": parse_notes,
    }
    values, errors = parse_fields(vars(form), parsers)
    if not errors.get("person") and not values["person"]:
        errors["person"] = "Please type your name."
    if not errors.get("capacity") and not values["capacity"]:
        errors["capacity"] = "Please say in what capacity, for example: Director."
    if errors:
        raise FieldErrors(errors)
    return replace(form, **values)


def ask_to_join(session: Session, *, slug: str, form: JoinForm, now: datetime) -> None:
    """Keeps a checked request until its address is proven, and queues the mail that proves it. Of
    somebody who asked to be erased nothing is kept. Raises DoorShut, DoorCrowded."""
    found = campaigns.find_campaign(session, slug)
    campaign = _require_open(found and campaigns.hold_campaign(session, found.id or 0), now=now)
    assert campaign.id is not None
    if join_requests.count_open(session, campaign.id) >= MOST_OPEN:
        raise DoorCrowded
    key = email_key(form.email)
    if erased_among(session, [key]):
        return
    request = JoinRequest(
        campaign_id=campaign.id,
        link_id=new_link_id(),
        organization=form.organization,
        name_key=name_key(form.organization),
        country=form.country,
        person=form.person,
        capacity=form.capacity,
        email=form.email,
        email_key=key,
        words=form.words,
        created_at=now,
    )
    join_requests.add_request(session, request)
    notices.queue_proof(session, request, now=now)


def _require_open(campaign: Campaign | None, *, now: datetime) -> Campaign:
    if campaign is None or not join_requests.is_open(campaign, now=now):
        raise DoorShut
    return campaign
