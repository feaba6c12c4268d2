"""A home of its own for each test of the command line."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.cli.program import PARTNERS, STATEMENT, run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home, with a statement and a partner file in it."""
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "statement.md").write_text(STATEMENT, encoding="utf-8")
    (tmp_path / "partners.csv").write_text(PARTNERS, encoding="utf-8")
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield tmp_path
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def draft(folder: Path) -> Path:
    """With a draft campaign 'visit', its deadline in ten days, and nobody to invite yet."""
    made = run("campaign", "create", str(folder / "statement.md"), "--slug=visit",
               "--deadline-in=10d", "--zone=Europe/Berlin")  # fmt: skip
    assert made.code == 0, made.said
    return folder


@pytest.fixture
def ready(draft: Path) -> Path:
    """With 20 organizations imported."""
    assert run("partners", "import", "visit", str(draft / "partners.csv")).code == 0
    return draft


@pytest.fixture
def launched(ready: Path) -> Path:
    """Open, its invitations queued. Nothing is delivered: no server is known."""
    assert run("campaign", "launch", "visit", "--yes").code == 0
    return ready
