"""The goals are worked out from the figures of the run, and what is missing stays in the table."""

from collections.abc import Mapping

from benchmarks.goals import Goal, all_goals
from benchmarks.plan import FULL, choose_plan
from benchmarks.rows import Book, NotRun, Outcome, Readings, Row


def _never() -> Readings:
    raise NotRun("nothing is measured here")


def a_book(figures: Mapping[str, float], **missing: str) -> Book:
    book = Book()
    for key, figure in figures.items():
        row = Row(key, key, "by hand", {"rate": "messages/s"}, _never)
        book.outcomes[key] = Outcome(row, values={"rate": [figure, figure * 3, figure / 2]})
    for name, reason in missing.items():
        key = name.replace("_", "-")
        row = Row(key, key, "by hand", {"rate": "messages/s"}, _never)
        book.outcomes[key] = Outcome(row, missing=reason)
    return book


def the_goal(book: Book, title: str) -> Goal:
    (found,) = (goal for goal in all_goals(book, FULL) if goal.title.startswith(title))
    return found


FIGURES = {
    "outreach-sqlite": 6_000.0,
    "post-office-sqlite": 500.0,
    "smtp-source-8": 12_000.0,
    "launch-sqlite": 3.0,
}


def test_the_delivery_is_judged_by_the_peers_of_the_same_run() -> None:
    goal = the_goal(a_book(FIGURES), "delivery on SQLite: 10 × post_office")
    assert (goal.figure, goal.reach, goal.reached) == (6_000, 5_000, True)


def test_the_share_of_the_limit_has_a_stretch_of_its_own() -> None:
    goal = the_goal(a_book(FIGURES), "delivery on SQLite: 40% of smtp-source")
    assert (goal.reach, goal.stretch) == (4_800, 7_200)
    assert goal.reached is True
    assert goal.stretched is False


def test_a_goal_without_its_peer_is_shown_and_is_neither_reached_nor_missed() -> None:
    book = a_book(FIGURES, nodemailer_8="node is not here")
    goal = the_goal(book, "delivery on SQLite: 6 × nodemailer")
    assert goal.reach is None
    assert goal.reached is None


def test_what_must_not_be_exceeded_is_judged_the_other_way_round() -> None:
    goal = the_goal(a_book(FIGURES), "launch of 100,000 contacts, SQLite")
    assert goal.reached is True
    assert goal.stretched is False
    slower = the_goal(a_book(FIGURES | {"launch-sqlite": 4.5}), "launch of 100,000 contacts, SQL")
    assert slower.reached is False


def test_cost_is_flat_only_if_every_size_was_measured() -> None:
    rates = {f"scale-{many}-sqlite": rate for many, rate in ((1_000, 900.0), (10_000, 1_000.0))}
    title = "messages a second at 1,000, 10,000, 100,000 queued, SQLite"
    assert the_goal(a_book(rates), title).figure is None
    whole = the_goal(a_book(rates | {"scale-100000-sqlite": 790.0}), title)
    assert whole.figure == 0.79
    assert whole.reached is False


def test_every_goal_stays_in_the_table_of_a_whole_run() -> None:
    assert len(all_goals(Book(), FULL)) == len(all_goals(a_book(FIGURES), FULL)) == 35


def test_a_part_of_a_run_shows_its_own_goals_alone() -> None:
    part = choose_plan(small=False, messages=None, rounds=None, only=("launch",))
    titles = [goal.title for goal in all_goals(a_book({"launch-sqlite": 3.0}), part)]
    assert titles == ["launch of 100,000 contacts, SQLite"]
