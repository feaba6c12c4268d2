import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outreach.demo.pointers import demo_pointers
from outreach.demo.sample_run import carry_on_or_begin
from outreach.services.report_status import report_status
from outreach.services.steer_campaign import cancel_campaign
from outreach.settings import load_settings
from outreach.wiring import Outreach, build

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SPAN = timedelta(minutes=10)


@pytest.fixture
def outreach(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Outreach]:
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    shutil.copy(sqlite_template, tmp_path / "outreach.db")
    built = build(load_settings())
    yield built
    built.database.close()


def test_the_first_demo_invites_47_organizations(outreach: Outreach) -> None:
    run = carry_on_or_begin(outreach, span=SPAN, now=NOW)
    assert (run.slug, run.invited, run.deadline) == ("blinken-beijing", 47, NOW + SPAN)
    assert [step.label for step in run.steps] == ["6m", "4m", "2m", "45s"]
    with outreach.database.reading() as session:
        report = report_status(session, slug=run.slug, now=NOW)
    assert report.invitations == {"awaiting": 47}
    assert report.messages["invitation"]["queued"] == 50


def test_an_open_one_is_carried_on_with(outreach: Outreach) -> None:
    first = carry_on_or_begin(outreach, span=SPAN, now=NOW)
    again = carry_on_or_begin(outreach, span=SPAN, now=NOW + timedelta(minutes=9))
    assert (again.slug, again.invited, again.deadline) == (first.slug, 0, first.deadline)


def test_one_that_is_over_stays_and_another_begins(outreach: Outreach) -> None:
    carry_on_or_begin(outreach, span=SPAN, now=NOW)
    second = carry_on_or_begin(outreach, span=SPAN, now=NOW + SPAN)
    assert (second.slug, second.invited, second.over) == (
        "blinken-beijing-2",
        47,
        "blinken-beijing",
    )
    said = demo_pointers(outreach.settings, second, setup="", now=NOW + SPAN)
    assert "blinken-beijing has come: http://127.0.0.1:8000/s/blinken-beijing\n" in said
    with outreach.database.transaction() as session:
        cancel_campaign(session, slug=second.slug)
    third = carry_on_or_begin(outreach, span=SPAN, now=NOW + SPAN)
    assert third.slug == "blinken-beijing-3"
