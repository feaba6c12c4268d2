"""Whose turn it is, what is measured at all, and what came out."""

import pytest

from benchmarks.measure import shown
from benchmarks.plan import FULL, SMALL, Plan, choose_plan
from benchmarks.rows import Book, NotRun, Outcome, Readings, Row, in_turn


def _never() -> Readings:
    raise NotRun("nothing is measured here")


def a_row(key: str) -> Row:
    return Row(key, key, "by hand", {"rate": "messages/s", "size": "bytes"}, _never)


def test_each_round_begins_with_another_row() -> None:
    rows = [a_row(key) for key in "abc"]
    turns = ["".join(row.key for row in in_turn(rows, turn=turn)) for turn in range(4)]
    assert turns == ["abc", "bca", "cab", "abc"]


def test_a_rows_figure_is_the_median_of_its_first_reading() -> None:
    outcome = Outcome(a_row("a"))
    for rate in (5.0, 1.0, 3.0):
        outcome.add({"rate": rate, "size": 11.0})
    book = Book({"a": outcome})
    assert book.figure("a") == 3
    assert book.figure("a", "size") == 11


def test_a_row_that_broke_in_a_later_round_has_no_figure() -> None:
    outcome = Outcome(a_row("a"))
    outcome.add({"rate": 5.0})
    outcome.missing = "it broke"
    assert Book({"a": outcome}).figure("a") is None


@pytest.mark.parametrize(
    ("only", "wanted"),
    [
        ((), True),
        (("delivery",), True),
        (("outreach-sqlite",), True),
        (("launch", "smtp-source"), False),
    ],
)
def test_only_names_groups_or_parts_of_keys(only: tuple[str, ...], wanted: bool) -> None:
    assert Plan(only=only).wants("delivery", "outreach-sqlite-window-4") is wanted


def test_a_small_run_leaves_rows_out_even_if_their_group_is_named() -> None:
    plan = choose_plan(small=True, messages=None, rounds=None, only=("delivery",))
    assert plan.wants("delivery", "outreach-sqlite")
    assert not plan.wants("delivery", "outreach-sqlite-window-8")


def test_sizes_given_by_hand_hold_for_both_kinds_of_run() -> None:
    assert choose_plan(small=True, messages=9, rounds=2, only=()).messages == 9
    assert choose_plan(small=False, messages=None, rounds=2, only=()).rounds == 2
    assert SMALL.messages < FULL.messages


@pytest.mark.parametrize(
    ("value", "text"), [(12345.6, "12,346"), (99.94, "99.9"), (9.999, "10.00"), (0.154, "0.15")]
)
def test_figures_are_shown_with_the_digits_that_count(value: float, text: str) -> None:
    assert shown(value) == text
