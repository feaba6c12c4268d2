"""A person decides what no program can: whether a doubtful mail arrived, or goes again."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.errors import MoveRefused, Refused
from outreach.domain.message import MessageState
from outreach.store import campaigns, settling
from outreach.store.settling import Unsettled
from outreach.store.tables import Message


class MessageRefused(Refused):
    """There is no such message, or it waits for nobody."""


def list_unsettled(session: Session, *, slug: str, state: MessageState) -> list[Unsettled]:
    """A campaign's uncertain or failed messages. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    return settling.list_unsettled(session, campaign.id, state=state)


def settle_as_arrived(session: Session, *, message_pk: int, now: datetime) -> Message:
    """Raises MessageRefused unless the message is uncertain."""
    message = _require(session, message_pk)
    try:
        settling.settle_arrived(session, message, now=now)
    except MoveRefused:
        rule = "only of an uncertain one can it be said that it arrived"
        raise MessageRefused(_why(message, rule)) from None
    return message


def send_again(session: Session, *, message_pk: int, now: datetime) -> Message:
    """Raises MessageRefused unless the message is uncertain or failed.

    It is looked at again before it goes: answered meanwhile, or past the deadline, it does not.
    """
    message = _require(session, message_pk)
    if message.state not in (MessageState.UNCERTAIN, MessageState.FAILED):
        raise MessageRefused(_why(message, "only an uncertain or failed one goes again"))
    settling.settle_again(session, message, now=now)
    return message


def _require(session: Session, message_pk: int) -> Message:
    message = settling.lock_message(session, message_pk)
    if message is None:
        raise MessageRefused(
            f"there is no message {message_pk}; `outreach messages uncertain S` and"
            " `outreach messages failed S` number those that wait for you"
        )
    return message


def _why(message: Message, rule: str) -> str:
    return f"message {message.id} is {message.state}; {rule}"
