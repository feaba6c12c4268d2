"""List a campaign's partners: who has answered what, and whom our mail has reached."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from outreach.domain.errors import Refused
from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageState
from outreach.store import campaigns, partners
from outreach.store.standing import (
    LastMessage,
    Standing,
    last_message_by_contact,
    standing_by_organization,
)
from outreach.store.tables import Contact, Organization

NOT_INVITED = "not invited"
STATES = tuple(dict.fromkeys([NOT_INVITED, *InvitationState, *MessageState]))

_NEVER_INVITED = Standing(NOT_INVITED, None, None, "", "", "", "", "")


class StateUnknown(Refused):
    """Nothing that is listed can have this state."""

    def __init__(self, *, state: str) -> None:
        names = ", ".join(name.replace(" ", "-") for name in STATES)
        super().__init__(f"--state {state} is not known; choose one of {names}")
        self.state = state


@dataclass(frozen=True)
class ListedContact:
    """A person reached, and the last message to them."""

    name: str
    email: str
    role: str
    language: str
    zone: str
    last_message: LastMessage | None


@dataclass(frozen=True)
class ListedOrganization:
    """``state`` is its invitation's. Credit line, signer and ``privacy`` are those of a yes that
    stands, ``reason`` is given with a no; ``decides_on`` is the day named for it."""

    name: str
    sort_name: str
    country: str
    notes: str
    state: str
    answered_at: datetime | None
    decides_on: date | None
    credit_line: str
    signer_name: str
    capacity: str
    privacy: str
    reason: str
    contacts: tuple[ListedContact, ...]

    def is_in(self, state: str) -> bool:
        """Whether its invitation has the state, or the last message to one of its contacts.

        What a server has put off is ``deferred``, as well as ``queued``.
        """
        last = [one.last_message for one in self.contacts if one.last_message]
        put_off = state == InvitationState.DEFERRED and any(one.is_deferred for one in last)
        return self.state == state or put_off or any(one.state == state for one in last)


@dataclass(frozen=True)
class PartnerList:
    """The organizations in the order in which they came. ``total`` counts those left out too."""

    organizations: tuple[ListedOrganization, ...]
    total: int
    zone: str


def list_partners(session: Session, *, slug: str, state: str = "") -> PartnerList:
    """All of the campaign's organizations, or those in that ``state``.

    Raises CampaignNotFound, StateUnknown.
    """
    state = _require_state(state)
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    organizations = partners.list_organizations(session, campaign_id=campaign.id)
    contacts = _contacts_by_organization(
        partners.list_contacts(session, campaign_id=campaign.id),
        last_message_by_contact(session, campaign_id=campaign.id),
    )
    standing = standing_by_organization(session, campaign_id=campaign.id)
    listed = [
        _listed(one, standing.get(one.id or 0, _NEVER_INVITED), contacts.get(one.id or 0, []))
        for one in organizations
    ]
    shown = tuple(one for one in listed if not state or one.is_in(state))
    return PartnerList(organizations=shown, total=len(listed), zone=campaign.zone)


def _require_state(text: str) -> str:
    state = " ".join(text.replace("-", " ").replace("_", " ").split()).lower()
    if state and state not in STATES:
        raise StateUnknown(state=text)
    return state


def _contacts_by_organization(
    contacts: Iterable[Contact], last_messages: dict[int, LastMessage]
) -> dict[int, list[ListedContact]]:
    found: dict[int, list[ListedContact]] = {}
    for one in contacts:
        listed = ListedContact(
            name=one.name,
            email=one.email,
            role=one.role,
            language=one.language,
            zone=one.zone,
            last_message=last_messages.get(one.id or 0),
        )
        found.setdefault(one.organization_id, []).append(listed)
    return found


def _listed(
    organization: Organization, standing: Standing, contacts: list[ListedContact]
) -> ListedOrganization:
    return ListedOrganization(
        name=organization.name,
        sort_name=organization.sort_name,
        country=organization.country,
        notes=organization.notes,
        state=standing.state,
        answered_at=standing.answered_at,
        decides_on=standing.decides_on,
        credit_line=standing.credit_line,
        signer_name=standing.signer_name,
        capacity=standing.capacity,
        privacy=standing.privacy,
        reason=standing.reason,
        contacts=tuple(contacts),
    )
