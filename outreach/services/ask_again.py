"""Ask again those who had named a day for their decision, once that day has come."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.message import MessageKind
from outreach.domain.reminder import decision_step
from outreach.store import audience, campaigns, invitations, messages
from outreach.store.tables import Campaign


def ask_again(session: Session, *, slug: str, mail_domain: str, now: datetime) -> int:
    """Of an open campaign: they are asked as all others are from here on, beginning with a
    reminder of this morning. Returns how many mails were queued.

    Most looks find nobody and lock nothing; of two at once the second finds what the first did.
    """
    campaign = campaigns.require_campaign(session, slug)
    if not _come(session, campaign, now=now):
        return 0
    campaign = campaigns.lock_campaign(session, slug)
    assert campaign.id is not None
    come = audience.contacts_to_ask_again(session, campaign.id, now=now)
    invitations.end_deferrals(session, _come(session, campaign, now=now))
    keyed = ((to, decision_step(day)) for to, day in come)
    return messages.queue_each(
        session, campaign, MessageKind.REMINDER, keyed, mail_domain=mail_domain, now=now
    )


def _come(session: Session, campaign: Campaign, *, now: datetime) -> Sequence[int]:
    if campaign.state != CampaignState.OPEN or now >= campaign.deadline:
        return ()
    assert campaign.id is not None
    return invitations.whose_day_has_come(session, campaign.id, now=now)
