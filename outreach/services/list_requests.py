"""Who asks to join, and whom each of them may be already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.join_request import RequestState
from outreach.domain.views import CampaignFacts
from outreach.partners.keys import name_key
from outreach.partners.likely_doubles import find_likely_doubles
from outreach.store import campaigns, join_requests
from outreach.store.join_requests import Known
from outreach.store.join_tables import JoinRequest

MOST_SHOWN = 50


@dataclass(frozen=True)
class LikelyKnown:
    """An organization of the campaign that may be the one that asks. ``is_same_name``: but for
    spelling, so that it cannot be admitted as another."""

    organization: Known
    why: str
    is_same_name: bool


@dataclass(frozen=True)
class Asking:
    """One request, and whom it may come from."""

    id: int
    state: RequestState
    organization: str
    country: str
    person: str
    capacity: str
    email: str
    words: str
    proven_at: datetime | None
    organization_id: int | None
    likely: tuple[LikelyKnown, ...]

    @property
    def needs_choice(self) -> bool:
        """Whether the campaign has this very name: only one by one can it be said who that is."""
        return any(one.is_same_name for one in self.likely)


@dataclass(frozen=True)
class Requests:
    """``is_open``: the door is, now; ``is_on``: it is switched on, whatever the campaign's state.
    ``rows`` are the oldest MOST_SHOWN of ``waiting``; of the others as many."""

    campaign: CampaignFacts
    is_on: bool
    is_open: bool
    waiting: int
    unproven: int
    rows: tuple[Asking, ...]
    refused: tuple[Asking, ...]
    admitted: tuple[Asking, ...]


def list_requests(session: Session, *, slug: str, now: datetime) -> Requests:
    """Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    waiting = _rows(session, campaign.id, RequestState.WAITING)
    refused = _rows(session, campaign.id, RequestState.REFUSED)
    admitted = _rows(session, campaign.id, RequestState.ADMITTED)
    rows = compared(session, campaign.id, [*waiting, *refused])
    return Requests(
        campaign=campaigns.campaign_facts(campaign),
        is_on=campaign.open_door,
        is_open=join_requests.is_open(campaign, now=now),
        waiting=join_requests.count_waiting(session, campaign.id),
        unproven=join_requests.count_unproven(session, campaign.id),
        rows=tuple(rows[: len(waiting)]),
        refused=tuple(rows[len(waiting) :]),
        admitted=tuple(_asking(one, same=None, alike=(), colleague=None) for one in admitted),
    )


def _rows(session: Session, campaign_id: int, state: RequestState) -> Sequence[JoinRequest]:
    return join_requests.list_requests(session, campaign_id, states=[state], limit=MOST_SHOWN)


def compared(session: Session, campaign_id: int, requests: Sequence[JoinRequest]) -> list[Asking]:
    """Each beside the organizations that the campaign has, in three looks for all of them."""
    known = join_requests.known_organizations(session, campaign_id) if requests else []
    by_name = {one.name: one for one in known}
    by_key = {one.name_key: one for one in known}
    by_id = {one.id: one for one in known}
    asking = [one.organization for one in requests]
    alike: dict[str, list[Known]] = {}
    for pair in find_likely_doubles(asking, known=by_name, among_new=False):
        alike.setdefault(name_key(pair.second), []).append(by_name[pair.first])
    at = join_requests.organizations_at(session, campaign_id, {_domain(one) for one in requests})
    return [
        _asking(
            one,
            same=by_key.get(one.name_key),
            alike=alike.get(one.name_key, []),
            colleague=_only(at.get(_domain(one), set()), by_id),
        )
        for one in requests
    ]


def _only(organization_ids: set[int], by_id: Mapping[int, Known]) -> Known | None:
    """A domain that several have addresses at, as a mail provider's, tells nothing."""
    return by_id[next(iter(organization_ids))] if len(organization_ids) == 1 else None


def _asking(
    request: JoinRequest, *, same: Known | None, alike: Sequence[Known], colleague: Known | None
) -> Asking:
    found: dict[int, LikelyKnown] = {}
    if same:
        found[same.id] = LikelyKnown(same, "the same name", is_same_name=True)
    for one in alike:
        found.setdefault(one.id, LikelyKnown(one, "a similar name", is_same_name=False))
    if colleague:
        why = f"a contact there is at {_domain(request)} too"
        found.setdefault(colleague.id, LikelyKnown(colleague, why, is_same_name=False))
    return Asking(
        id=request.id or 0,
        state=RequestState(request.state),
        organization=request.organization,
        country=request.country,
        person=request.person,
        capacity=request.capacity,
        email=request.email,
        words=request.words,
        proven_at=request.proven_at,
        organization_id=request.organization_id,
        likely=tuple(found.values()),
    )


def _domain(request: JoinRequest) -> str:
    return request.email_key.rpartition("@")[2]
