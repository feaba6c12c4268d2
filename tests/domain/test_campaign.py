"""The moves as the design's text says them, written out once more, beside the code's."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from outreach.domain.campaign import (
    CAMPAIGN_MOVES,
    CampaignEvent,
    CampaignState,
    last_moment,
    takes_answers,
)
from outreach.domain.errors import MoveRefused
from outreach.domain.moves import next_state

_TEXT = """
draft launch open
draft extend draft
open pause paused
paused resume open
open extend open
paused extend paused
open close closed
paused close closed
closed publish published
closed reopen closed
published reopen published
draft cancel cancelled
open cancel cancelled
paused cancel cancelled
"""
ROWS = {(state, event): then for state, event, then in map(str.split, _TEXT.split("\n")[1:-1])}
PAIRS = list(product(CampaignState, CampaignEvent))
DEADLINE = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(("state", "event"), [pair for pair in PAIRS if pair in ROWS])
def test_a_move_of_the_design_leads_where_it_says(
    state: CampaignState, event: CampaignEvent
) -> None:
    assert next_state(CAMPAIGN_MOVES, state, event) == ROWS[state, event]


@pytest.mark.parametrize(("state", "event"), [pair for pair in PAIRS if pair not in ROWS])
def test_every_other_event_is_refused(state: CampaignState, event: CampaignEvent) -> None:
    with pytest.raises(MoveRefused):
        next_state(CAMPAIGN_MOVES, state, event)


def test_the_design_names_no_state_or_event_that_is_not_there() -> None:
    assert {pair for pair in PAIRS if pair in ROWS} == set(ROWS)
    assert len(CAMPAIGN_MOVES) == len(ROWS) == 14


@pytest.mark.parametrize("state", CampaignState)
def test_only_an_open_or_paused_campaign_takes_answers(state: CampaignState) -> None:
    earlier = DEADLINE - timedelta(days=1)
    expected = state.value in ("open", "paused")
    assert takes_answers(state, deadline=DEADLINE, now=earlier) is expected


@pytest.mark.parametrize("state", CampaignState)
def test_an_answer_counts_until_the_last_microsecond_and_no_longer(state: CampaignState) -> None:
    last = DEADLINE - timedelta(microseconds=1)
    assert takes_answers(CampaignState.OPEN, deadline=DEADLINE, now=last)
    assert not takes_answers(state, deadline=DEADLINE, now=DEADLINE)
    assert not takes_answers(state, deadline=DEADLINE, now=DEADLINE + timedelta(days=1))


@pytest.mark.parametrize("state", CampaignState)
def test_only_a_concluded_list_is_open_to_a_late_signer_and_until_that_moment_only(
    state: CampaignState,
) -> None:
    late = DEADLINE + timedelta(days=2)
    now = late - timedelta(microseconds=1)
    reopened = state.value in ("closed", "published")
    assert takes_answers(state, deadline=DEADLINE, open_until=late, now=now) is reopened
    assert not takes_answers(state, deadline=DEADLINE, open_until=late, now=late)
    assert last_moment(state, deadline=DEADLINE, open_until=late) == (
        late if reopened else DEADLINE
    )


def test_a_list_closed_early_is_open_to_a_late_signer_no_longer_than_said() -> None:
    early, now = DEADLINE - timedelta(days=2), DEADLINE - timedelta(days=1)
    assert not takes_answers(CampaignState.CLOSED, deadline=DEADLINE, open_until=early, now=now)


@pytest.mark.parametrize("state", CampaignState)
def test_who_was_not_reopened_answers_until_the_deadline(state: CampaignState) -> None:
    assert last_moment(state, deadline=DEADLINE, open_until=None) == DEADLINE
