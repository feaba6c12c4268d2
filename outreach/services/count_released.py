"""Whom resuming a paused campaign mails at once."""

from datetime import datetime
from functools import cache

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.delivery import LastLook, Verdict, last_look
from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageKind
from outreach.services.plan_reminders import due_if_open
from outreach.store import audience
from outreach.store.tables import Campaign


def count_released(session: Session, campaign: Campaign, *, now: datetime) -> int:
    """How many people: those for whom a mail is held that is due and still to be sent, and those
    whose reminder, or own day, came meanwhile, which the next sweep plans."""
    assert campaign.id is not None

    @cache
    def goes_out(kind: MessageKind, step: str) -> bool:
        look = LastLook(
            kind=kind,
            step=step,
            campaign_state=CampaignState.OPEN,
            deadline=campaign.deadline,
            deadline_round=campaign.deadline_round,
            reminder_steps=campaign.reminder_steps,
            invitation_state=InvitationState.AWAITING,
            role="signs",
            suppressed="",
            answered_later=False,
        )
        return last_look(look, now=now)[0] is Verdict.SEND

    held = audience.held_mails(session, campaign.id, now=now)
    people = {contact_id for contact_id, kind, step in held if goes_out(kind, step)}
    for to in due_if_open(session, campaign, now=now).values():
        people.update(one.contact_id for one in to)
    asked_again = audience.contacts_to_ask_again(session, campaign.id, now=now)
    people.update(to.contact_id for to, _ in asked_again)
    return len(people)
