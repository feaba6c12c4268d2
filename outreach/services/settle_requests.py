"""A coordinator opens or shuts the door, and admits or refuses those who ask to join.

Whoever is admitted is asked as all others are: an organization, a contact, an invitation, and the
mail that brings its link. A refusal is told to nobody.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignState, takes_answers
from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors, Refused
from outreach.domain.join_request import RequestEvent, RequestState
from outreach.domain.message import MessageKind
from outreach.links import new_link_id
from outreach.partners.country_zones import zone_of_country
from outreach.services.apply_brake import require_expected
from outreach.services.change_contact import ContactForm, add_contact
from outreach.services.note_activity import note_activity
from outreach.services.refuse_erased import erased_among
from outreach.store import campaigns, contacts, invitations, join_requests, messages, partners
from outreach.store.join_tables import JoinRequest
from outreach.store.messages import Addressee
from outreach.store.partners import NewContact, NewOrganization
from outreach.store.tables import Campaign


class RequestRefused(Refused):
    """It cannot be settled so; ``str()`` says why."""


@dataclass(frozen=True)
class Sorted:
    """Of chosen requests: those that can be admitted together, and those that somebody must look
    at one by one, each with the reason."""

    ready: tuple[JoinRequest, ...]
    left: tuple[tuple[JoinRequest, str], ...]


def set_door(session: Session, *, slug: str, is_on: bool, by: Actor, now: datetime) -> None:
    """Raises CampaignNotFound, RequestRefused where the campaign takes no answers any more."""
    campaign = campaigns.lock_campaign(session, slug)
    if is_on:
        _require_running(campaign, now=now)
    if campaign.open_door == is_on:
        return
    campaign.open_door = is_on
    session.add(campaign)
    action = "door.open" if is_on else "door.shut"
    note_activity(session, by=by, action=action, campaign_id=campaign.id, now=now)


def sort_requests(session: Session, *, slug: str, request_ids: Collection[int]) -> Sorted:
    """Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    found = join_requests.find_requests(session, campaign.id, request_ids)
    return _sort(session, campaign.id, _admissible(found))


def admit_requests(
    session: Session,
    *,
    slug: str,
    request_ids: Collection[int],
    expected: int,
    mail_domain: str,
    by: Actor,
    now: datetime,
) -> int:
    """Each as an organization of its own, those left out that ``sort_requests`` leaves. Returns how
    many are invited. Raises CampaignNotFound, RequestRefused, UnexpectedNumber."""
    campaign = campaigns.lock_campaign(session, slug)
    _require_running(campaign, now=now)
    assert campaign.id is not None
    found = _sort(session, campaign.id, _still(session, campaign.id, request_ids)).ready
    require_expected(len(found), expected=expected)
    ids = _enter(session, campaign, found, now=now)
    for request in found:
        request.organization_id = ids[request.name_key]
    _settle(session, found, RequestEvent.ADMIT, by=by, now=now)
    _invite(session, campaign, set(ids.values()), mail_domain=mail_domain, now=now)
    return len(found)


def admit_to(
    session: Session,
    *,
    slug: str,
    request_id: int,
    organization_id: int,
    mail_domain: str,
    by: Actor,
    now: datetime,
) -> None:
    """As a further contact of an organization that the campaign has: mailed what its other contacts
    were. Raises CampaignNotFound, OrganizationNotFound, RequestRefused."""
    campaign = campaigns.lock_campaign(session, slug)
    _require_running(campaign, now=now)
    assert campaign.id is not None
    request = _require(session, campaign.id, request_id)
    form = ContactForm(
        name=request.person,
        email=request.email,
        language=campaign.language,
        zone=_zone(request, campaign),
    )
    try:
        add_contact(
            session,
            slug=slug,
            organization_id=organization_id,
            form=form,
            mail_domain=mail_domain,
            by=by,
            now=now,
        )
    except FieldErrors as refusal:
        raise RequestRefused(" ".join(refusal.errors.values())) from None
    request.organization_id = organization_id
    _settle(session, [request], RequestEvent.ADMIT, by=by, now=now)


def refuse_requests(
    session: Session, *, slug: str, request_ids: Collection[int], by: Actor, now: datetime
) -> int:
    """Returns how many of them still waited. Raises CampaignNotFound."""
    campaign = campaigns.lock_campaign(session, slug)
    assert campaign.id is not None
    held = join_requests.hold_requests(session, campaign.id, request_ids)
    waiting = [one for one in held if one.state == RequestState.WAITING]
    _settle(session, waiting, RequestEvent.REFUSE, by=by, now=now)
    return len(waiting)


def _require_running(campaign: Campaign, *, now: datetime) -> None:
    state = CampaignState(campaign.state)
    if not takes_answers(state, deadline=campaign.deadline, now=now):
        why = "the deadline has passed" if now >= campaign.deadline else f"the campaign is {state}"
        raise RequestRefused(f"{why}: nobody can join any more")


def _still(session: Session, campaign_id: int, request_ids: Collection[int]) -> list[JoinRequest]:
    """Held, those that may be admitted."""
    return _admissible(join_requests.hold_requests(session, campaign_id, request_ids))


def _admissible(requests: Sequence[JoinRequest]) -> list[JoinRequest]:
    return [one for one in requests if one.state in (RequestState.WAITING, RequestState.REFUSED)]


def _require(session: Session, campaign_id: int, request_id: int) -> JoinRequest:
    found = _still(session, campaign_id, [request_id])
    if not found:
        raise RequestRefused("this request was settled meanwhile, or is there no more")
    return found[0]


def _sort(session: Session, campaign_id: int, requests: Sequence[JoinRequest]) -> Sorted:
    known = {one.name_key for one in join_requests.known_organizations(session, campaign_id)}
    keys = [one.email_key for one in requests]
    barred = contacts.addresses_in_use(session, campaign_id, keys) | erased_among(session, keys)
    ready: dict[str, JoinRequest] = {}
    left: list[tuple[JoinRequest, str]] = []
    for one in requests:
        if one.email_key in barred:
            left.append((one, "this address is a contact of the campaign already, or must not be"))
        elif one.name_key in known:
            left.append((one, "the campaign has an organization of this name"))
        elif one.name_key in ready:
            left.append((one, "another of these requests has the same name"))
        else:
            ready[one.name_key] = one
    return Sorted(tuple(ready.values()), tuple(left))


def _enter(
    session: Session, campaign: Campaign, requests: Sequence[JoinRequest], *, now: datetime
) -> dict[str, int]:
    """Their organizations and contacts. Returns the organizations' ids by name key."""
    assert campaign.id is not None
    new = [NewOrganization(one.organization, one.name_key, country=one.country) for one in requests]
    ids = partners.add_organizations(session, new, campaign_id=campaign.id, now=now)
    people = [
        NewContact(
            organization_id=ids[one.name_key],
            name=one.person,
            email=one.email,
            email_key=one.email_key,
            language=campaign.language,
            zone=_zone(one, campaign),
        )
        for one in requests
    ]
    partners.add_contacts(session, people, campaign_id=campaign.id, now=now)
    invitations.create_missing_invitations(session, campaign.id, among=ids.values(), now=now)
    return ids


def _invite(
    session: Session,
    campaign: Campaign,
    organization_ids: Collection[int],
    *,
    mail_domain: str,
    now: datetime,
) -> None:
    assert campaign.id is not None
    ways = join_requests.ways_in(session, campaign.id, organization_ids)
    links = [(new_link_id(), contact, invitation) for contact, invitation in ways]
    invitations.create_links(session, links, now=now)
    to = [Addressee(contact, invitation) for contact, invitation in ways]
    kind = MessageKind.INVITATION
    messages.queue_messages(session, campaign, kind, to, mail_domain=mail_domain, now=now)


def _settle(
    session: Session,
    requests: Sequence[JoinRequest],
    event: RequestEvent,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Held requests, with one line in the activity log for all of them."""
    if not requests:
        return
    for request in requests:
        request.settled_at, request.settled_by = now, by.coordinator_id
    join_requests.move_requests(session, requests, event)
    first, many = requests[0], len(requests)
    note_activity(
        session,
        by=by,
        action=f"request.{event.value}",
        campaign_id=first.campaign_id,
        organization_id=first.organization_id if many == 1 else None,
        detail=f"{many:,} organizations" if many > 1 else "",
        now=now,
    )


def _zone(request: JoinRequest, campaign: Campaign) -> str:
    return zone_of_country(request.country) or campaign.zone
