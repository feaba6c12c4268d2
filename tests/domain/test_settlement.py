"""What a person may decide of a message: every state, every decision, every reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from outreach.domain.campaign import CampaignState
from outreach.domain.delivery import LastLook
from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageKind, MessageState
from outreach.domain.settlement import Decision, Standing, possible_decisions, why_not

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
LOOK = LastLook(
    kind=MessageKind.INVITATION,
    step="",
    campaign_state=CampaignState.OPEN,
    deadline=NOW + timedelta(days=9),
    deadline_round=0,
    reminder_steps="3d",
    invitation_state=InvitationState.AWAITING,
    role="signs",
    suppressed="",
    answered_later=False,
)
POSSIBLE = {
    MessageState.QUEUED: {Decision.NOW},
    MessageState.SENDING: set(),
    MessageState.SENT: set(),
    MessageState.FAILED: {Decision.AGAIN, Decision.DISMISSED},
    MessageState.UNCERTAIN: {Decision.ARRIVED, Decision.AGAIN},
    MessageState.CANCELLED: set(),
    MessageState.BOUNCED: {Decision.DISMISSED},
    MessageState.COMPLAINED: set(),
}


def standing(state: MessageState, **look: object) -> Standing:
    due_at = NOW + timedelta(hours=1)
    return Standing(state, due_at, has_link=True, look=replace(LOOK, **look))  # type: ignore[arg-type]


@pytest.mark.parametrize("state", MessageState)
def test_in_each_state_these_decisions_are_possible_and_of_all_others_a_reason_is_given(
    state: MessageState,
) -> None:
    found = standing(state)
    assert set(possible_decisions(found, now=NOW)) == POSSIBLE[state]
    for decision in set(Decision) - POSSIBLE[state]:
        assert why_not(found, decision, now=NOW)


def test_what_is_set_aside_is_not_set_aside_again_and_may_still_go_again() -> None:
    dismissed = replace(standing(MessageState.FAILED), is_dismissed=True)
    assert possible_decisions(dismissed, now=NOW) == (Decision.AGAIN,)
    assert why_not(dismissed, Decision.DISMISSED, now=NOW) == "it is set aside already"


@pytest.mark.parametrize("decision", [Decision.AGAIN, Decision.NOW])
@pytest.mark.parametrize(
    ("look", "reason"),
    [
        ({"suppressed": "unsubscribed"}, "the address gets no mail: unsubscribed"),
        ({"invitation_state": InvitationState.SIGNED}, "the organization is signed"),
        ({"campaign_state": CampaignState.CLOSED}, "the campaign is closed"),
        ({"deadline": NOW}, "the deadline has passed"),
        ({"role": "copied"}, "the contact is only copied"),
    ],
)
def test_what_would_be_called_off_just_before_it_is_sent_does_not_go(
    decision: Decision, look: dict[str, object], reason: str
) -> None:
    state = MessageState.QUEUED if decision is Decision.NOW else MessageState.FAILED
    assert why_not(standing(state, **look), decision, now=NOW) == reason


def test_what_is_in_doubt_may_have_arrived_whatever_else_has_happened() -> None:
    found = standing(MessageState.UNCERTAIN, invitation_state=InvitationState.SIGNED)
    assert possible_decisions(found, now=NOW) == (Decision.ARRIVED,)


def test_in_a_paused_campaign_it_may_be_decided_and_waits() -> None:
    found = standing(MessageState.FAILED, campaign_state=CampaignState.PAUSED)
    assert why_not(found, Decision.AGAIN, now=NOW) == ""


def test_what_is_due_already_needs_no_hurry() -> None:
    found = replace(standing(MessageState.QUEUED), due_at=NOW)
    assert "due already" in why_not(found, Decision.NOW, now=NOW)


@pytest.mark.parametrize("state", [MessageState.FAILED, MessageState.UNCERTAIN])
def test_a_contact_who_was_replaced_gets_nothing_again(state: MessageState) -> None:
    found = replace(standing(state), has_link=False)
    assert "taken this one's place" in why_not(found, Decision.AGAIN, now=NOW)
