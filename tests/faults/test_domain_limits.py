"""The judge of the domain limits sees one mail too many, wherever it is."""

from tests.faults.domain_limits import Size, how_early, most_at_once

_SIZE = Size(rate=2, seconds=10, limited=6, free=0)


def test_mails_at_the_limit_are_not_early() -> None:
    assert how_early([0, 1, 10, 11, 20, 21], _SIZE) == 0


def test_one_mail_too_many_in_a_window_is_early() -> None:
    assert how_early([0, 1, 7, 20, 21, 30], _SIZE) == 3


def test_a_little_too_fast_for_long_is_early_as_well() -> None:
    assert how_early([0, 0, 9, 9, 18, 18, 27, 27], _SIZE) == 3


def test_mails_that_overlap_are_at_once() -> None:
    assert most_at_once([1.0, 1.01, 1.015, 2.0]) == 3
    assert most_at_once([1.0, 1.03, 1.06]) == 1
