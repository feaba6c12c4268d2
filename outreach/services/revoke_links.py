"""End an organization's links at once: they may be in other hands."""

from datetime import datetime
from typing import Final

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.message import MessageKind
from outreach.services.note_activity import note_activity
from outreach.services.reissue_links import NoLinks
from outreach.store import campaigns, links, messages

_REASON: Final = "the link was revoked"


def count_links(session: Session, *, slug: str, organization_id: int) -> int:
    """How many people of the organization may answer by a link. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    return links.count_live(session, campaign.id, organization_id=organization_id)


def revoke_links(
    session: Session, *, slug: str, organization_id: int, by: Actor, now: datetime
) -> int:
    """They open nothing any more, and no mail that waits brings one. Returns how many.

    What was answered stands, and nobody is mailed: ``reissue_links`` gives them new ones.
    Raises CampaignNotFound, NoLinks.
    """
    campaign = campaigns.lock_campaign(session, slug)
    assert campaign.id is not None
    many = links.revoke_links(session, campaign.id, organization_id=organization_id, now=now)
    if not many:
        raise NoLinks(slug=slug)
    holders = links.list_holders(session, campaign.id, organization_id=organization_id)
    messages.cancel_queued(
        session,
        contact_ids=[one.contact_id for one in holders],
        kinds=frozenset(MessageKind),
        reason=_REASON,
    )
    note_activity(
        session,
        by=by,
        action="links.revoke",
        campaign_id=campaign.id,
        organization_id=organization_id,
        detail=f"{many:,} {'person' if many == 1 else 'people'}",
        now=now,
    )
    return many
