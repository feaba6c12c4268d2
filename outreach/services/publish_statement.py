"""Publish a closed campaign, and take the one snapshot that page and exports come from."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignEvent, CampaignState
from outreach.domain.coordinator import Actor
from outreach.domain.privacy import UNNAMED, Privacy
from outreach.domain.views import AddresseeCopy, PublishedStatement
from outreach.domain.webhook import WebhookEvent
from outreach.services.append_event import append_publication
from outreach.services.note_activity import note_activity
from outreach.services.tell_webhooks import tell_of_campaign
from outreach.statement.order import alphabetical
from outreach.store import campaigns, ledger, signatures
from outreach.store.tables import Campaign


def publish_campaign(session: Session, *, slug: str, now: datetime) -> Campaign:
    """Makes the list public. Raises MoveRefused unless the campaign is closed."""
    campaign = campaigns.lock_campaign(session, slug)
    publish_locked(session, campaign, now=now)
    return campaign


def publish_locked(session: Session, campaign: Campaign, *, now: datetime) -> None:
    campaigns.move_campaign(session, campaign, CampaignEvent.PUBLISH)
    assert campaign.id is not None
    campaign.published_at = now
    campaign.unnamed = _unnamed(session, campaign)
    campaign.counted = _counted(session, campaign)
    session.add(campaign)
    session.flush()
    append_publication(session, campaign, now=now)
    tell_of_campaign(session, WebhookEvent.PUBLISHED, campaign=campaign, now=now)


def find_published(session: Session, *, slug: str, now: datetime) -> PublishedStatement | None:
    """What the public may see; None for a campaign that is not published or not there."""
    campaign = campaigns.find_campaign(session, slug)
    if campaign is None or campaign.state != CampaignState.PUBLISHED:
        return None
    return _snapshot(session, campaign, now=now)


def require_snapshot(session: Session, *, slug: str, now: datetime) -> PublishedStatement:
    """The list as it stands, published or not, for the coordinator. Raises CampaignNotFound."""
    return _snapshot(session, campaigns.require_campaign(session, slug), now=now)


def take_addressee_copy(session: Session, *, slug: str, by: Actor, now: datetime) -> AddresseeCopy:
    """The list for the addressee's eyes, as it stands. Who took it is in the activity log.

    Raises CampaignNotFound.
    """
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    action = "addressee_copy.export"
    note_activity(session, by=by, action=action, campaign_id=campaign.id, now=now)
    confidential = signatures.standing_signatories(session, campaign.id, privacy=Privacy.ADDRESSEE)
    return AddresseeCopy(
        published=_snapshot(session, campaign, now=now),
        confidential=alphabetical(confidential),
        counted=campaign.counted if _is_public(campaign) else _counted(session, campaign),
    )


def _snapshot(session: Session, campaign: Campaign, *, now: datetime) -> PublishedStatement:
    assert campaign.id is not None
    version = campaigns.current_version(session, campaign.id)
    last = ledger.find_last_checkpoint(session, campaign.id)
    return PublishedStatement(
        campaign=campaigns.campaign_facts(campaign),
        statement_body=version.body,
        statement_sha256=version.sha256,
        statement_version=version.number,
        asks=tuple(version.asks.splitlines()),
        as_of=now,
        published_at=campaign.published_at,
        signatories=alphabetical(signatures.standing_signatories(session, campaign.id)),
        # Once it is public it stays: a name that goes must not be met by a number that grows.
        unnamed=campaign.unnamed if _is_public(campaign) else _unnamed(session, campaign),
        checkpoint=last.note if last else "",
        checkpoint_key=last.key if last else "",
    )


def _is_public(campaign: Campaign) -> bool:
    return campaign.state == CampaignState.PUBLISHED


def _unnamed(session: Session, campaign: Campaign) -> int:
    assert campaign.id is not None
    return signatures.count_standing(session, campaign.id, privacies=UNNAMED)


def _counted(session: Session, campaign: Campaign) -> int:
    assert campaign.id is not None
    return signatures.count_standing(session, campaign.id, privacies=[Privacy.COUNTED])
