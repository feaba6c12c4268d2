"""What is held against a bound, and how the page tells it."""

from datetime import UTC, datetime
from pathlib import Path

from tests.faults.checker import Row, check
from tests.faults.report import Run, as_markdown
from tests.faults.servers import Taken
from tests.faults.trial import Ground, Outcome, Trial, judged

_TWICE = [Taken("a", "a@o.example"), Taken("a", "a@o.example")]
_FLAGGED = [Row("a", "a@o.example", "sent", repeats=1)]


def _judged(*, most: int, rows: list[Row] = _FLAGGED, also: tuple[str, ...] = ()) -> Outcome:
    finding = check(_TWICE, rows)
    return judged(
        "one", finding, trials="3 kills", bound="as told", most_duplicates=most, also=also
    )


def test_a_bound_that_is_kept_is_held() -> None:
    assert _judged(most=1).verdict == "held"


def test_one_duplicate_too_many_breaks_it() -> None:
    assert _judged(most=0).broken == ("1 duplicates, at most 0 allowed",)


def test_what_the_checker_finds_breaks_it_whatever_the_bound() -> None:
    unflagged = [Row("a", "a@o.example", "sent")]
    assert not _judged(most=9, rows=unflagged).held


def test_what_the_trial_itself_saw_breaks_it() -> None:
    assert _judged(most=1, also=("the worker ended",)).verdict == "BROKEN: the worker ended"


def test_the_page_has_the_number_of_trials_beside_each_zero() -> None:
    run = Run(
        ["--size", "small"],
        7,
        datetime(2026, 3, 4, tzinfo=UTC),
        [Trial("one", "Something dies.", lambda _: [])],
        [_judged(most=1), Outcome("one: elsewhere", "", skipped="no such thing here")],
    )
    page = as_markdown(run)
    assert "| one |  | 3 kills | 0 | 1 | 1 | 0 |  | held (as told) |" in page
    assert "not run: no such thing here" in page
    assert "- **one**: Something dies." in page
    assert "seed 7" in page


def test_the_same_seed_makes_the_same_choices(tmp_path: Path) -> None:
    def choices(seed: int) -> list[int]:
        ground = Ground("sqlite", True, seed, tmp_path / "one")
        return [ground.chance.randint(0, 1000) for _ in range(5)]

    assert choices(1) == choices(1) != choices(2)


def test_a_size_given_by_hand_counts_before_that_of_the_run(tmp_path: Path) -> None:
    small = Ground("sqlite", True, 1, tmp_path / "one")
    assert small.size(small=3, full=50) == 3
    assert small.size(small=3, full=50, given=7) == 7
    assert Ground("sqlite", False, 1, tmp_path / "two").size(small=3, full=50) == 50
