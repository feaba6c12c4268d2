"""Remind one organization now, because a coordinator who looks at it says so."""

from datetime import datetime, timedelta

from sqlmodel import Session

from outreach.domain.chase import ChaseFacts
from outreach.domain.coordinator import Actor
from outreach.domain.errors import Refused
from outreach.services.note_activity import note_activity
from outreach.services.remind_by_hand import remind_by_hand
from outreach.store import campaigns, chases

# Whoever asks, nobody is asked again so soon.
_QUIET = timedelta(hours=4)


class NotReminded(Refused):
    """There is a reason not to write to this organization now: ``str()`` says it."""


def remind_organization(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    mail_domain: str,
    by: Actor,
    now: datetime,
) -> int:
    """Queues a reminder to each of its contacts who were invited. Returns how many.

    Raises CampaignNotFound, NotReminded, MoveRefused, DeadlineOver, NobodyToRemind.
    """
    campaign = campaigns.lock_campaign(session, slug)  # of two at once the second finds the first's
    assert campaign.id is not None
    found = chases.list_owing(session, campaign_id=campaign.id, organization_ids=[organization_id])
    if not found:
        raise NotReminded("it has answered, or was never invited: nothing is asked of it")
    if why := _why_not(found[0], now=now):
        raise NotReminded(why)
    many = remind_by_hand(
        session,
        slug=slug,
        mail_domain=mail_domain,
        organizations=[organization_id],
        again=True,
        now=now,
    )
    note_activity(
        session,
        by=by,
        action="reminder.send",
        campaign_id=campaign.id,
        organization_id=organization_id,
        detail=f"{many} {'person' if many == 1 else 'people'}",
        now=now,
    )
    return many


def _why_not(facts: ChaseFacts, *, now: datetime) -> str:
    asked = facts.asked
    if facts.has_deferred:
        return "it has put its decision off, and is asked again on its own day"
    if asked.waiting:
        return "a mail to it is on its way"
    if asked.put_off_since is not None:
        return "a server has put a mail to it off, and it is tried again: call instead"
    if not asked.sent:
        return "no mail has arrived there: call, or change the contact"
    if asked.last_at is not None and now - asked.last_at < _QUIET:
        return "it had a mail within the last four hours: let them read it first"
    return ""
