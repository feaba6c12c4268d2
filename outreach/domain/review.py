"""Two contacts of one organization contradict each other: the first answer stands, and a
coordinator settles it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from outreach.domain.campaign import CampaignState, takes_answers
from outreach.domain.invitation import InvitationEvent, InvitationState


class Taken(StrEnum):
    """What became of an answer: it counts, or it is kept and waits for a coordinator."""

    COUNTS = "counts"
    WAITS = "waits"


class ReviewState(StrEnum):
    WAITING = "waiting"
    KEPT = "kept"
    REPLACED = "replaced"
    AGREED = "agreed"


class ReviewEvent(StrEnum):
    """AGREE: who spoke first has changed their own answer meanwhile."""

    KEEP = "keep"
    REPLACE = "replace"
    AGREE = "agree"


_S, _E = ReviewState, ReviewEvent

REVIEW_MOVES = MappingProxyType(
    {
        (_S.WAITING, _E.KEEP): _S.KEPT,
        (_S.WAITING, _E.REPLACE): _S.REPLACED,
        (_S.WAITING, _E.AGREE): _S.AGREED,
    }
)

_AGAINST = MappingProxyType(
    {
        InvitationState.SIGNED: frozenset({InvitationEvent.DECLINE, InvitationEvent.WITHDRAW}),
        InvitationState.DECLINED: frozenset({InvitationEvent.SIGN}),
        InvitationState.WITHDRAWN: frozenset({InvitationEvent.SIGN}),
    }
)


@dataclass(frozen=True)
class Standing:
    """An organization's present answer, and who of its contacts gave it: ``contact_id`` is None
    where it was recorded by hand. ``is_gone``: that contact was replaced, or only reads since."""

    state: InvitationState
    contact_id: int | None
    is_gone: bool


def contradicts(event: InvitationEvent, standing: Standing, *, contact_id: int) -> bool:
    """Whether an answer of ``contact_id`` may not take the place of the one that stands.

    Who gave the first may always change it. Where nobody can, because it was recorded by hand or
    who gave it is gone, a no counts at once: a consent can always be taken back, and a name that
    stands against somebody's will is the greater harm. A yes then waits: what is printed cannot be
    called back. All that only protects a name more is no answer of this kind, and never waits.
    """
    if event not in _AGAINST.get(standing.state, ()) or standing.contact_id == contact_id:
        return False
    nobody_can_change_it = standing.contact_id is None or standing.is_gone
    return event is InvitationEvent.SIGN or not nobody_can_change_it


class Hindrance(StrEnum):
    """Why the later answer can no longer take the first one's place."""

    CHANGED = "the organization's answer has changed since"
    CANCELLED = "the campaign was cancelled"
    PUBLISHED = "the list is published: reopen it for this organization first"
    TEXT_CHANGED = "the statement was changed since: the organization must agree to the new text"
    GONE = "who gave it is no longer a contact who signs for the organization"


@dataclass(frozen=True)
class Circumstances:
    """What is true of a waiting review now. ``standing`` is the answer that was contradicted."""

    is_yes: bool
    standing: InvitationState
    invitation_state: InvitationState
    campaign_state: CampaignState
    deadline: datetime
    open_until: datetime | None
    text_changed: bool
    is_gone: bool


def find_hindrance(facts: Circumstances, *, now: datetime) -> Hindrance | None:
    """None where the later answer may take the first one's place.

    It came in time, so a yes may until the list is published, or as long as it is reopened to the
    organization; a no may at any time.
    """
    if facts.invitation_state is not facts.standing:
        return Hindrance.CHANGED
    if facts.campaign_state is CampaignState.CANCELLED:
        return Hindrance.CANCELLED
    if not facts.is_yes:
        return None
    if facts.is_gone:
        return Hindrance.GONE
    reopened = takes_answers(
        facts.campaign_state, deadline=facts.deadline, open_until=facts.open_until, now=now
    )
    if facts.campaign_state is CampaignState.PUBLISHED and not reopened:
        return Hindrance.PUBLISHED
    return Hindrance.TEXT_CHANGED if facts.text_changed else None
