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
    unwritten = [one for one in to if one.contact_id not in waiting]
    mailed = contacts.mailed_among(session, [one.contact_id for one in unwritten])
    queued = contacts.queue_invitations_again(session, sorted(mailed), now=now)
    invited = [one for one in unwritten if one.contact_id not in mailed]
    reminded = [
        (one, by_hand_step(now, earlier=earlier.get(one.contact_id, 0)))
        for one in unwritten
        if one.contact_id in mailed and one.contact_id not in queued
    ]
    kind = MessageKind.INVITATION
    messages.queue_messages(session, campaign, kind, invited, mail_domain=mail_domain, now=now)
    kind = MessageKind.REMINDER
    messages.queue_each(session, campaign, kind, reminded, mail_domain=mail_domain, now=now)
