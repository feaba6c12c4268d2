"""A broker that dies, hangs or was never there: sending goes on, and still within the limits."""

import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from redis import Redis
from structlog.testing import capture_logs

from outreach.demo.ports import free_port
from outreach.domain.limits import DomainLimit, Rate, SendingLimits
from outreach.mail import pace as pace_module
from outreach.mail import shared_count
from outreach.mail.pace import Pace
from tests.mail.pacing import DOMAIN, Admission, BrokerProcess, a_broker, a_pace, fullest, send

PAUSE = 0.4
TIMEOUT = shared_count._TIMEOUT


@pytest.fixture(autouse=True)
def _times(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again soon; and a busy machine is no broker that is away."""
    monkeypatch.setattr(pace_module, "_PAUSE", PAUSE)
    monkeypatch.setattr(shared_count, "_TIMEOUT", 3)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    with a_broker(tmp_path) as running:
        yield running


class Senders:
    """Each in a thread of its own, until stopped."""

    def __init__(self, limits: SendingLimits, url: str, *, many: int) -> None:
        self._ends = False
        self._given: list[Admission] = []
        self._errors: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._run, args=(a_pace(limits, url, place_life=0.5),))
            for _ in range(many)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def given(self) -> list[Admission]:
        return list(self._given)

    def since(self, instant: float) -> int:
        return sum(one.asked >= instant for one in self._given)

    def stop(self) -> None:
        self._ends = True
        for thread in self._threads:
            thread.join(20)
        assert not self._errors

    def _run(self, pace: Pace) -> None:
        try:
            while not self._ends:
                self._given += send(pace, seconds=0.1)
                pace.renew()
            pace.close()
        except BaseException as error:  # told to the test, whatever it is
            self._errors.append(error)


@pytest.mark.parametrize("data", ["kept", "lost"])
def test_no_window_is_exceeded_while_the_broker_dies_and_comes_back(
    broker: BrokerProcess, data: str
) -> None:
    limits = SendingLimits(None, {DOMAIN: DomainLimit(Rate(12, 1), 2)})
    senders = Senders(limits, broker.url, many=3)
    sleep(1.5)
    together = len(senders.given)
    broker.kill()
    died = monotonic()
    sleep(3.5)
    alone = senders.since(died)
    if data == "lost":
        shutil.rmtree(broker.home / "broker")
        (broker.home / "broker").mkdir()
    broker.start()
    sleep(3.5)
    late = monotonic()
    sleep(1.5)
    senders.stop()
    assert fullest(senders.given, seconds=1) <= 12
    assert together >= 12
    assert 6 <= alone <= 36
    assert senders.since(late) >= 12


def test_a_broker_that_is_away_shortly_costs_no_part_of_the_limit(broker: BrokerProcess) -> None:
    sender = a_pace(SendingLimits(Rate(40, 60)), broker.url)
    assert [sender.admit(DOMAIN) for _ in range(10)] == [0] * 10
    broker.kill()
    waits = [sender.admit(DOMAIN) for _ in range(3)]
    assert all(0 < wait <= PAUSE for wait in waits)
    broker.start()
    sleep(PAUSE)
    assert [sender.admit(DOMAIN) for _ in range(30)] == [0] * 30
    assert sender.admit(DOMAIN) > 30
    sender.close()


def test_an_idle_sender_notices_that_the_broker_was_away(broker: BrokerProcess) -> None:
    sender = a_pace(SendingLimits(Rate(4, 1)), broker.url)
    assert sender.admit(DOMAIN) == 0
    broker.kill()
    broker.start()
    assert sender.admit(DOMAIN) > 0
    sender.close()


def test_a_broker_that_never_answers_leaves_a_quarter() -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}"
    limits = SendingLimits(Rate(9, 1), {DOMAIN: DomainLimit(None, 5)})
    sender = a_pace(limits, nowhere, place_life=0.3)
    assert sender.admit(DOMAIN) > 0
    sleep(1.05)
    assert [sender.admit(DOMAIN) for _ in range(2)] == [0, 0]
    assert sender.admit(DOMAIN) > 0  # 5 connections: 2, 1, 1, 1
    assert sender.admit("example.net") == 0
    assert sender.admit("example.net") > 0  # 9 a second: 3, 2, 2, 2
    sender.leave(DOMAIN)
    sleep(1.05)
    assert sender.admit(DOMAIN) == 0
    sender.renew()
    sender.close()


def test_alone_all_together_hold_no_more_connections_than_allowed(
    broker: BrokerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace_module, "_ROLL_CALL", 0)
    limits = SendingLimits(None, {DOMAIN: DomainLimit(None, 2)})
    senders = [a_pace(limits, broker.url, place_life=2) for _ in range(6)]
    for _ in range(2):  # then each knows of all six
        for sender in senders:
            if not sender.admit(DOMAIN):
                sender.leave(DOMAIN)
    broker.kill()
    for sender in senders * 2:
        assert sender.admit(DOMAIN) > 0
    sleep(2.1)
    admitted = [sender.admit(DOMAIN) == 0 for sender in senders]
    assert admitted == [True, True, False, False, False, False]
    for sender in senders:
        sender.close()


def test_connections_held_over_an_absence_stand_again_and_those_freed_are_free(
    broker: BrokerProcess,
) -> None:
    limits = SendingLimits(others=DomainLimit(None, 1))
    sender, other = (a_pace(limits, broker.url) for _ in range(2))
    assert sender.admit("kept.example") == sender.admit("freed.example") == 0
    broker.kill()
    sender.leave("freed.example")
    sender.renew()
    broker.start()
    sleep(PAUSE)
    sender.renew()
    assert other.admit("freed.example") == 0
    assert other.admit("kept.example") > 0
    other.close()
    sender.close()


def test_a_broker_that_hangs_costs_some_tenths_of_a_second(
    broker: BrokerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_count, "_TIMEOUT", TIMEOUT)
    sender = a_pace(SendingLimits(Rate(100, 1), others=DomainLimit(None, 1)), broker.url)
    assert sender.admit("example.net") == 0
    assert broker.process
    broker.process.send_signal(signal.SIGSTOP)
    begun = monotonic()
    assert sender.admit(DOMAIN) > 0
    assert monotonic() - begun < 1
    begun = monotonic()
    sender.leave("example.net")
    assert sender.admit(DOMAIN) > 0
    assert monotonic() - begun < 0.1  # it is not asked again at once
    broker.process.send_signal(signal.SIGCONT)
    sleep(PAUSE)
    assert sender.admit("example.net") == 0
    assert sender.admit(DOMAIN) == 0  # what it was asked while it hung holds no place
    sender.close()


def test_what_the_log_says_names_no_domain_and_no_server(broker: BrokerProcess) -> None:
    with capture_logs() as logs:
        sender = a_pace(SendingLimits(others=DomainLimit(Rate(5, 60))), broker.url)
        sender.admit(DOMAIN)
        broker.kill()
        for _ in range(3):
            sender.admit(DOMAIN)
        broker.start()
        sleep(PAUSE)
        sender.admit(DOMAIN)
        sender.close()
    assert [entry["event"] for entry in logs] == ["pace_alone", "pace_shared_again"]
    assert DOMAIN not in str(logs)
    assert "127.0.0.1" not in str(logs)


def test_a_wrong_password_is_a_broker_that_is_away(broker: BrokerProcess) -> None:
    wrong = broker.url.replace("redis://:", "redis://:not-")
    sender = a_pace(SendingLimits(Rate(5, 60)), wrong)
    assert sender.admit(DOMAIN) > 0
    sender.close()
    with Redis.from_url(broker.url) as redis:
        assert not redis.keys()
