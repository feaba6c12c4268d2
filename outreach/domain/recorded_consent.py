"""A consent that came by telephone, message or letter: recorded by one coordinator, confirmed by
another. Nothing counts before the second has looked."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from outreach.domain.campaign import ANSWERING_STATES, CampaignState, takes_answers
from outreach.domain.invitation import INVITATION_MOVES, InvitationEvent, InvitationState

# What the recording coordinator ticks; kept with the signature word for word.
SURE_SENTENCE: Final = (
    "I am sure that this person may speak for {organization}, and that they agreed to this text."
)
MAX_FILE: Final = 2**20  # bytes


class Channel(StrEnum):
    PHONE = "phone"
    MESSAGE = "message"
    EMAIL = "email"
    LETTER = "letter"
    IN_PERSON = "in_person"


class ConsentState(StrEnum):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class ConsentEvent(StrEnum):
    CONFIRM = "confirm"
    REFUSE = "refuse"


_S, _E = ConsentState, ConsentEvent

CONSENT_MOVES = MappingProxyType(
    {
        (_S.WAITING, _E.CONFIRM): _S.CONFIRMED,
        (_S.WAITING, _E.REFUSE): _S.REFUSED,
    }
)


class Obstacle(StrEnum):
    """Why a waiting record can no longer be confirmed."""

    ANSWERED = "the organization has answered by itself since it was recorded"
    CANCELLED = "the campaign was cancelled"
    CLOSED = "the list is closed: reopen it for this organization first"
    TEXT_CHANGED = (
        "the statement was changed since it was recorded: refuse it, and record it anew once they"
        " agree to the new text"
    )


@dataclass(frozen=True)
class Circumstances:
    """What is true of a waiting record now. ``answered_since``: an answer of any kind came in."""

    campaign_state: CampaignState
    deadline: datetime
    open_until: datetime | None
    invitation_state: InvitationState
    answered_since: bool
    text_changed: bool


def find_obstacle(facts: Circumstances, *, now: datetime) -> Obstacle | None:
    """None where it may be confirmed.

    It was recorded in time, so it may be confirmed until the list is closed, or as long as it is
    reopened to the organization.
    """
    may_sign = (facts.invitation_state, InvitationEvent.SIGN) in INVITATION_MOVES
    if facts.answered_since or facts.invitation_state is InvitationState.SIGNED:
        return Obstacle.ANSWERED
    if facts.campaign_state is CampaignState.CANCELLED:
        return Obstacle.CANCELLED
    runs = facts.campaign_state in ANSWERING_STATES or takes_answers(
        facts.campaign_state, deadline=facts.deadline, open_until=facts.open_until, now=now
    )
    if not (runs and may_sign):
        return Obstacle.CLOSED
    return Obstacle.TEXT_CHANGED if facts.text_changed else None


class FileKind(StrEnum):
    """What may be attached; the value ends its name."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    EML = "eml"
    TXT = "txt"


_BEGINNINGS = MappingProxyType(
    {
        FileKind.PDF: b"%PDF-",
        FileKind.PNG: b"\x89PNG\r\n\x1a\n",
        FileKind.JPEG: b"\xff\xd8\xff",
    }
)
_HEADER = re.compile(rb"(?:From |[!-9;-~]+[ \t]*:)")


def kind_of_file(name: str, content: bytes) -> FileKind | None:
    """By what is in it, not by its name alone. None for what may not be attached."""
    for kind, beginning in _BEGINNINGS.items():
        if content.startswith(beginning):
            return kind
    if b"\0" in content:
        return None
    ending = name.lower().rpartition(".")[2]
    if ending == FileKind.EML and _HEADER.match(content):
        return FileKind.EML
    return FileKind.TXT if ending == FileKind.TXT and content.strip() else None
