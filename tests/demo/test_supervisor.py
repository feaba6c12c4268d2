import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outreach.demo.child import Program
from outreach.demo.kept import ProgramFailed
from outreach.demo.supervisor import NotReady, supervise
from outreach.runtime import read_runtime, write_runtime
from tests.processes import children_running, heeding, is_running
from tests.waiting import wait_until

Start = Callable[[], "subprocess.Popen[str]"]
NAMES = ("broker", "worker", "web")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a stand-in stack on the same home each time; whatever is left is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.demo.stand_in_stack", str(tmp_path)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def _order(home: Path) -> list[str]:
    path = home / "order"
    return path.read_text().splitlines() if path.exists() else []


def _pids(home: Path) -> dict[str, int]:
    """The latest process of each stand-in."""
    words = [line.split() for line in _order(home) if line.startswith("start")]
    return {name: int(pid) for _, name, pid in words}


def _wait_until_up(home: Path, *, after: int = 0) -> dict[str, int]:
    """Until each stand-in has noted a start past line ``after``."""

    def all_up() -> bool:
        lines = _order(home)[after:]
        return all(any(line.startswith(f"start {name} ") for line in lines) for name in NAMES)

    wait_until(all_up, seconds=20, what="the stand-ins")
    return _pids(home)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_in_reverse_order_within_five_seconds(
    start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    with heeding(number):
        stack = start()
    pids = _wait_until_up(tmp_path)
    asked_at = time.monotonic()
    stack.send_signal(number)
    assert stack.wait(timeout=5) == 0
    assert time.monotonic() - asked_at < 5
    stops = [line for line in _order(tmp_path) if line.startswith("stop")]
    assert stops == ["stop web", "stop worker", "stop broker"]
    grandchild = int((tmp_path / "grandchild").read_text())
    assert not any(is_running(pid) for pid in [*pids.values(), grandchild])


def test_a_killed_supervisor_leaves_no_orphan(start: Start, tmp_path: Path) -> None:
    stack = start()
    pids = _wait_until_up(tmp_path)
    everyone = [*pids.values(), int((tmp_path / "grandchild").read_text())]
    assert all(is_running(pid) for pid in everyone)
    stack.kill()
    stack.wait()
    wait_until(
        lambda: not any(is_running(pid) for pid in everyone), seconds=10, what="the orphans' end"
    )
    assert _order(tmp_path)[-1] == "stop broker"


def test_a_start_after_a_kill_waits_for_the_old_programs_and_works(
    start: Start, tmp_path: Path
) -> None:
    first = start()
    old = _wait_until_up(tmp_path)
    first.kill()
    first.wait()
    before = len(_order(tmp_path))
    second = start()
    _wait_until_up(tmp_path, after=before)
    lines = _order(tmp_path)
    new_start = next(
        place for place, line in enumerate(lines) if place >= before and line.startswith("start")
    )
    assert "stop broker" in lines[:new_start]
    assert not any(is_running(pid) for pid in old.values())
    second.send_signal(signal.SIGINT)
    assert second.wait(timeout=5) == 0


def test_a_second_supervisor_on_the_same_home_is_refused(start: Start, tmp_path: Path) -> None:
    first = start()
    pids = _wait_until_up(tmp_path)
    second = start()
    said, _ = second.communicate(timeout=10)
    assert second.returncode == 2
    assert re.search(r"is running already in .*OUTREACH_HOME", said, re.DOTALL)
    assert first.poll() is None
    assert all(is_running(pid) for pid in pids.values())


def test_a_program_that_was_killed_is_started_again(start: Start, tmp_path: Path) -> None:
    stack = start()
    before = _wait_until_up(tmp_path)
    grandchild = int((tmp_path / "grandchild").read_text())
    os.kill(before["worker"], signal.SIGKILL)
    wait_until(lambda: _pids(tmp_path)["worker"] != before["worker"], what="the restart")
    assert not is_running(grandchild), "what a dead program leaves behind is ended"
    stack.send_signal(signal.SIGINT)
    said, _ = stack.communicate(timeout=5)
    assert "worker ended with -9; it starts again in 0.5 s" in said


def test_a_killed_reaper_is_replaced_and_knows_the_programs(start: Start, tmp_path: Path) -> None:
    stack = start()
    pids = _wait_until_up(tmp_path)
    reaper = _reaper_of(stack.pid)
    assert reaper > 0  # signalling process 0 would end the tests themselves
    os.kill(reaper, signal.SIGKILL)
    wait_until(lambda: _reaper_of(stack.pid) not in (0, reaper), what="another reaper")
    stack.kill()
    stack.wait()
    wait_until(lambda: not any(is_running(pid) for pid in pids.values()), what="the orphans' end")


def _reaper_of(supervisor: int) -> int:
    """0 while there is none."""
    return next(iter(children_running(supervisor, "reaper.py")), 0)


def test_a_program_that_keeps_dying_ends_the_stack_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.demo.kept._BACKOFF", 0.01)
    dying = Program("web", (sys.executable, "-c", "print('no luck today'); raise SystemExit(3)"))
    said: list[str] = []
    with pytest.raises(ProgramFailed, match=r"web has ended 5 times.*with 3.*\n(.*\n)*no luck"):
        _run_for_good(tmp_path, dying, said)
    assert len(said) == 4


def _run_for_good(home: Path, program: Program, said: list[str]) -> None:
    with supervise(home, say=said.append) as supervisor:
        supervisor.start(program)
        supervisor.wait_until(lambda: False, limit=30, otherwise="it never gave up")


def test_a_program_that_must_run_to_its_end_and_fails_says_why(tmp_path: Path) -> None:
    failing = Program("migration", (sys.executable, "-c", "raise SystemExit('no such column')"))
    with (
        pytest.raises(ProgramFailed, match=r"migration ended with 1.*\nno such column"),
        supervise(tmp_path, say=print) as supervisor,
    ):
        supervisor.run_to_end(failing)


def test_a_program_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    stubborn = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.alarm(300);"
        "print('up', flush=True); signal.pause()"
    )
    log = tmp_path / "log" / "web.log"
    with supervise(tmp_path, say=print) as supervisor:
        supervisor.start(Program("web", (sys.executable, "-c", stubborn), grace=0.2))
        supervisor.wait_until(lambda: b"up" in log.read_bytes(), limit=10, otherwise="not up")
        began = time.monotonic()
    assert 0.2 <= time.monotonic() - began < 3


def test_waiting_has_a_limit(tmp_path: Path) -> None:
    with (
        pytest.raises(NotReady, match="see the log"),
        supervise(tmp_path, say=print) as supervisor,
    ):
        supervisor.wait_until(lambda: False, limit=0.2, otherwise="see the log")


def test_logs_are_private_appended_and_set_aside_when_long(tmp_path: Path) -> None:
    log = tmp_path / "log" / "once.log"
    log.parent.mkdir()
    log.write_bytes(b"x" * (5 * 1024 * 1024 + 1))
    hello = Program("once", (sys.executable, "-c", "print('hello')"))
    with supervise(tmp_path, say=print) as supervisor:
        supervisor.run_to_end(hello)
        supervisor.run_to_end(hello)
    assert log.read_text() == "hello\nhello\n"
    assert log.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "log" / "once.log.1").stat().st_size > 5 * 1024 * 1024


def test_a_program_inherits_no_descriptor_of_the_supervisor(tmp_path: Path) -> None:
    listing = "import os; print(sorted(int(n) for n in os.listdir('/dev/fd'))[:9])"
    with (tmp_path / "held").open("w"), supervise(tmp_path, say=print) as supervisor:
        supervisor.run_to_end(Program("list", (sys.executable, "-c", listing)))
    shown = (tmp_path / "log" / "list.log").read_text().strip()
    assert shown == "[0, 1, 2, 3]", "3 is the listing's own"


def test_the_runtime_is_forgotten_when_the_supervisor_ends(tmp_path: Path) -> None:
    with supervise(tmp_path, say=print):
        write_runtime(tmp_path, redis_url="", smtp_url="", public_url="http://127.0.0.1:1")
        assert read_runtime(tmp_path) is not None
    assert read_runtime(tmp_path) is None
    assert not (tmp_path / "run" / "stack.json").exists()
