"""Close a campaign, by the clock or by a coordinator; the list stands from here on."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignEvent
from outreach.domain.message import MessageKind
from outreach.domain.webhook import WebhookEvent
from outreach.services.append_event import append_closing
from outreach.services.publish_statement import publish_locked
from outreach.services.tell_webhooks import tell_of_campaign
from outreach.store import campaigns, invitations, messages
from outreach.store.tables import Campaign


def close_campaign(session: Session, *, slug: str, mail_domain: str, now: datetime) -> Campaign:
    """Expires who has not answered, cancels what would still ask, tells the signers.

    Raises MoveRefused.
    """
    campaign = campaigns.lock_campaign(session, slug)
    campaigns.move_campaign(session, campaign, CampaignEvent.CLOSE)
    assert campaign.id is not None
    campaign.closed_at = now
    session.add(campaign)
    messages.cancel_queued(session, campaign_id=campaign.id, reason="the list was closed")
    invitations.expire_unanswered(session, campaign.id)
    messages.queue_messages(
        session,
        campaign,
        MessageKind.CLOSING_NOTICE,
        [messages.Addressee(*pair) for pair in invitations.signed_addressees(session, campaign.id)],
        mail_domain=mail_domain,
        now=now,
    )
    append_closing(session, campaign, mail_domain=mail_domain, now=now)
    tell_of_campaign(session, WebhookEvent.CLOSED, campaign=campaign, now=now)
    if campaign.publish_at_close:
        publish_locked(session, campaign, now=now)
    return campaign


def close_if_due(session: Session, *, slug: str, mail_domain: str, now: datetime) -> bool:
    """Closes it if its deadline has come. Another sweep may have, or it was extended."""
    if not campaigns.is_still_due(campaigns.lock_campaign(session, slug), now=now):
        return False
    close_campaign(session, slug=slug, mail_domain=mail_domain, now=now)
    return True
