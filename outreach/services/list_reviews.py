"""Reviews: those of a campaign that wait for a coordinator, and all of one organization."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.views import CampaignFacts
from outreach.store import campaigns, reviews
from outreach.store.reviews import Reviewed


@dataclass(frozen=True)
class Waiting:
    campaign: CampaignFacts
    rows: tuple[Reviewed, ...]


def list_waiting(session: Session, *, slug: str, now: datetime) -> Waiting:
    """The oldest first. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    rows = reviews.list_reviews(session, campaign.id, only_waiting=True, now=now)
    return Waiting(campaigns.campaign_facts(campaign), tuple(rows))


def list_of(
    session: Session, *, slug: str, organization_id: int, now: datetime
) -> tuple[Reviewed, ...]:
    """One organization's, settled or not. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    return tuple(
        reviews.list_reviews(session, campaign.id, organization_id=organization_id, now=now)
    )
