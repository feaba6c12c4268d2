"""A look at thousands of rows is shared for some seconds, and never longer."""

from datetime import timedelta
from threading import Barrier, Event, Thread

from outreach.web.kept_looks import KeptLooks
from tests.web.invited import NOW

FIVE = timedelta(seconds=5)
KEY = ("course", "archives")


class _Looks:
    """Counts how often somebody really looked."""

    def __init__(self) -> None:
        self.kept, self.many = KeptLooks(), 0

    def __call__(self) -> int:
        self.many += 1
        return self.many

    def find(self, seconds: float = 0, *, of: object = "open", slug: str = "archives") -> int:
        now = NOW + timedelta(seconds=seconds)
        return self.kept.find(("course", slug), self, of=of, kept_for=FIVE, now=now)


def test_it_is_found_anew_once_its_time_is_over() -> None:
    looks = _Looks()
    assert [looks.find(0), looks.find(4.9), looks.find(5), looks.find(9.9)] == [1, 1, 2, 2]


def test_what_is_of_another_state_is_of_no_use() -> None:
    looks = _Looks()
    assert [looks.find(0), looks.find(1, of="paused"), looks.find(1, of="paused")] == [1, 2, 2]


def test_each_campaign_has_its_own() -> None:
    looks = _Looks()
    assert [looks.find(), looks.find(slug="other"), looks.find()] == [1, 2, 1]


def test_a_change_made_here_shows_at_once() -> None:
    looks = _Looks()
    looks.find()
    looks.kept.forget()
    assert looks.find() == 2


def test_a_clock_that_was_set_back_makes_nothing_last_longer() -> None:
    looks = _Looks()
    looks.find(100)
    assert looks.find(0) == 2


def test_of_many_who_ask_at_once_one_looks_and_all_have_it() -> None:
    looks, together, found = _Looks(), Barrier(8), []

    def ask() -> None:
        together.wait(timeout=20)
        found.append(looks.find())

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert (found, looks.many) == ([1] * 8, 1)


def test_while_one_looks_the_others_have_what_was_there() -> None:
    kept, begun, may_end = KeptLooks(), Event(), Event()
    kept.find(KEY, lambda: "old", kept_for=FIVE, now=NOW)
    later = NOW + timedelta(seconds=6)

    def slowly() -> str:
        begun.set()
        assert may_end.wait(timeout=20)
        return "new"

    slow = Thread(target=lambda: kept.find(KEY, slowly, kept_for=FIVE, now=later))
    slow.start()
    assert begun.wait(timeout=20)
    assert kept.find(KEY, slowly, kept_for=FIVE, now=later) == "old"
    may_end.set()
    slow.join(timeout=20)
    assert kept.find(KEY, slowly, kept_for=FIVE, now=later) == "new"
