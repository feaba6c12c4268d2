"""The moves as the design's text says them, written out once more, beside the code's."""

from datetime import UTC, datetime
from itertools import product

import pytest

from outreach.domain.errors import MoveRefused
from outreach.domain.message import (
    ASKING_KINDS,
    MAX_LAPSES,
    MESSAGE_MOVES,
    PRIORITY,
    MessageEvent,
    MessageKind,
    MessageState,
    answer_of,
    receipt_step,
)
from outreach.domain.moves import next_state

# "cancelled, not sent" at the last look before DATA is the row `sending cancel`.
_TEXT = """
queued claim sending
sending accepted sent
sending deferred queued
sending rejected failed
sending lapsed_before_data queued
sending lapsed_after_data uncertain
uncertain repeat queued
uncertain arrived sent
failed requeue queued
queued cancel cancelled
queued hurry queued
failed dismiss failed
bounced dismiss bounced
sending cancel cancelled
cancelled requeue queued
sent bounced bounced
sent complained complained
"""
ROWS = {(state, event): then for state, event, then in map(str.split, _TEXT.split("\n")[1:-1])}
PAIRS = list(product(MessageState, MessageEvent))


@pytest.mark.parametrize(("state", "event"), [pair for pair in PAIRS if pair in ROWS])
def test_a_move_of_the_design_leads_where_it_says(state: MessageState, event: MessageEvent) -> None:
    assert next_state(MESSAGE_MOVES, state, event) == ROWS[state, event]


@pytest.mark.parametrize(("state", "event"), [pair for pair in PAIRS if pair not in ROWS])
def test_every_other_event_is_refused(state: MessageState, event: MessageEvent) -> None:
    with pytest.raises(MoveRefused):
        next_state(MESSAGE_MOVES, state, event)


def test_the_design_names_no_state_or_event_that_is_not_there() -> None:
    assert {pair for pair in PAIRS if pair in ROWS} == set(ROWS)
    assert len(MESSAGE_MOVES) == len(ROWS) == 17


@pytest.mark.parametrize("kind", MessageKind)
def test_an_answer_is_receipted_before_anything_in_bulk(kind: MessageKind) -> None:
    answers = {"receipt", "recorded_receipt", "decline_receipt"}
    answers |= {"deferral_receipt", "withdrawal_receipt", "review_notice", "review_result"}
    assert (PRIORITY[kind] == 0) is (kind.value in answers)
    assert (kind in ASKING_KINDS) is (kind.value in ("invitation", "reminder"))


def test_a_row_is_set_aside_after_five_lapses() -> None:
    assert MAX_LAPSES == 5


def test_a_receipts_step_names_its_answer_also_when_it_is_sent_anew() -> None:
    first, again = receipt_step(17), receipt_step(17, again_at=datetime(2026, 3, 4, 14, tzinfo=UTC))
    assert (first, again) == ("17", "17/20260304T140000")
    assert answer_of(first) == answer_of(again) == 17
    assert [answer_of(step) for step in ("", "7d/0", "by-hand/2026-03-04")] == [None] * 3
