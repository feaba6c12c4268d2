"""The moves as the design's text says them, written out once more, beside the code's."""

from itertools import product

import pytest

from outreach.domain.errors import MoveRefused
from outreach.domain.invitation import (
    EXPIRING_STATES,
    INVITATION_MOVES,
    UNANSWERED_STATES,
    InvitationEvent,
    InvitationState,
)
from outreach.domain.moves import next_state

_TEXT = """
awaiting sign signed
deferred sign signed
declined sign signed
withdrawn sign signed
awaiting defer deferred
deferred defer deferred
deferred ask_again awaiting
awaiting decline declined
deferred decline declined
signed withdraw withdrawn
signed supersede reconfirming
reconfirming sign signed
reconfirming decline withdrawn
reconfirming withdraw withdrawn
awaiting expire expired
deferred expire expired
reconfirming expire expired
awaiting revoke revoked
deferred revoke revoked
reconfirming revoke revoked
expired reopen awaiting
declined reopen declined
withdrawn reopen withdrawn
awaiting reopen awaiting
"""
ROWS = {(state, event): then for state, event, then in map(str.split, _TEXT.split("\n")[1:-1])}
PAIRS = list(product(InvitationState, InvitationEvent))


@pytest.mark.parametrize(("state", "event"), [pair for pair in PAIRS if pair in ROWS])
def test_a_move_of_the_design_leads_where_it_says(
    state: InvitationState, event: InvitationEvent
) -> None:
    assert next_state(INVITATION_MOVES, state, event) == ROWS[state, event]


@pytest.mark.parametrize(("state", "event"), [pair for pair in PAIRS if pair not in ROWS])
def test_every_other_event_is_refused(state: InvitationState, event: InvitationEvent) -> None:
    with pytest.raises(MoveRefused):
        next_state(INVITATION_MOVES, state, event)


def test_the_design_names_no_state_or_event_that_is_not_there() -> None:
    assert {pair for pair in PAIRS if pair in ROWS} == set(ROWS)
    assert len(INVITATION_MOVES) == len(ROWS) == 24


@pytest.mark.parametrize("state", InvitationState)
def test_only_who_has_not_answered_is_asked(state: InvitationState) -> None:
    assert (state in UNANSWERED_STATES) is (state.value in ("awaiting", "reconfirming"))


@pytest.mark.parametrize("state", InvitationState)
def test_the_deadline_expires_exactly_those_that_can_expire(state: InvitationState) -> None:
    assert (state in EXPIRING_STATES) is ((state.value, "expire") in ROWS)
