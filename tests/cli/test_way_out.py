"""A second terminal beside a running stack: both must mean the same way out for mail."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.runtime import stack_lock, write_runtime
from tests.cli.program import run


@pytest.fixture
def stack_sends(ready: Path) -> Iterator[Path]:
    """A stack on this home that sends through its own SMTP_URL."""
    with stack_lock(ready):
        write_runtime(ready, redis_url="", smtp_url="", public_url="http://127.0.0.1:8000")
        yield ready


@pytest.fixture
def stack_captures(ready: Path) -> Iterator[Path]:
    with stack_lock(ready):
        write_runtime(
            ready, redis_url="", smtp_url="smtp://127.0.0.1:1", public_url="http://127.0.0.1:8000"
        )
        yield ready


def _state() -> str:
    return "draft" if "draft" in run("campaign", "list").out else "open"


def test_a_launch_that_the_stack_would_never_send_is_refused(stack_sends: Path) -> None:
    ended = run("campaign", "launch", "visit", "--yes")
    assert ended.code == 2
    assert "set SMTP_URL and MAIL_FROM as they are there" in ended.said
    assert _state() == "draft"


def test_a_launch_for_real_beside_a_capturing_stack_is_refused(
    stack_captures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("MAIL_FROM", "sign@coalition.example")
    ended = run("campaign", "launch", "visit", "--yes")
    assert ended.code == 2
    assert "unset it, or start the stack with it" in ended.said
    assert _state() == "draft"


def test_a_launch_that_means_the_same_goes_ahead(stack_captures: Path) -> None:
    assert run("campaign", "launch", "visit", "--yes").code == 0


def test_an_unknown_campaign_says_where_it_was_looked_for(folder: Path) -> None:
    ended = run("status", "nowhere")
    assert ended.code == 2
    assert f"OUTREACH_HOME={folder}" in ended.said


def test_a_tick_with_no_way_out_says_so(launched: Path) -> None:
    ended = run("tick")
    assert ended.code == 1
    assert "SMTP_URL is not set; capture it with `outreach up`" in ended.said
