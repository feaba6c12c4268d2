"""Reopen a concluded list for one late signer, until a moment within the occasion's day."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignEvent
from outreach.domain.coordinator import Actor
from outreach.domain.errors import MoveRefused
from outreach.localtime import format_moment
from outreach.services.create_campaign import check_deadline
from outreach.services.note_activity import note_activity
from outreach.store import campaigns, invitations, signatures


def reopen_invitation(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    until: datetime,
    by: Actor,
    now: datetime,
) -> None:
    """One organization may answer until then, by the link that it has; for all others the list
    stays as it is. Nobody is mailed.

    Raises CampaignNotFound, MoveRefused (the campaign runs or is cancelled; the organization has
    signed), InvitationNotFound, DeadlineRefused (over, or after the occasion's day).
    """
    campaign = campaigns.lock_campaign(session, slug)
    campaigns.move_campaign(session, campaign, CampaignEvent.REOPEN)
    check_deadline(until, zone=campaign.zone, occasion_date=campaign.occasion_date, now=now)
    assert campaign.id is not None
    invitation = invitations.require_invitation(
        session, campaign_id=campaign.id, organization_id=organization_id
    )
    assert invitation.id is not None
    if signatures.find_standing(session, invitation.id) is not None:
        raise MoveRefused(state=invitation.state, event=CampaignEvent.REOPEN)
    invitations.reopen_until(session, invitation, until)
    note_activity(
        session,
        by=by,
        action="organization.reopen",
        campaign_id=campaign.id,
        organization_id=organization_id,
        detail=f"until {format_moment(until, language='en', zone=campaign.zone)}",
        now=now,
    )


def expire_reopened(session: Session, *, now: datetime) -> int:
    """Closes the list again to those whose moment has passed. Returns how many."""
    return invitations.expire_reopened(session, now=now)
