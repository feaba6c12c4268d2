"""Of one organization's story: what was recorded for it by hand, and whom that is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from outreach.domain.campaign import CampaignState, takes_answers
from outreach.domain.evidence import Method
from outreach.domain.invitation import INVITATION_MOVES, InvitationEvent, InvitationState
from outreach.domain.message import MessageKind, MessageState
from outreach.domain.recorded_consent import ConsentState
from outreach.store import recorded_consents
from outreach.store.desk_tables import Activity
from outreach.store.recorded_consents import Recorded
from outreach.store.tables import Campaign, Invitation, Message, Signature
from outreach.store.timelines import Reached

RECORD_ACTIONS: Final = "consent."
_ON_ITS_WAY = frozenset({MessageState.SENDING, MessageState.SENT, MessageState.UNCERTAIN})


@dataclass(frozen=True)
class ByHand:
    """``counted`` is what the standing signature was recorded as, ``linked`` are the contacts whom
    our mails are for. ``may_record``: a consent would count once confirmed. ``nobody_told``: one
    counts, and no mail about it reaches anybody."""

    recorded: tuple[Recorded, ...] = ()
    counted: Recorded | None = None
    linked: tuple[Reached, ...] = ()
    may_record: bool = False
    nobody_told: bool = False

    @property
    def waiting(self) -> Recorded | None:
        """The one that waits for a second person."""
        return next((one for one in self.recorded if one.waits), None)

    @property
    def is_reached(self) -> bool:
        """Whether a mail reaches anybody there."""
        return any(not one.suppressed for one in self.linked)

    def behind(self, answer_id: int | None) -> Recorded | None:
        """The record whose confirmation made this answer."""
        return next((one for one in self.recorded if one.answer_id == answer_id), None)


def tell_by_hand(
    session: Session,
    campaign: Campaign,
    invitation: Invitation,
    *,
    people: Iterable[Reached],
    messages: Iterable[Message],
    standing: Signature | None,
    lines: Iterable[Activity],
    now: datetime,
) -> ByHand:
    """``lines`` of the activity log tell whether there is anything to look for."""
    recorded = (
        recorded_consents.list_recorded(
            session, invitation.campaign_id, organization_id=invitation.organization_id, now=now
        )
        if any(line.action.startswith(RECORD_ACTIONS) for line in lines)
        else []
    )
    linked = tuple(one for one in people if one.has_link)
    confirmed = [one for one in recorded if one.state is ConsentState.CONFIRMED]
    by_hand = standing is not None and standing.method == Method.BY_HAND
    return ByHand(
        recorded=tuple(recorded),
        counted=confirmed[-1] if by_hand and confirmed else None,
        linked=linked,
        may_record=_may_sign(campaign, invitation, now=now)
        and not any(one.waits for one in recorded),
        nobody_told=by_hand and not _is_told(messages, linked),
    )


def _may_sign(campaign: Campaign, invitation: Invitation, *, now: datetime) -> bool:
    takes = takes_answers(
        CampaignState(campaign.state),
        deadline=campaign.deadline,
        open_until=invitation.open_until,
        now=now,
    )
    state = InvitationState(invitation.state)
    return takes and (state, InvitationEvent.SIGN) in INVITATION_MOVES


def _is_told(messages: Iterable[Message], linked: Iterable[Reached]) -> bool:
    reached = {one.id for one in linked if not one.suppressed}
    return any(
        one.state in _ON_ITS_WAY or (one.state == MessageState.QUEUED and one.contact_id in reached)
        for one in messages
        if one.kind == MessageKind.RECORDED_RECEIPT
    )
