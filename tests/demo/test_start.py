"""The real stack, as `outreach demo` starts it."""

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import takewhile
from pathlib import Path

import pytest

from outreach.demo.ports import answers, free_port
from outreach.demo.start import DemoRefused, run_demo
from outreach.mailbox import count_mails
from outreach.runtime import read_runtime
from outreach.settings import load_settings
from tests.processes import holding_files_in
from tests.waiting import wait_until

Demo = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def demo(tmp_path: Path, port: int, clean_environment: dict[str, str]) -> Iterator[Demo]:
    """Starts `outreach demo` on the same home each time."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "outreach", "demo", "--port", str(port)],
                env=clean_environment | {"OUTREACH_HOME": str(tmp_path)},
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


def test_a_demo_mails_survives_a_kill_and_stops_within_five_seconds(
    demo: Demo, tmp_path: Path, port: int
) -> None:
    first = demo()
    wait_until(lambda: count_mails(tmp_path / "mailbox") == 50, seconds=60, what="50 invitations")
    wait_until(lambda: answers("127.0.0.1", port), seconds=30, what="the web")
    runtime = read_runtime(tmp_path)
    assert runtime is not None
    assert runtime.public_url == f"http://127.0.0.1:{port}"
    with urllib.request.urlopen(f"{runtime.public_url}/mailbox", timeout=10) as page:
        assert page.status == 200

    first.kill()
    first.wait()
    assert read_runtime(tmp_path) is None
    wait_until(lambda: not holding_files_in(tmp_path / "log"), seconds=15, what="the orphans' end")

    second = demo()
    wait_until(lambda: answers("127.0.0.1", port), seconds=60, what="the second start")
    assert second.stdout is not None
    told = "".join(takewhile(lambda line: "Ctrl-C" not in line, second.stdout))
    assert f"{runtime.public_url}/desk/setup/" in told
    asked_at = time.monotonic()
    second.send_signal(signal.SIGINT)
    said, _ = second.communicate(timeout=10)
    assert time.monotonic() - asked_at < 5
    assert second.returncode == 0
    assert said.rstrip().endswith("carries on where this ended.")
    assert not holding_files_in(tmp_path / "log")
    assert count_mails(tmp_path / "mailbox") == 50, "a second start sends nothing twice"


@pytest.mark.parametrize(
    ("name", "value"),
    [("SMTP_URL", "smtp://mail.example.org"), ("DATABASE_URL", "sqlite:////tmp/real.db")],
)
def test_a_demo_never_touches_the_real_world(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    monkeypatch.setenv("MAIL_FROM", "sign@example.org")
    monkeypatch.setenv(name, value)
    with pytest.raises(DemoRefused, match=f"unset {name}"):
        run_demo(load_settings(), port=None, deadline_in=timedelta(minutes=10), say=print)
    assert not (tmp_path / "run").exists()


def test_the_command_refuses_with_exit_code_2(
    tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    real = {"OUTREACH_HOME": str(tmp_path), "DATABASE_URL": "sqlite:////tmp/real.db"}
    ended = subprocess.run(
        [sys.executable, "-m", "outreach", "demo"],
        env=clean_environment | real,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ended.returncode == 2
    assert "unset DATABASE_URL" in ended.stderr
