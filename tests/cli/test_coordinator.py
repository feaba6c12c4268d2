"""``outreach coordinator``: who may come in to the desk."""

import re
from pathlib import Path

import pytest

from tests.cli.program import run

LINK = re.compile(r"^https://sign\.example\.org/desk/setup/[\w.-]+$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _public_url(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://sign.example.org")


def test_the_first_is_an_owner_and_the_next_an_editor() -> None:
    assert run("coordinator", "list").out == "Nobody yet: outreach coordinator add EMAIL\n"
    first = run("coordinator", "add", "nora@example.org")
    assert (first.code, len(LINK.findall(first.out))) == (0, 1)
    assert run("coordinator", "add", "ben@example.org").code == 0
    assert run("coordinator", "add", "eve@example.org", "--role=viewer").code == 0
    listed = run("coordinator", "list").out.splitlines()
    assert [line.split() for line in listed] == [
        ["editor", "invited", "ben@example.org"],
        ["viewer", "invited", "eve@example.org"],
        ["owner", "invited", "nora@example.org"],
    ]


def test_what_is_no_address_or_known_is_refused() -> None:
    run("coordinator", "add", "nora@example.org")
    for email in ("nora", "NORA@example.org"):
        refused = run("coordinator", "add", email)
        assert (refused.code, refused.out) == (2, "")


def test_a_lost_link_is_replaced() -> None:
    first = LINK.findall(run("coordinator", "add", "nora@example.org").out)
    second = LINK.findall(run("coordinator", "reset", "nora@example.org").out)
    assert len(second) == 1
    assert first != second


def test_who_is_disabled_is_listed_as_such_and_let_in_again() -> None:
    run("coordinator", "add", "nora@example.org")
    run("coordinator", "add", "ben@example.org")
    assert run("coordinator", "disable", "ben@example.org").code == 0
    assert "disabled" in run("coordinator", "list").out
    assert run("coordinator", "reset", "ben@example.org").code == 2
    assert run("coordinator", "enable", "ben@example.org").code == 0
    assert "disabled" not in run("coordinator", "list").out


def test_nobody_is_named() -> None:
    refused = run("coordinator", "disable", "nobody@example.org")
    assert refused.code == 2
    assert "outreach coordinator list" in refused.err
