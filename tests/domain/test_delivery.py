"""The last look before DATA: every combination of what may have happened meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from outreach.domain.campaign import CampaignState
from outreach.domain.delivery import LastLook, Verdict, last_look
from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageKind

DEADLINE = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
BEFORE = DEADLINE - timedelta(microseconds=1)
STEPS = ("", "3d/0", "3d/1")


def _facts(**changes: object) -> LastLook:
    facts: dict[str, object] = {
        "kind": MessageKind.INVITATION,
        "step": "",
        "campaign_state": CampaignState.OPEN,
        "deadline": DEADLINE,
        "deadline_round": 0,
        "reminder_steps": "3d",
        "invitation_state": InvitationState.AWAITING,
        "role": "signs",
        "suppressed": "",
        "answered_later": False,
    }
    return LastLook(**(facts | changes))  # type: ignore[arg-type]


def _expected(facts: LastLook, now: datetime) -> str:
    """The rules in the words of the design, one after another."""
    asks = facts.kind.value in ("invitation", "reminder")
    answered = facts.invitation_state.value not in ("awaiting", "reconfirming")
    outdated = facts.kind.value == "reminder" and facts.step != f"3d/{facts.deadline_round}"
    over = now >= facts.deadline or facts.campaign_state.value not in ("open", "paused")
    if facts.suppressed or (asks and (answered or over)):
        return "cancel"
    if asks and facts.campaign_state.value == "paused":
        return "hold"
    if asks and outdated:
        return "cancel"
    if facts.kind.value == "closing_notice" and facts.invitation_state.value != "signed":
        return "cancel"
    return "send"


@pytest.mark.parametrize("state", CampaignState)
def test_a_late_signer_may_be_asked_until_its_own_moment_once_the_list_is_closed(
    state: CampaignState,
) -> None:
    until = DEADLINE + timedelta(days=1)
    for kind, step in ((MessageKind.INVITATION, ""), (MessageKind.REMINDER, "by-hand-2026-12-01")):
        facts = _facts(kind=kind, step=step, campaign_state=state, open_until=until)
        is_concluded = state.value in ("closed", "published")
        just_before = last_look(facts, now=until - timedelta(microseconds=1))
        assert (just_before[0] is Verdict.SEND) is is_concluded
        assert last_look(facts, now=until)[0] is Verdict.CANCEL


@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("invitation_state", InvitationState)
def test_every_combination_is_judged_as_the_design_says(
    kind: MessageKind, invitation_state: InvitationState
) -> None:
    rest = product(CampaignState, (BEFORE, DEADLINE), STEPS, (0, 1), ("", "unsubscribed"))
    for campaign_state, now, step, deadline_round, suppressed in rest:
        facts = _facts(
            kind=kind,
            step=step,
            campaign_state=campaign_state,
            deadline_round=deadline_round,
            invitation_state=invitation_state,
            suppressed=suppressed,
        )
        verdict, reason = last_look(facts, now=now)
        assert verdict.value == _expected(facts, now), facts
        assert bool(reason) is (verdict is not Verdict.SEND)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"suppressed": "unsubscribed"}, "the address gets no mail: unsubscribed"),
        ({"invitation_state": InvitationState.SIGNED}, "the organization is signed"),
        ({"campaign_state": CampaignState.PAUSED}, "the campaign is paused"),
        ({"campaign_state": CampaignState.CANCELLED}, "the campaign is cancelled"),
        (
            {"kind": MessageKind.REMINDER, "step": "3d/0", "deadline_round": 1},
            "the deadline was extended",
        ),
    ],
)
def test_a_coordinator_reads_why_it_was_not_sent(changes: dict[str, object], reason: str) -> None:
    assert last_look(_facts(**changes), now=BEFORE)[1] == reason


def test_the_eleventh_extension_is_not_mistaken_for_the_first() -> None:
    facts = _facts(kind=MessageKind.REMINDER, step="3d/11", deadline_round=1)
    assert last_look(facts, now=BEFORE)[0] is Verdict.CANCEL


def test_a_receipt_goes_out_after_the_deadline_and_while_paused() -> None:
    for state in (CampaignState.PAUSED, CampaignState.CLOSED, CampaignState.CANCELLED):
        facts = _facts(kind=MessageKind.WITHDRAWAL_RECEIPT, campaign_state=state)
        assert last_look(facts, now=DEADLINE)[0] is Verdict.SEND


@pytest.mark.parametrize("kind", [MessageKind.INVITATION, MessageKind.REMINDER])
def test_who_is_only_copied_by_now_is_not_asked(kind: MessageKind) -> None:
    verdict = last_look(_facts(kind=kind, step="3d/0", role="copied"), now=BEFORE)
    assert verdict == (Verdict.CANCEL, "the contact is only copied")


def test_a_reminder_gives_way_once_a_later_step_has_begun() -> None:
    facts = _facts(kind=MessageKind.REMINDER, step="7d/0", reminder_steps="7d,3d,1d")
    begun = DEADLINE - timedelta(days=3)
    assert last_look(facts, now=begun - timedelta(microseconds=1)) == (Verdict.SEND, "")
    assert last_look(facts, now=begun) == (Verdict.CANCEL, "a later reminder takes its place")


@pytest.mark.parametrize("step", ["by-hand-2026-11-20", "by-hand-2026-11-20-2"])
@pytest.mark.parametrize("deadline_round", [0, 2])
@pytest.mark.parametrize("steps", ["", "21d,3d"])
def test_a_reminder_by_hand_needs_no_step_of_the_plan(
    step: str, deadline_round: int, steps: str
) -> None:
    facts = _facts(
        kind=MessageKind.REMINDER, step=step, deadline_round=deadline_round, reminder_steps=steps
    )
    assert last_look(facts, now=DEADLINE - timedelta(days=11)) == (Verdict.SEND, "")
    answered = replace(facts, invitation_state=InvitationState.SIGNED)
    assert last_look(answered, now=DEADLINE - timedelta(days=11))[0] is Verdict.CANCEL
    paused = replace(facts, campaign_state=CampaignState.PAUSED)
    assert last_look(paused, now=DEADLINE - timedelta(days=11))[0] is Verdict.HOLD
    assert last_look(facts, now=DEADLINE)[0] is Verdict.CANCEL


def test_a_reminder_by_hand_that_was_put_off_gives_way_to_the_plans_next() -> None:
    step = f"by-hand-{(DEADLINE - timedelta(days=4)).date()}"
    facts = _facts(kind=MessageKind.REMINDER, step=step, reminder_steps="4d,3d")
    begun = DEADLINE - timedelta(days=3)
    assert last_look(facts, now=begun - timedelta(microseconds=1)) == (Verdict.SEND, "")
    assert last_look(facts, now=begun) == (Verdict.CANCEL, "a later reminder takes its place")


def test_a_receipt_gives_way_to_a_later_answer() -> None:
    facts = _facts(kind=MessageKind.RECEIPT, step="7", answered_later=True)
    assert last_look(facts, now=BEFORE) == (Verdict.CANCEL, "a later answer took its place")
