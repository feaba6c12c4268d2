"""The open door: an organization that was not invited asks to join.

Nothing counts before its address is proven, and nothing but a coordinator's word lets it in.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from outreach.domain.campaign import ANSWERING_STATES, CampaignState

PROOF_LIFE: Final = timedelta(days=3)  # a request that nobody stands by is forgotten then
MOST_OPEN: Final = 2_000  # of a campaign, unproven and waiting: a flood fills no database


class RequestState(StrEnum):
    """KNOWN: the address was a contact's already, who was led to their own invitation; REPLACED:
    the same address asked anew."""

    UNPROVEN = "unproven"
    WAITING = "waiting"
    ADMITTED = "admitted"
    REFUSED = "refused"
    REPLACED = "replaced"
    KNOWN = "known"


class RequestEvent(StrEnum):
    PROVE = "prove"
    RECOGNIZE = "recognize"
    ADMIT = "admit"
    REFUSE = "refuse"
    REPLACE = "replace"


_S, _E = RequestState, RequestEvent

REQUEST_MOVES = MappingProxyType(
    {
        (_S.UNPROVEN, _E.PROVE): _S.WAITING,
        (_S.UNPROVEN, _E.RECOGNIZE): _S.KNOWN,
        (_S.WAITING, _E.ADMIT): _S.ADMITTED,
        (_S.WAITING, _E.REFUSE): _S.REFUSED,
        (_S.WAITING, _E.REPLACE): _S.REPLACED,
        # On second thoughts, as long as others are let in.
        (_S.REFUSED, _E.ADMIT): _S.ADMITTED,
    }
)
OPEN_REQUESTS = frozenset({_S.UNPROVEN, _S.WAITING})


def takes_requests(
    state: CampaignState, *, open_door: bool, deadline: datetime, now: datetime
) -> bool:
    """Whether the sign-on address takes requests: switched on, of a campaign that takes answers."""
    return open_door and state in ANSWERING_STATES and now < deadline


def may_prove(asked_at: datetime, *, now: datetime) -> bool:
    return now < asked_at + PROOF_LIFE
