"""Pause, resume, extend and cancel a running campaign."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CAMPAIGN_MOVES, CampaignEvent, CampaignState
from outreach.domain.message import MessageKind
from outreach.domain.moves import next_state
from outreach.localtime import DeadlineRefused, format_moment
from outreach.services.create_campaign import check_deadline
from outreach.store import campaigns, messages
from outreach.store.tables import Campaign


def pause_campaign(session: Session, *, slug: str) -> Campaign:
    """Holds every invitation and reminder; answers still count. Raises MoveRefused."""
    return _move(session, slug, CampaignEvent.PAUSE)


def resume_campaign(session: Session, *, slug: str) -> Campaign:
    """Lets exactly the rest go out, whoever paused it. Raises MoveRefused."""
    campaign = _move(session, slug, CampaignEvent.RESUME)
    campaign.pause_reason = campaign.pause_note = ""
    session.add(campaign)
    session.flush()
    return campaign


def extend_campaign(session: Session, *, slug: str, deadline: datetime, now: datetime) -> Campaign:
    """Moves the deadline later; reminders are reckoned anew from it.

    Raises MoveRefused, DeadlineRefused.
    """
    campaign = campaigns.lock_campaign(session, slug)
    check_extension(campaign, deadline=deadline, now=now)
    campaigns.move_campaign(session, campaign, CampaignEvent.EXTEND)
    campaign.deadline = deadline
    campaign.deadline_round += 1
    campaign.extended_at = now
    session.add(campaign)
    messages.cancel_queued(
        session,
        campaign_id=campaign.id,
        kinds={MessageKind.REMINDER},
        reason="the deadline was extended",
    )
    return campaign


def check_extension(campaign: Campaign, *, deadline: datetime, now: datetime) -> None:
    """Raises MoveRefused, DeadlineRefused."""
    state = next_state(CAMPAIGN_MOVES, CampaignState(campaign.state), CampaignEvent.EXTEND)
    if now >= campaign.deadline and state is not CampaignState.DRAFT:
        raise DeadlineRefused("the deadline has passed; a closed list cannot be extended")
    if deadline <= campaign.deadline:
        present = format_moment(campaign.deadline, language="en", zone=campaign.zone)
        raise DeadlineRefused(f"a deadline only moves later; it is {present} now")
    check_deadline(deadline, zone=campaign.zone, occasion_date=campaign.occasion_date, now=now)


def cancel_campaign(session: Session, *, slug: str) -> Campaign:
    """Ends it without a list; nothing that waits is sent. Raises MoveRefused."""
    campaign = _move(session, slug, CampaignEvent.CANCEL)
    messages.cancel_queued(session, campaign_id=campaign.id, reason="the campaign was cancelled")
    return campaign


def _move(session: Session, slug: str, event: CampaignEvent) -> Campaign:
    campaign = campaigns.lock_campaign(session, slug)
    campaigns.move_campaign(session, campaign, event)
    return campaign
