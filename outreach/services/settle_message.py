"""A person decides what no program can: whether a doubtful mail arrived, or goes again."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import MoveRefused, Refused
from outreach.domain.message import MessageState
from outreach.domain.settlement import TELLING, Decision
from outreach.services.note_activity import note_activity
from outreach.store import campaigns, settling
from outreach.store.settling import Unsettled
from outreach.store.tables import Message


class MessageRefused(Refused):
    """There is no such message, or it waits for nobody."""


def list_unsettled(session: Session, *, slug: str, state: MessageState) -> list[Unsettled]:
    """A campaign's uncertain or failed messages that wait for somebody. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    return settling.list_unsettled(session, campaign.id, state=state)


def settle_as_arrived(session: Session, *, message_pk: int, by: Actor, now: datetime) -> Message:
    """Raises MessageRefused unless the message is uncertain."""
    message = _require(session, message_pk)
    try:
        settling.settle_arrived(session, message, words=f"by {by.name}", now=now)
    except MoveRefused:
        rule = "only of an uncertain one can it be said that it arrived"
        raise MessageRefused(_why(message, rule)) from None
    _note(session, message, Decision.ARRIVED, by=by, now=now)
    return message


def send_again(session: Session, *, message_pk: int, by: Actor, now: datetime) -> Message:
    """Raises MessageRefused unless the message is uncertain or failed.

    It is looked at again before it goes: answered meanwhile, or past the deadline, it does not.
    """
    message = _require(session, message_pk)
    if message.state not in (MessageState.UNCERTAIN, MessageState.FAILED):
        raise MessageRefused(_why(message, "only an uncertain or failed one goes again"))
    settling.settle_again(session, message, words=f"by {by.name}", now=now)
    _note(session, message, Decision.AGAIN, by=by, now=now)
    return message


def set_aside(session: Session, *, message_pk: int, by: Actor, now: datetime) -> Message:
    """Seen, nothing to do: it waits for nobody any more. Raises MessageRefused unless it failed or
    came back, and nobody has set it aside before."""
    message = _require(session, message_pk)
    if message.dismissed_at:
        raise MessageRefused(f"message {message.id} is set aside already")
    try:
        settling.set_aside(session, message, words=f"by {by.name}", now=now)
    except MoveRefused:
        rule = "only one that failed or came back is set aside"
        raise MessageRefused(_why(message, rule)) from None
    _note(session, message, Decision.DISMISSED, by=by, now=now)
    return message


def _require(session: Session, message_pk: int) -> Message:
    message = settling.lock_message(session, message_pk)
    if message is None:
        raise MessageRefused(
            f"there is no message {message_pk}; `outreach messages uncertain S` and"
            " `outreach messages failed S` number those that wait for you"
        )
    return message


def _note(
    session: Session, message: Message, decision: Decision, *, by: Actor, now: datetime
) -> None:
    note_activity(
        session,
        by=by,
        action="mail.settle",
        campaign_id=message.campaign_id,
        detail=f"mail {message.id}: {TELLING[decision]}",
        now=now,
    )


def _why(message: Message, rule: str) -> str:
    return f"message {message.id} is {message.state}; {rule}"
