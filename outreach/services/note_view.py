"""Note that a person is at the answer page: they pressed a key, scrolled, touched something.

Opening the page notes nothing: mail scanners open it too.
"""

from datetime import datetime, timedelta

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.errors import LinkRefused
from outreach.store import invitations, page_views

# Who comes back within this is still the same visit.
ONE_VISIT = timedelta(minutes=30)


def note_view(session: Session, *, link_id: str, now: datetime) -> bool:
    """One row for each contact and visit. Returns whether this is a new one. Raises LinkRefused."""
    linked = invitations.require_linked(session, link_id, now=now)
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
    return True
