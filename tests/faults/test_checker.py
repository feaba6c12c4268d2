"""The checker finds each thing that may go wrong when it is fed with one."""

import pytest

from tests.faults.checker import Row, check
from tests.faults.servers import Taken


def _mail(key: str, *, to: str = "") -> Taken:
    return Taken(key, to or f"{key}@o.example")


def _row(key: str, state: str = "sent", *, repeats: int = 0, events: tuple[str, ...] = ()) -> Row:
    return Row(key, f"{key}@o.example", state, repeats=repeats, events=events)


def test_a_mail_for_every_row_and_a_row_for_every_mail_is_sound() -> None:
    found = check([_mail("a"), _mail("b")], [_row("a"), _row("b")])
    assert found.is_sound
    assert (found.mails, found.rows, found.duplicates) == (2, 2, 0)


def test_a_row_that_says_sent_without_a_mail_is_lost() -> None:
    found = check([_mail("a")], [_row("a"), _row("b")])
    assert found.lost == ["b"]
    assert not found.is_sound


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_a_row_without_an_end_is_told(state: str) -> None:
    found = check([], [_row("a", state)])
    assert found.unended == ["a"]
    assert not found.is_sound


def test_a_row_queued_for_later_has_an_end_in_sight_where_that_is_allowed() -> None:
    assert check([], [_row("a", "queued")], may_wait=True).is_sound
    assert not check([], [_row("a", "sending")], may_wait=True).is_sound


def test_a_second_copy_without_a_flag_is_told() -> None:
    found = check([_mail("a"), _mail("a")], [_row("a")])
    assert found.duplicates == 1
    assert found.unflagged == ["a"]
    assert not found.is_sound


@pytest.mark.parametrize(
    "row",
    [_row("a", repeats=1), _row("a", events=("repeat",)), _row("a", events=("lapsed_after_data",))],
)
def test_a_second_copy_that_is_flagged_is_counted_and_sound(row: Row) -> None:
    found = check([_mail("a"), _mail("a"), _mail("a")], [row])
    assert found.is_sound
    assert (found.duplicates, found.flagged, found.most_copies) == (2, 1, 3)


def test_a_mail_without_a_row_is_told() -> None:
    found = check([_mail("a"), _mail("stranger")], [_row("a")])
    assert found.strangers == ["stranger"]
    assert not found.is_sound


def test_a_mail_at_anothers_address_is_told() -> None:
    found = check([_mail("a", to="other@o.example")], [_row("a")])
    assert found.misrouted == ["a"]
    assert not found.is_sound


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_mail_whose_row_denies_it_is_told(state: str) -> None:
    found = check([_mail("a")], [_row("a", state)])
    assert found.denied == ["a"]
    assert not found.is_sound


def test_an_uncertain_row_is_counted_with_or_without_its_mail() -> None:
    doubtful = [_row("a", "uncertain"), _row("b", "uncertain")]
    found = check([_mail("a")], doubtful)
    assert found.is_sound
    assert found.uncertain == 2
