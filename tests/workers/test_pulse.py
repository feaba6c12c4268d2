"""A worker that hears no bell looks by itself."""

from threading import Event, Timer

import pytest

from tests.waiting import wait_until
from workers import pulse as pulse_module
from workers.pulse import Pulse


@pytest.fixture(autouse=True)
def short_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse_module, "SILENCE", 0.3)


def test_it_sweeps_in_the_silence_and_again() -> None:
    swept: list[bool] = []
    pulse = Pulse(lambda: swept.append(True))
    pulse.start()
    wait_until(lambda: len(swept) >= 2, what="two sweeps")
    pulse.stop()


def test_it_keeps_still_while_others_sweep() -> None:
    swept: list[bool] = []
    pulse = Pulse(lambda: swept.append(True))
    pulse.start()
    for _ in range(20):
        pulse.note()
        Event().wait(0.05)  # it is the absence of a sweep that is waited for
    pulse.stop()
    assert swept == []


def test_a_sweep_that_fails_is_followed_by_another() -> None:
    tries: list[bool] = []

    def fails() -> None:
        tries.append(True)
        raise OSError("the database is away")

    pulse = Pulse(fails)
    pulse.start()
    wait_until(lambda: len(tries) >= 2, what="another try")
    pulse.stop()


def test_a_sweep_that_takes_long_keeps_the_next_from_nothing() -> None:
    entered: list[bool] = []
    over = Event()

    def is_long() -> None:
        entered.append(True)
        over.wait(10)

    pulse = Pulse(is_long)
    pulse.start()
    wait_until(lambda: len(entered) >= 2, what="a second sweep beside the first")
    Event().wait(0.7)  # more than two silences: a third would have come
    assert len(entered) == 2
    over.set()
    pulse.stop()


def test_stopping_returns_when_what_was_begun_is_done() -> None:
    begun, over = Event(), Event()
    done: list[bool] = []

    def is_long() -> None:
        begun.set()
        over.wait(10)
        done.append(True)

    pulse = Pulse(is_long)
    pulse.start()
    assert begun.wait(5)
    Timer(0.2, over.set).start()
    pulse.stop()
    assert done


def test_stopping_one_that_never_started_is_no_trouble() -> None:
    Pulse(lambda: None).stop()
