"""Prove the address of a request to join, by the link that was mailed to it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.errors import LinkRefused
from outreach.domain.join_request import RequestEvent, RequestState
from outreach.domain.views import CampaignFacts
from outreach.store import campaigns, join_requests
from outreach.store.join_tables import JoinRequest


@dataclass(frozen=True)
class RequestPage:
    """What whoever asked reads behind the link. ``may_prove``: it can still be sent off."""

    campaign: CampaignFacts
    state: RequestState
    organization: str
    country: str
    person: str
    capacity: str
    email: str
    words: str
    may_prove: bool


def find_request_page(session: Session, *, link_id: str, now: datetime) -> RequestPage:
    """Raises LinkRefused where there is none, or not any more."""
    request = join_requests.find_by_link(session, link_id)
    if request is None:
        raise LinkRefused
    may_prove = join_requests.is_provable(session, request, now=now)
    if request.state == RequestState.UNPROVEN and not may_prove:
        raise LinkRefused
    campaign = join_requests.campaign_of(session, request)
    return RequestPage(
        campaign=campaigns.campaign_facts(campaign),
        state=RequestState(request.state),
        organization=request.organization,
        country=request.country,
        person=request.person,
        capacity=request.capacity,
        email=request.email,
        words=request.words,
        may_prove=may_prove,
    )


def prove_request(session: Session, *, link_id: str, now: datetime) -> str | None:
    """From here on a coordinator may admit it. Whoever has an invitation of their own already is
    led there instead, once: returns its link's id. Pressed twice, nothing changes. Raises
    LinkRefused."""
    request, others = _hold(session, link_id)
    if request.state != RequestState.UNPROVEN:
        return None  # an old link leads to nobody's present one
    if not join_requests.is_provable(session, request, now=now):
        raise LinkRefused
    waiting = [other for other in others if other.state == RequestState.WAITING]
    join_requests.move_requests(session, waiting, RequestEvent.REPLACE)
    own = join_requests.live_link_of(session, request.campaign_id, request.email_key)
    request.proven_at = now
    event = RequestEvent.RECOGNIZE if own else RequestEvent.PROVE
    join_requests.move_requests(session, [request], event)
    return own


def _hold(session: Session, link_id: str) -> tuple[JoinRequest, list[JoinRequest]]:
    """It and what its address has asked for besides, held until the transaction ends; the campaign
    first. Raises LinkRefused."""
    found = join_requests.find_by_link(session, link_id)
    if found is None:
        raise LinkRefused
    campaigns.hold_campaign(session, found.campaign_id)
    held = join_requests.hold_asked_by(session, found.campaign_id, found.email_key)
    these = [one for one in held if one.link_id == link_id]
    if not these:
        raise LinkRefused
    return these[0], [one for one in held if one.link_id != link_id]
