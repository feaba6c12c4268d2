"""Ask again those who had named a day for their decision, once that day has come."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.message import MessageKind
from outreach.domain.reminder import decision_step
from outreach.store import audience, campaigns, invitations, messages
from outreach.store.messages import Addressee
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
    by_day: dict[date, list[Addressee]] = defaultdict(list)
    for to, day in audience.contacts_to_ask_again(session, campaign.id, now=now):
        by_day[day].append(to)
    invitations.end_deferrals(session, _come(session, campaign, now=now))
    return sum(
        messages.queue_messages(
            session,
            campaign,
            MessageKind.REMINDER,
            to,
            step=decision_step(day),
            mail_domain=mail_domain,
            now=now,
        )
        for day, to in by_day.items()
    )


def _come(session: Session, campaign: Campaign, *, now: datetime) -> Sequence[int]:
    if campaign.state != CampaignState.OPEN or now >= campaign.deadline:
        return ()
    assert campaign.id is not None
    return invitations.whose_day_has_come(session, campaign.id, now=now)
