"""The contacts of a published campaign are erased some time after it, unless they are kept on
purpose.

What they made possible is over: the list stands, and whoever must be written to again is imported
again. Organizations, their signatures and lines, and the ledger stay.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.coordinator import SERVICE, Actor
from outreach.domain.errors import MoveRefused
from outreach.services.append_event import append_erasure
from outreach.services.note_activity import note_activity
from outreach.store import campaigns, erasures, join_requests, notes, recorded_erasures
from outreach.store.bulk import in_parts
from outreach.store.tables import Campaign

_AT_A_TIME: Final = 500


def erased_on(campaign: Campaign, *, days: int) -> datetime | None:
    """When the contacts go; None while they stay: not published, kept on purpose, or gone already.
    ``days`` 0: they always stay."""
    stays = campaign.contacts_kept or campaign.contacts_erased_at is not None or not days
    if campaign.state != CampaignState.PUBLISHED or campaign.published_at is None or stays:
        return None
    return campaign.published_at + timedelta(days=days)


def erase_contacts_if_due(
    session: Session, *, slug: str, days: int, mail_domain: str, now: datetime
) -> int:
    """Looked at again under the lock. Returns how many contacts were erased."""
    campaign = campaigns.lock_campaign(session, slug)
    due = erased_on(campaign, days=days)
    if due is None or now < due:
        return 0
    assert campaign.id is not None
    contacts = erasures.contacts_of(session, campaign.id)
    for part in in_parts(contacts, _AT_A_TIME):
        erasures.erase_contacts(session, part, now=now)
    recorded = recorded_erasures.recorded_in(session, campaign.id)
    recorded_erasures.erase_recorded(session, recorded, now=now)
    notes.forget_all(session, campaign.id)
    join_requests.forget_all(session, campaign.id)
    campaign.contacts_erased_at = now
    session.add(campaign)
    append_erasure(session, campaign, mail_domain=mail_domain, now=now)
    note_activity(
        session,
        by=SERVICE,
        action="contacts.erase",
        campaign_id=campaign.id,
        detail=f"{len(contacts):,} contacts, {days} days after the publication",
        now=now,
    )
    return len(contacts)


def keep_contacts(session: Session, *, slug: str, by: Actor, now: datetime) -> Campaign:
    """On purpose, until somebody says otherwise. Raises MoveRefused where they are gone."""
    return _decide(session, slug, keep=True, by=by, now=now)


def let_contacts_go(session: Session, *, slug: str, by: Actor, now: datetime) -> Campaign:
    """They are erased when their time is over, as without a word. Raises MoveRefused."""
    return _decide(session, slug, keep=False, by=by, now=now)


def _decide(session: Session, slug: str, *, keep: bool, by: Actor, now: datetime) -> Campaign:
    campaign = campaigns.lock_campaign(session, slug)
    if campaign.contacts_erased_at is not None:
        raise MoveRefused(state="erased", event="keep")
    campaign.contacts_kept = keep
    session.add(campaign)
    action = "contacts.keep" if keep else "contacts.let_go"
    note_activity(session, by=by, action=action, campaign_id=campaign.id, now=now)
    return campaign
