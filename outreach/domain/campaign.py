"""A campaign's states, and what each allows."""

from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class CampaignState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class CampaignEvent(StrEnum):
    LAUNCH = "launch"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"
    CLOSE = "close"
    PUBLISH = "publish"
    CANCEL = "cancel"
    REOPEN = "reopen"


_S, _E = CampaignState, CampaignEvent

CAMPAIGN_MOVES = MappingProxyType(
    {
        (_S.DRAFT, _E.LAUNCH): _S.OPEN,
        # A draft that took longer than planned: its partners are not lost with its deadline.
        (_S.DRAFT, _E.EXTEND): _S.DRAFT,
        (_S.DRAFT, _E.CANCEL): _S.CANCELLED,
        (_S.OPEN, _E.PAUSE): _S.PAUSED,
        (_S.OPEN, _E.EXTEND): _S.OPEN,
        (_S.OPEN, _E.CLOSE): _S.CLOSED,
        (_S.OPEN, _E.CANCEL): _S.CANCELLED,
        (_S.PAUSED, _E.RESUME): _S.OPEN,
        (_S.PAUSED, _E.EXTEND): _S.PAUSED,
        (_S.PAUSED, _E.CLOSE): _S.CLOSED,
        (_S.PAUSED, _E.CANCEL): _S.CANCELLED,
        (_S.CLOSED, _E.PUBLISH): _S.PUBLISHED,
        # For one late signer: for all the others it stays as it is.
        (_S.CLOSED, _E.REOPEN): _S.CLOSED,
        (_S.PUBLISHED, _E.REOPEN): _S.PUBLISHED,
    }
)

# A pause stops our mails, not the answers of those who have theirs already.
ANSWERING_STATES = frozenset({_S.OPEN, _S.PAUSED})
CONCLUDED_STATES = frozenset({_S.CLOSED, _S.PUBLISHED})


def last_moment(
    state: CampaignState, *, deadline: datetime, open_until: datetime | None
) -> datetime:
    """Until when an organization may answer: the deadline, or, for a late signer to whom a
    concluded list was reopened, ``open_until``."""
    return open_until if open_until is not None and state in CONCLUDED_STATES else deadline


def takes_answers(
    state: CampaignState, *, deadline: datetime, open_until: datetime | None = None, now: datetime
) -> bool:
    """Whether an answer given at ``now`` counts: a late sweep never lets a late one in.

    ``open_until``: the moment until which a concluded list is reopened to this organization.
    """
    if open_until is not None and state in CONCLUDED_STATES:
        return now < open_until
    return state in ANSWERING_STATES and now < deadline
