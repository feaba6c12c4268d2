"""web, worker and beat: what they need, what they refuse, how they end."""

import signal
import socket
from pathlib import Path
from unittest import mock

import httpx2
import pytest

from outreach.demo.ports import free_port
from tests.cli.program import end, run, run_process, start
from tests.waiting import wait_until


@pytest.mark.parametrize("role", ["worker", "beat"])
def test_without_a_broker_the_role_says_what_to_set(folder: Path, role: str) -> None:
    ended = run(role)
    assert ended.code == 1
    assert "REDIS_URL" in ended.err
    assert "outreach up" in ended.err


def test_the_web_serves_where_it_is_told_to_and_ends_with_sigterm(
    clean_environment: dict[str, str], tmp_path: Path
) -> None:
    port = free_port("127.0.0.1")
    process = start(
        "web", "--host", "127.0.0.1", "--port", str(port),
        environment=clean_environment, folder=tmp_path,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}/healthz"
        wait_until(lambda: _answers(url), seconds=40, what="the web to answer")
    finally:
        process.send_signal(signal.SIGTERM)
        ended = end(process, seconds=10)
    assert "Traceback" not in ended.err


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False


def test_a_port_in_use_ends_the_web_with_1_and_names_it(
    clean_environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ended = run_process("web", "--port", port, environment=clean_environment, folder=tmp_path)
    assert ended.code == 1
    assert port in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("host", "smtp_url", "shown"),
    [
        ("127.0.0.1", "", True),
        ("localhost", "", True),
        ("0.0.0.0", "", False),
        ("192.0.2.7", "", False),
        ("127.0.0.1", "smtp://127.0.0.1:1", False),
    ],
)
def test_the_mailbox_with_its_links_is_for_this_machines_eyes_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch, host: str, smtp_url: str, shown: bool
) -> None:
    monkeypatch.setenv("SMTP_URL", smtp_url)
    monkeypatch.setenv("MAIL_FROM", "sign@coalition.example")
    with mock.patch("uvicorn.run") as served, mock.patch("outreach.web.app.create_app") as made:
        ended = run("web", "--host", host, "--port", "9")
    assert ended.code == 0, ended.said
    assert made.call_args.kwargs == {"mailbox": shown}
    assert served.call_args.kwargs["host"] == host
    assert served.call_args.kwargs["port"] == 9
    assert served.call_args.kwargs["access_log"] is False  # it would hold every link
