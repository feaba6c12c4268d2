"""The bell is best effort: whatever the broker's state, it is quick and raises nothing."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from outreach.bell import DELIVER_TASK, Bell
from outreach.demo.broker import embedded_broker, is_answering
from outreach.demo.supervisor import supervise

PASSWORD = "s3cret-Passw0rd"


@contextmanager
def a_silent_server() -> Iterator[int]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def a_full_server() -> Iterator[int]:
    """Its queue is full: a connection neither comes about nor is refused."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()[1]


def ring(url: str, capsys: pytest.CaptureFixture[str]) -> float:
    """How long the longest of three rings took, once Celery is loaded, which is no broker's fault.
    Nothing is raised, no password is told."""
    Bell("redis://127.0.0.1:1/0").ring()
    capsys.readouterr()
    took: list[float] = []

    def three_times() -> None:
        bell = Bell(url)
        for _ in range(3):
            began = time.monotonic()
            bell.ring()
            took.append(time.monotonic() - began)

    ringing = threading.Thread(target=three_times, daemon=True)  # one that hangs holds up nobody
    ringing.start()
    ringing.join(timeout=15)
    assert len(took) == 3, "a ring raised something, or hangs"
    shown = capsys.readouterr()
    assert PASSWORD not in shown.out + shown.err
    return max(took)


def test_without_a_broker_it_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert ring("", capsys) < 0.1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "url",
    [
        f"redis://:{PASSWORD}@127.0.0.1:1/0",
        f"redis://:{PASSWORD}@127.0.0.1:1/0?nonsense=1",
        f"rediss://:{PASSWORD}@127.0.0.1:1/0",
        f"redis://:{PASSWORD}@nowhere.invalid:1/0",
    ],
)
def test_a_broker_that_is_dead_costs_nobody_time(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ring(url, capsys) < 2


@pytest.mark.parametrize("server", [a_silent_server, a_full_server])
def test_a_broker_that_hangs_is_given_up_within_two_seconds(
    server: object, capsys: pytest.CaptureFixture[str]
) -> None:
    with server() as port:  # type: ignore[operator]
        assert ring(f"redis://:{PASSWORD}@127.0.0.1:{port}/0", capsys) < 2


def test_what_it_puts_in_the_broker_is_the_tasks_name_with_nothing_in_it(tmp_path: Path) -> None:
    started = embedded_broker(tmp_path)
    with supervise(tmp_path, say=print) as supervisor:
        supervisor.start(started.program)
        supervisor.wait_until(lambda: is_answering(started.url), limit=15, otherwise="no broker")
        Bell(started.url).ring()
        with redis.Redis.from_url(started.url, decode_responses=True) as client:
            (ring,) = client.lrange("celery", 0, -1)
    assert f'"task": "{DELIVER_TASK}"' in ring
    assert '"argsrepr": "()"' in ring
    assert '"kwargsrepr": "{}"' in ring
    assert '"expires": "2' in ring
