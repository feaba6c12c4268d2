"""A call's states, each row and each refused move, and when it is tried again."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from outreach.domain.errors import MoveRefused
from outreach.domain.moves import next_state
from outreach.domain.webhook import CALL_MOVES, CallEvent, CallState, next_call

NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)

ROWS = [
    ("queued", "claim", "sending"),
    ("sending", "claim", "sending"),
    ("sending", "accepted", "sent"),
    ("sending", "refused", "queued"),
    ("sending", "given_up", "failed"),
    ("queued", "drop", "failed"),
    ("sending", "drop", "failed"),
    ("failed", "retry", "queued"),
    ("sent", "retry", "queued"),
]


@pytest.mark.parametrize(("state", "event", "then"), ROWS)
def test_each_move_leads_where_the_table_says(state: str, event: str, then: str) -> None:
    assert next_state(CALL_MOVES, CallState(state), CallEvent(event)) == then


@pytest.mark.parametrize(
    ("state", "event"),
    [pair for pair in product(CallState, CallEvent) if pair not in {row[:2] for row in ROWS}],
)
def test_every_other_move_is_refused(state: CallState, event: CallEvent) -> None:
    with pytest.raises(MoveRefused):
        next_state(CALL_MOVES, state, event)


def test_a_call_is_tried_ten_times_over_three_days_and_more() -> None:
    moments = [next_call(attempts, now=NOW, jitter=0.0) for attempts in range(1, 10)]
    pauses = [moment - NOW for moment in moments if moment]
    assert pauses[:3] == [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)]
    assert [pause.total_seconds() / 3600 for pause in pauses[3:]] == [2, 5, 10, 14, 20, 24]
    assert sum(pauses, timedelta()) > timedelta(days=3)
    assert next_call(10, now=NOW, jitter=0.0) is None


def test_what_failed_together_is_spread_over_a_tenth_of_the_pause() -> None:
    assert next_call(2, now=NOW, jitter=0.5) == NOW + timedelta(minutes=5, seconds=15)
    assert next_call(2, now=NOW, jitter=0.999) < NOW + timedelta(minutes=5, seconds=30)  # type: ignore[operator]
