"""What a server's reply comes to: for the message's row, and for its campaign."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from outreach.domain.breaker import Breaker
from outreach.domain.message import MessageEvent
from outreach.domain.retry import UNREACHABLE_PAUSE, RetrySchedule
from outreach.mail.replies import Reply
from outreach.mail.reply_table import Outcome
from outreach.store.claims import Claimed
from outreach.store.rounds import Result

_EVENTS = {
    Outcome.ACCEPTED: MessageEvent.ACCEPTED,
    Outcome.DEFERRED: MessageEvent.DEFERRED,
    Outcome.RECIPIENT_REJECTED: MessageEvent.REJECTED,
    Outcome.MESSAGE_REJECTED: MessageEvent.REJECTED,
    Outcome.STOPPED: MessageEvent.DEFERRED,
    Outcome.UNREACHABLE: MessageEvent.DEFERRED,
    Outcome.DOUBTFUL: MessageEvent.LAPSED_AFTER_DATA,
}


# A message that has stopped its campaign so often is put off like any other from then on, or no
# resume would ever get past it.
_STOPS = 3


@dataclass(frozen=True)
class Consequence:
    """What to write. ``stop`` is why the message's campaign must pause; mostly empty."""

    result: Result
    stop: str = ""


def consequence_of(
    claimed: Claimed, reply: Reply, *, retry: RetrySchedule, breaker: Breaker, now: datetime
) -> Consequence:
    outcome, attempts, due_at = reply.outcome, claimed.attempts, None
    if outcome in (Outcome.DEFERRED, Outcome.STOPPED):
        attempts += 1
    if outcome is Outcome.STOPPED and attempts > _STOPS:
        outcome = Outcome.DEFERRED
    event = _EVENTS[outcome]
    if outcome is Outcome.DEFERRED:
        due_at = retry.next_attempt(attempts, now=now, jitter=secrets.randbelow(1000) / 1000)
        if attempts >= retry.give_up_after:
            event = MessageEvent.REJECTED
    elif event is MessageEvent.DEFERRED:
        due_at = now + 2 * UNREACHABLE_PAUSE  # about us: it goes soon, but after the others
    result = Result(
        claimed.id, event, code=reply.code, words=reply.words, due_at=due_at, attempts=attempts
    )
    stop = _why_stop(claimed.campaign_id, outcome, breaker)
    return Consequence(result, stop=f"{stop}: {reply.words}" if stop else "")


def _why_stop(campaign_id: int, outcome: Outcome, breaker: Breaker) -> str:
    match outcome:
        case Outcome.ACCEPTED:
            breaker.note_accepted(campaign_id)
        case Outcome.STOPPED:
            return "the mail server refuses us"
        case Outcome.MESSAGE_REJECTED if breaker.note_message_refused(campaign_id):
            return "mail after mail was refused for what it says"
        case Outcome.RECIPIENT_REJECTED if breaker.note_recipient_refused(campaign_id):
            return "recipient after recipient was refused"
        case _:
            pass
    return ""
