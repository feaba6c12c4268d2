"""A broker that can be killed, senders that ask for their pace, and a check of what they got."""

import json
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from outreach.demo.broker import embedded_broker, is_answering
from outreach.domain.limits import Rate, SendingLimits
from outreach.mail.pace import Pace
from tests.waiting import wait_until

KEY = "k" * 40
DOMAIN = "example.org"


@dataclass(frozen=True)
class Admission:
    """It was given between the two."""

    asked: float
    got: float


@dataclass
class BrokerProcess:
    """``kill`` leaves its file, from which ``start`` goes on."""

    home: Path
    process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._broker = embedded_broker(self.home)
        self.url = self._broker.url

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._broker.program.argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        assert self.process.stdin
        with self.process.stdin as pipe:
            pipe.write(self._broker.program.feed.encode())
        wait_until(lambda: is_answering(self.url), seconds=15, what="the broker")

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def a_broker(home: Path) -> Iterator[BrokerProcess]:
    broker = BrokerProcess(home)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def send(pace: Pace, *, seconds: float, domain: str = DOMAIN) -> list[Admission]:
    """Begins and ends messages for so long, one after the other, as fast as it may."""
    given: list[Admission] = []
    ends = monotonic() + seconds
    while (asked := monotonic()) < ends:
        if wait := pace.admit(domain):
            sleep(min(wait, 0.02))
        else:
            given.append(Admission(asked, monotonic()))
            pace.leave(domain)
    return given


def fullest(given: Sequence[Admission], *, seconds: float) -> int:
    """The most that any stretch of ``seconds`` is sure to have had."""
    asked, got = sorted(one.asked for one in given), sorted(one.got for one in given)
    return max(
        (bisect_left(got, one + seconds) - number for number, one in enumerate(asked)), default=0
    )


def a_pace(limits: SendingLimits, url: str, *, key: str = KEY, place_life: float = 120) -> Pace:
    return Pace(
        limits, redis_url=url, key=key, clock=lambda: datetime.now(UTC), place_life=place_life
    )


def sender_process(url: str, *, key: str, rate: Rate, seconds: float) -> "subprocess.Popen[str]":
    """Sends in a process of its own; says what it was given on its output."""
    words = [url, key, str(rate.amount), str(rate.seconds), str(seconds)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.mail.pacing", *words],
        cwd=Path(__file__).parent.parent.parent,
        stdout=subprocess.PIPE,
        text=True,
    )


def given_to(process: "subprocess.Popen[str]") -> list[Admission]:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [Admission(*pair) for pair in json.loads(output)]


if __name__ == "__main__":
    _url, _key, _amount, _period, _seconds = sys.argv[1:]
    _pace = a_pace(SendingLimits(Rate(int(_amount), int(_period))), _url, key=_key)
    _given = send(_pace, seconds=float(_seconds))
    _pace.close()
    sys.stdout.write(json.dumps([[one.asked, one.got] for one in _given]))
