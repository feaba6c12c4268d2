"""The rules of going alone, in a time of their own: nothing here waits."""

from outreach.mail.absence import Absence


def _absence() -> Absence:
    return Absence(pause=5, longest=60)


def test_whoever_was_never_away_is_bound_by_nothing() -> None:
    absence = _absence()
    assert not absence.is_bound(60, now=0)
    absence.meet(now=0)
    assert not absence.is_away
    assert not absence.is_bound(60, now=1)
    assert absence.full_for(60, now=1) == 0


def test_a_window_counts_as_full_for_its_length_after_the_loss() -> None:
    absence = _absence()
    absence.meet(now=0)
    absence.lose(now=100)
    absence.lose(now=130)  # every further try that fails changes nothing
    assert absence.is_away
    assert absence.full_for(60, now=100) == 60
    assert absence.full_for(60, now=140) == 20
    assert absence.full_for(60, now=161) == 0
    assert absence.full_for(1, now=102) == 0
    assert absence.is_bound(60, now=1000)


def test_after_a_short_absence_the_shared_count_is_whole() -> None:
    absence = _absence()
    absence.meet(now=100)
    absence.lose(now=110)
    absence.meet(now=154)
    assert not absence.is_away
    assert absence.full_for(60, now=154) == 0
    assert not absence.is_bound(60, now=154)


def test_after_a_long_one_the_part_binds_until_all_are_back_and_a_window_has_passed() -> None:
    absence = _absence()
    absence.meet(now=100)
    absence.lose(now=110)
    absence.meet(now=155)  # whoever lost it at 100 could send alone from 160, its next try
    assert absence.is_bound(60, now=155)
    assert absence.is_bound(60, now=219.9)
    assert not absence.is_bound(60, now=220)


def test_each_window_is_judged_by_its_own_length() -> None:
    absence = _absence()
    absence.meet(now=100)
    absence.lose(now=100)
    absence.meet(now=120)
    assert absence.is_bound(1, now=125)
    assert not absence.is_bound(1, now=126)
    assert not absence.is_bound(60, now=121)


def test_whoever_never_met_the_shared_count_is_bound_after_the_first_meeting() -> None:
    absence = _absence()
    absence.lose(now=0)
    absence.meet(now=5)
    assert absence.is_bound(60, now=69)
    assert not absence.is_bound(60, now=70)


def test_one_that_comes_and_goes_is_one_absence() -> None:
    absence = _absence()
    absence.meet(now=0)
    for lost in (10, 25, 40, 55):
        absence.lose(now=lost)
        absence.meet(now=lost + 5)
    assert absence.is_bound(60, now=61)
    assert absence.is_bound(60, now=124)


def test_two_far_apart_are_two() -> None:
    absence = _absence()
    absence.meet(now=0)
    absence.lose(now=1)
    absence.meet(now=6)
    absence.meet(now=80)
    absence.lose(now=85)
    absence.meet(now=90)
    assert not absence.is_bound(60, now=90)


def test_what_was_forgotten_counts_as_full_though_all_are_there() -> None:
    absence = _absence()
    absence.meet(now=0)
    absence.forget(now=10)
    assert absence.full_for(60, now=30) == 40
    assert absence.full_for(60, now=70) == 0
    assert not absence.is_bound(60, now=30)
