"""What a person may decide of a message, and why not where they may not."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from outreach.domain.delivery import LastLook, Verdict, last_look
from outreach.domain.message import MessageState


class Decision(StrEnum):
    """It is known to have arrived; it goes again; it goes now instead of later; it was seen, and
    there is nothing to do."""

    ARRIVED = "arrived"
    AGAIN = "again"
    NOW = "now"
    DISMISSED = "dismissed"


# As the activity log says it of a mail.
TELLING = MappingProxyType(
    {
        Decision.ARRIVED: "settled as arrived",
        Decision.AGAIN: "sent again",
        Decision.NOW: "tried at once",
        Decision.DISMISSED: "set aside",
    }
)


@dataclass(frozen=True)
class Standing:
    """What counts for a decision: the message's own facts, and what its sender would look at."""

    state: MessageState
    due_at: datetime
    has_link: bool
    look: LastLook
    is_dismissed: bool = False


# Of what is in none of these states a person has nothing to decide.
_OF = {
    Decision.ARRIVED: frozenset({MessageState.UNCERTAIN}),
    Decision.AGAIN: frozenset({MessageState.UNCERTAIN, MessageState.FAILED}),
    Decision.NOW: frozenset({MessageState.QUEUED}),
    Decision.DISMISSED: frozenset({MessageState.FAILED, MessageState.BOUNCED}),
}
_STANDS = {
    MessageState.QUEUED: "it waits already and goes out by itself",
    MessageState.SENDING: "it is being sent at this moment",
    MessageState.SENT: "it was sent",
    MessageState.FAILED: "it was refused, so it cannot have arrived",
    MessageState.UNCERTAIN: "whether it arrived is in doubt: say so first, or send it again",
    MessageState.CANCELLED: "it was called off before it was sent",
    MessageState.BOUNCED: "it came back",
    MessageState.COMPLAINED: "its reader has reported it as unwanted",
}


def why_not(standing: Standing, decision: Decision, *, now: datetime) -> str:
    """Why this may not be decided, for a coordinator to read; empty where it may."""
    if standing.state not in _OF[decision]:
        return _STANDS[standing.state]
    if decision is Decision.ARRIVED:
        return ""
    if decision is Decision.DISMISSED:
        return "it is set aside already" if standing.is_dismissed else ""
    if decision is Decision.NOW and standing.due_at <= now:
        return "it is due already and goes out by itself"
    if not standing.has_link:
        return "its link has ended: another contact has taken this one's place, or it was revoked"
    verdict, reason = last_look(standing.look, now=now)
    return reason if verdict is Verdict.CANCEL else ""  # what is held goes when it may


def possible_decisions(standing: Standing, *, now: datetime) -> tuple[Decision, ...]:
    return tuple(one for one in Decision if not why_not(standing, one, now=now))
