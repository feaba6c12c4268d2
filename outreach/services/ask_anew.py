"""Ask people who have a new link: by their invitation where it has not gone out, else once more."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from outreach.domain.message import ASKING_KINDS, MessageKind
from outreach.domain.reminder import by_hand_step
from outreach.store import audience, contacts, messages
from outreach.store.messages import Addressee
from outreach.store.tables import Campaign


def ask_anew(
    session: Session,
    campaign: Campaign,
    to: Sequence[Addressee],
    *,
    mail_domain: str,
    now: datetime,
) -> None:
    """A mail that asks is on its way to each of them, and only one: what is written from now on
    carries the new link. The campaign must be locked."""
    assert campaign.id is not None
    waiting = {one.contact_id for one in messages.hold_queued(session, campaign.id, ASKING_KINDS)}
    day = by_hand_step(now, earlier=0)
    earlier = audience.count_reminders_of(session, campaign.id, step=day)
    for one in to:
        contact = one.contact_id
        if contact in waiting:
            continue
        kind, step = MessageKind.INVITATION, ""
        if contacts.was_mailed(session, contact):
            if contacts.queue_invitation_again(session, contact, now=now):
                continue
            kind = MessageKind.REMINDER
            step = by_hand_step(now, earlier=earlier.get(contact, 0))
        messages.queue_messages(
            session, campaign, kind, [one], step=step, mail_domain=mail_domain, now=now
        )
