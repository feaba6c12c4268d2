"""One sender at a time, and nobody who asks is forgotten."""

from contextlib import suppress
from threading import Event, Thread

import pytest
from structlog.testing import capture_logs

from workers.lane import Aside, Lane


def test_who_asks_meanwhile_does_not_wait_and_is_seen_to_by_another_run() -> None:
    runs: list[int] = []
    begun, may_end = Event(), Event()

    def send() -> None:
        runs.append(len(runs))
        begun.set()
        assert may_end.wait(10)

    lane = Lane(send)
    first = Thread(target=lane.look)
    first.start()
    assert begun.wait(10)
    lane.look()
    lane.look()
    assert runs == [0]
    may_end.set()
    first.join(10)
    assert runs == [0, 1]


def test_a_failure_lets_the_next_one_in() -> None:
    failures = [OSError("the database is away")]
    runs: list[bool] = []

    def send() -> None:
        if failures:
            raise failures.pop()
        runs.append(True)

    lane = Lane(send)
    with pytest.raises(OSError, match="away"):
        lane.look()
    lane.look()
    assert runs == [True]


def test_who_asked_meanwhile_is_not_forgotten_where_that_run_fails() -> None:
    """Its own look had already returned: somebody has to look for it."""
    runs: list[int] = []
    begun, may_end = Event(), Event()

    def send() -> None:
        runs.append(len(runs))
        if len(runs) == 1:
            begun.set()
            assert may_end.wait(10)
            raise OSError("the database is away")

    lane = Lane(send)

    def look() -> None:
        with suppress(OSError):
            lane.look()

    first = Thread(target=look)
    first.start()
    assert begun.wait(10)
    lane.look()
    may_end.set()
    first.join(10)
    assert runs == [0, 1]


def test_who_asks_aside_never_waits_and_is_seen_to() -> None:
    runs: list[int] = []
    begun, may_end = Event(), Event()

    def send() -> None:
        runs.append(len(runs))
        begun.set()
        assert may_end.wait(10)

    aside = Aside("webhooks", send)
    first = aside.look()
    assert begun.wait(10)
    second = aside.look()
    second.join(10)
    assert runs == [0]
    may_end.set()
    first.join(10)
    assert runs == [0, 1]


def test_who_ends_waits_for_what_is_in_hand_aside() -> None:
    begun, may_end = Event(), Event()
    done: list[str] = []

    def send() -> None:
        begun.set()
        assert may_end.wait(10)
        done.append("sent")

    aside = Aside("notices", send)
    aside.wait()  # nothing is in hand
    aside.look()
    assert begun.wait(10)

    def end() -> None:
        aside.wait()
        done.append("ended")

    ending = Thread(target=end)
    ending.start()
    ending.join(0.2)
    assert done == []
    may_end.set()
    ending.join(10)
    assert done == ["sent", "ended"]


def test_a_failure_aside_is_logged_and_stops_nothing() -> None:
    failures = [OSError("ida@archive-watch.example")]
    runs: list[bool] = []

    def send() -> None:
        if failures:
            raise failures.pop()
        runs.append(True)

    aside = Aside("webhooks", send)
    with capture_logs() as lines:
        aside.look().join(10)
    assert [line["event"] for line in lines] == ["aside_failed"]
    assert "ida@" not in str(lines)
    aside.look().join(10)
    assert runs == [True]
