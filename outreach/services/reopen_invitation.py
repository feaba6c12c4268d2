"""Reopen a concluded list for one late signer, until a moment within the occasion's day."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignEvent
from outreach.domain.coordinator import Actor
from outreach.domain.errors import MoveRefused
from outreach.domain.invitation import UNANSWERED_STATES
from outreach.domain.message import MessageKind
from outreach.localtime import format_moment
from outreach.services.create_campaign import check_deadline
from outreach.services.note_activity import note_activity
from outreach.store import campaigns, contacts, invitations, messages, signatures
from outreach.store.messages import Addressee


def reopen_invitation(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    until: datetime,
    mail_domain: str,
    by: Actor,
    now: datetime,
) -> int:
    """One organization may answer until then, by the link that it has; for all others the list
    stays as it is. A contact whose link no mail has brought, because it was changed after the
    close, is invited; nobody else is mailed. Returns how many are.

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
    to = []
    if invitation.state in UNANSWERED_STATES:
        to = [
            Addressee(one, invitation.id) for one in contacts.never_mailed(session, invitation.id)
        ]
    kind = MessageKind.INVITATION
    messages.queue_messages(session, campaign, kind, to, mail_domain=mail_domain, now=now)
    note_activity(
        session,
        by=by,
        action="organization.reopen",
        campaign_id=campaign.id,
        organization_id=organization_id,
        detail=f"until {format_moment(until, language='en', zone=campaign.zone)}",
        now=now,
    )
    return len(to)


def expire_reopened(session: Session, *, now: datetime) -> int:
    """Closes the list again to those whose moment has passed. Returns how many."""
    return invitations.expire_reopened(session, now=now)
