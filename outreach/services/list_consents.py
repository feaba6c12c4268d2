"""Recorded consents that wait for a second coordinator, and what was attached to one."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Role
from outreach.domain.errors import InvitationNotFound
from outreach.domain.recorded_consent import FileKind
from outreach.domain.views import CampaignFacts
from outreach.store import campaigns, coordinators, recorded_consents
from outreach.store.recorded_consents import Recorded


@dataclass(frozen=True)
class Waiting:
    """``has_second``: whether there are two who could record and confirm."""

    campaign: CampaignFacts
    rows: tuple[Recorded, ...]
    has_second: bool


def list_waiting(session: Session, *, slug: str, now: datetime) -> Waiting:
    """The oldest first, also those that can no longer be confirmed. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    rows = recorded_consents.list_recorded(session, campaign.id, only_waiting=True, now=now)
    return Waiting(campaigns.campaign_facts(campaign), tuple(rows), has_second(session))


def count_waiting(session: Session, campaign_id: int) -> int:
    """Those with which a person can still do something."""
    return recorded_consents.count_actionable(session, campaign_id)


def has_second(session: Session) -> bool:
    """Whether at least two coordinators may edit and can come in."""
    editing = [one for one in coordinators.list_active(session) if Role(one.role).may_edit]
    return len(editing) > 1


def read_file(
    session: Session, *, slug: str, organization_id: int, consent_id: int
) -> tuple[FileKind, bytes]:
    """Raises CampaignNotFound, InvitationNotFound where nothing is attached, or not any more."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    found = recorded_consents.find_file(
        session, campaign_id=campaign.id, organization_id=organization_id, consent_id=consent_id
    )
    if found is None:
        raise InvitationNotFound
    return found
