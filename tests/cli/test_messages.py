"""``outreach messages``: the lists, and a person's decision."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import run
from tests.smtp_server import Server, running_smtp_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with running_smtp_server() as running:
        monkeypatch.setenv("SMTP_URL", running.url)
        monkeypatch.setenv("MAIL_FROM", "sign@coalition.example")
        yield running


@pytest.fixture
def one_failed(server: Server, ready: Path) -> Server:
    server.answer_rcpt = lambda address: "550 5.1.1 [/b] no" if "@o07." in address else "250 OK"
    assert run("campaign", "launch", "visit", "--yes").code == 0
    assert run("tick").code == 0
    server.answer_rcpt = lambda _: "250 OK"
    return server


def test_a_failed_mail_is_listed_settled_and_sent(one_failed: Server) -> None:
    listed = run("messages", "failed", "visit")
    assert listed.code == 0
    assert "8  invitation to ada@o07.example" in listed.out
    assert "550 5.1.1 [/b] no" in listed.out
    (row,) = json.loads(run("messages", "failed", "visit", "--json").out)
    assert (row["id"], row["organization"]) == (8, "Organization 07")
    settled = run("messages", "settle", "8", "--again")
    assert settled.out == "Message 8 is queued again.\n"
    assert "Sent 1," in run("tick").out
    assert run("messages", "failed", "visit").out == "No failed message waits for you.\n"
    assert len(set(one_failed.recipients)) == len(one_failed.recipients) == 20


def test_a_failed_mail_is_set_aside_once_and_waits_no_more(one_failed: Server) -> None:
    assert run("messages", "settle", "8", "--seen").out == "Message 8 is set aside.\n"
    assert run("messages", "failed", "visit").out == "No failed message waits for you.\n"
    again = run("messages", "settle", "8", "--seen")
    assert (again.code, "is set aside already" in again.said) == (2, True)
    assert "550 5.1.1 [/b] no" in run("partners", "list", "visit", "--state", "failed").out
    assert len(one_failed.recipients) == 19


def test_a_decision_is_one_of_three(one_failed: Server) -> None:
    for options in ([], ["--arrived", "--again"], ["--again", "--seen"]):
        ended = run("messages", "settle", "8", *options)
        assert (ended.code, "say one of" in ended.said) == (2, True)


def test_what_waits_for_nobody_is_refused(one_failed: Server) -> None:
    assert run("messages", "settle", "1", "--again").code == 2
    assert run("messages", "settle", "999", "--arrived").code == 2
    assert run("messages", "uncertain", "visit").out == "No uncertain message waits for you.\n"
    assert run("messages", "uncertain", "nowhere").code == 2
