"""``outreach doctor``: each part fine, a note or trouble; no secret ever shown."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.demo.broker import embedded_broker, is_answering
from outreach.demo.supervisor import supervise
from tests.cli.program import run
from tests.smtp_server import running_smtp_server

PASSWORD = "s3cret-Passw0rd"
PARTS = ["home", "database", "broker", "SMTP", "PUBLIC_URL", "keys", "ledger key", "MAIL_FROM"]
PARTS += ["webhooks"]


def levels() -> dict[str, str]:
    ended = run("doctor", "--json")
    findings = json.loads(ended.out)
    assert [finding["part"] for finding in findings] == PARTS
    found = {finding["part"]: finding["level"] for finding in findings}
    assert ended.code == int("trouble" in found.values())
    return found


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    started = embedded_broker(tmp_path)
    with supervise(tmp_path, say=print) as supervisor:
        supervisor.start(started.program)
        supervisor.wait_until(lambda: is_answering(started.url), limit=15, otherwise="no broker")
        yield started.url


def test_a_fresh_machine_is_in_no_trouble(folder: Path) -> None:
    found = levels()
    assert set(found.values()) == {"fine", "note"}
    assert found["database"] == "note"


def test_after_the_first_command_the_database_is_fine(draft: Path) -> None:
    assert levels()["database"] == "fine"


def test_all_is_fine_where_all_is_configured(
    draft: Path, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", broker)
    monkeypatch.setenv("PUBLIC_URL", "https://sign.example.org")
    monkeypatch.setenv("SECRET_KEYS", f"{'a' * 32},{'b' * 32}")
    monkeypatch.setenv("MAIL_FROM", "Coalition <sign@coalition.example>")
    with running_smtp_server() as server:
        monkeypatch.setenv("SMTP_URL", server.url)
        assert set(levels().values()) == {"fine"}
        shown = run("doctor").out
    for line, part in zip(shown.splitlines(), PARTS, strict=True):
        assert line.startswith(f"ok       {part}")


def test_what_cannot_be_reached_is_trouble_each_part_for_itself(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://me:{PASSWORD}@127.0.0.1:1/db")
    monkeypatch.setenv("REDIS_URL", f"redis://:{PASSWORD}@127.0.0.1:1/0")
    monkeypatch.setenv("SMTP_URL", f"smtp://me:{PASSWORD}@127.0.0.1:1")
    monkeypatch.setenv("MAIL_FROM", "sign@coalition.example")
    monkeypatch.setenv("PUBLIC_URL", "http://sign.example.org")
    began = time.monotonic()
    found = levels()
    assert time.monotonic() - began < 10
    assert found == dict.fromkeys(PARTS, "fine") | {
        "database": "trouble",
        "broker": "trouble",
        "SMTP": "trouble",
        "PUBLIC_URL": "note",
        "keys": "note",
        "webhooks": "note",
        "ledger key": "note",
    }
    shown = run("doctor")
    assert shown.code == 1
    assert shown.out.count("TROUBLE") == 3
    assert "127.0.0.1:1" in shown.out
    assert PASSWORD not in shown.said


def test_no_secret_is_shown_even_where_all_is_well(
    draft: Path, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = f"{PASSWORD * 3},{PASSWORD[::-1] * 3}"
    monkeypatch.setenv("REDIS_URL", broker)
    monkeypatch.setenv("SECRET_KEYS", keys)
    for options in ([], ["--json"]):
        said = run("doctor", *options).said
        assert broker.partition("@")[0].rpartition(":")[2] not in said
        assert PASSWORD not in said
    monkeypatch.delenv("SECRET_KEYS")
    assert (draft / "secret_key").read_text() not in run("doctor").said


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg2://me:{PASSWORD}@127.0.0.1:1/db",
        f"postgresql+nonsense://me:{PASSWORD}@127.0.0.1:1/db",
        f"postgresql://me:{PASSWORD}@127.0.0.1:port/db",
        f"postgresql://me:{PASSWORD}@127.0.0.1:1/db?nonsense=1",
        "sqlite:////nonexistent/outreach.db",
    ],
)
def test_a_database_url_that_nothing_can_open_is_trouble_and_no_crash(
    folder: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert levels()["database"] == "trouble"
    for command in (["doctor"], ["campaign", "list"], ["db", "upgrade"]):
        ended = run(*command)
        assert ended.code == 1
        assert "Traceback" not in ended.said
        assert PASSWORD not in ended.said


@pytest.mark.parametrize("options", ["?nonsense=1", "?socket_timeout=soon"])
def test_a_broker_url_with_options_that_are_none_is_trouble_and_no_crash(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://:{PASSWORD}@127.0.0.1:1/0{options}")
    ended = run("doctor")
    assert ended.code == 1
    assert "mend what stands after the ?" in ended.out
    assert PASSWORD not in ended.said


def test_a_wrong_broker_password_is_trouble(
    folder: Path, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = broker.rpartition("@")[2]
    monkeypatch.setenv("REDIS_URL", f"redis://:{PASSWORD}@{place}")
    assert levels()["broker"] == "trouble"
    assert PASSWORD not in run("doctor").said


def test_a_broker_that_accepts_and_says_nothing_is_trouble_soon(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began = time.monotonic()
        assert levels()["broker"] == "trouble"
        assert time.monotonic() - began < 15


def test_a_wrong_setting_stops_the_doctor_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", f"mail://me:{PASSWORD}@mail.example")
    ended = run("doctor")
    assert ended.code == 2
    assert "SMTP_URL='mail://***@mail.example' is not usable: write smtp://" in ended.err
