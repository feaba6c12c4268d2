"""Whether a message may still go out: the last look, just before its DATA."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from outreach.domain.campaign import CONCLUDED_STATES, CampaignState, last_moment
from outreach.domain.invitation import UNANSWERED_STATES, InvitationState
from outreach.domain.message import ASKING_KINDS, MessageKind
from outreach.domain.reminder import Step, by_hand_day, decision_day, parse_steps

ONLY_COPIED = "the contact is only copied"


class Share(StrEnum):
    """Which of what is due a sender takes: the answers to a person wait behind no bulk."""

    ALL = "all"
    ANSWERS = "answers"
    BULK = "bulk"


class Verdict(StrEnum):
    SEND = "send"
    HOLD = "hold"
    CANCEL = "cancel"


@dataclass(frozen=True)
class LastLook:
    """What is true of a message at the moment it would be sent. ``open_until``: the moment until
    which a concluded list is reopened to its organization."""

    kind: MessageKind
    step: str
    campaign_state: CampaignState
    deadline: datetime
    deadline_round: int
    reminder_steps: str
    invitation_state: InvitationState
    role: str
    suppressed: str
    answered_later: bool
    open_until: datetime | None = None


def last_look(facts: LastLook, *, now: datetime) -> tuple[Verdict, str]:
    """The verdict, and the reason that a coordinator reads where it is not to send."""
    if facts.suppressed:
        return Verdict.CANCEL, f"the address gets no mail: {facts.suppressed}"
    if facts.kind in ASKING_KINDS:
        return _look_at_asking(facts, now=now)
    if facts.kind is MessageKind.CLOSING_NOTICE and (
        facts.invitation_state is not InvitationState.SIGNED
    ):
        return Verdict.CANCEL, f"the organization has {facts.invitation_state.value}"
    if facts.answered_later:
        return Verdict.CANCEL, "a later answer took its place"
    return Verdict.SEND, ""


def _look_at_asking(facts: LastLook, *, now: datetime) -> tuple[Verdict, str]:
    if facts.role != "signs":
        return Verdict.CANCEL, ONLY_COPIED
    if facts.invitation_state not in UNANSWERED_STATES:
        return Verdict.CANCEL, f"the organization is {facts.invitation_state.value}"
    state = facts.campaign_state
    if now >= last_moment(state, deadline=facts.deadline, open_until=facts.open_until):
        return Verdict.CANCEL, "the deadline has passed"
    if facts.open_until is not None and state in CONCLUDED_STATES:
        return Verdict.SEND, ""  # a late signer, whom nothing of the plan asks any more
    if state is CampaignState.OPEN:
        return _look_at_reminder(facts, now=now)
    verdict = Verdict.HOLD if state is CampaignState.PAUSED else Verdict.CANCEL
    return verdict, f"the campaign is {state.value}"


def _look_at_reminder(facts: LastLook, *, now: datetime) -> tuple[Verdict, str]:
    if facts.kind is not MessageKind.REMINDER:
        return Verdict.SEND, ""
    steps = parse_steps(facts.reminder_steps)
    keys = [step.key(facts.deadline_round) for step in steps]
    # Outside the plan it waits no longer than until the plan reminds as well.
    if day := by_hand_day(facts.step) or decision_day(facts.step):
        later = [one for one in steps if _begins(one, facts).astimezone(UTC).date() > day]
    elif facts.step in keys:
        later = list(steps[keys.index(facts.step) + 1 :])
    else:
        return Verdict.CANCEL, "the deadline was extended"
    if any(_begins(step, facts) <= now for step in later):
        return Verdict.CANCEL, "a later reminder takes its place"
    return Verdict.SEND, ""


def _begins(step: Step, facts: LastLook) -> datetime:
    return facts.deadline - step.before
