"""Note that a person is at the answer page: they pressed a key, scrolled, touched something.

Opening the page notes nothing: mail scanners open it too.
"""

from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.errors import LinkRefused
from outreach.services.append_event import append_view
from outreach.store import campaigns, invitations, page_views

# Who comes back within this is still the same visit.
ONE_VISIT = timedelta(minutes=30)


def note_view(session: Session, *, link_id: str, mail_domain: str, now: datetime) -> bool:
    """One row for each contact and visit; the day's first (UTC) is logged as evidence too.
    Returns whether this is a new one. Raises LinkRefused."""
    linked = invitations.require_linked(session, link_id, now=now)
    campaigns.hold_campaign(session, linked.invitation.campaign_id)
    invitations.require_still_live(session, linked.link, now=now)
    if linked.contact.role != "signs" or linked.campaign.state == CampaignState.CANCELLED:
        raise LinkRefused
    assert linked.invitation.id is not None
    assert linked.contact.id is not None
    invitations.lock_invitation(session, linked.invitation.id)  # two windows report at once
    last = page_views.last_view(
        session, invitation_id=linked.invitation.id, contact_id=linked.contact.id
    )
    if last is not None and last > now - ONE_VISIT:
        return False
    page_views.add_view(
        session, invitation_id=linked.invitation.id, contact_id=linked.contact.id, now=now
    )
    if last is None or last.astimezone(UTC).date() < now.astimezone(UTC).date():
        append_view(session, linked, mail_domain=mail_domain, now=now)
    return True
