"""What the command line changes stands in the activity log, as what the desk changes does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select
from typer.main import get_command

from outreach.cli.main import app
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from tests.cli.program import run
from tests.factories import the_messages

_LOOKING = {
    "campaign list", "campaign status", "status", "partners list", "messages uncertain",
    "messages failed", "coordinator list", "ledger export", "ledger verify", "ledger key",
    "receipt verify", "person export", "preview", "export", "doctor",
}  # fmt: skip
# What time brings about, and what concerns the machine alone.
_RUNNING = {"tick", "db upgrade", "web", "worker", "beat", "up", "demo", "mailbox"}
_CHANGING = {
    "campaign create": "campaign.create",
    "partners import": "partners.import",
    "partners sort-name": "partners.change",
    "campaign launch": "campaign.launch",
    "messages settle": "mail.settle",
    "campaign remind": "reminder.send",
    "links reissue": "links.reissue",
    "links revoke": "links.revoke",
    "campaign pause": "campaign.pause",
    "campaign resume": "campaign.resume",
    "campaign extend": "campaign.extend",
    "person erase": "person.erase",
    "campaign close": "campaign.close",
    "campaign publish": "campaign.publish",
    "campaign cancel": "campaign.cancel",
    "coordinator add": "account.invite",
    "coordinator disable": "account.disable",
    "coordinator enable": "account.enable",
    "coordinator reset": "account.reset",
}


def the_log(folder: Path) -> list[tuple[str, str]]:
    with Database(f"sqlite:///{folder / 'outreach.db'}").reading() as session:
        rows = list(session.exec(select(Activity).order_by(col(Activity.id))))
    assert {one.actor for one in rows} <= {"command line"}
    return [(one.action, one.detail) for one in rows]


def let_all_be(folder: Path, state: str) -> None:
    """Two hours ago, of every mail."""
    ago = datetime.now(UTC) - timedelta(hours=2)
    with Database(f"sqlite:///{folder / 'outreach.db'}").transaction() as session:
        for message in the_messages(session):
            message.state, message.sent_at, message.data_at = state, ago, ago
            session.add(message)


def do(*arguments: str) -> None:
    done = run(*arguments)
    assert done.code == 0, done.said


def _verbs(command: Any, before: str = "") -> Iterator[str]:
    """Of a group, those of its commands."""
    commands = getattr(command, "commands", None)
    if commands is None:
        yield before
        return
    for name, one in commands.items():
        yield from _verbs(one, f"{before} {name}".strip())


def test_every_verb_is_known_to_look_run_or_be_in_the_log() -> None:
    assert set(_verbs(get_command(app))) == _LOOKING | _RUNNING | set(_CHANGING)


def test_each_act_of_a_campaign_is_in_the_log(ready: Path) -> None:
    do("partners", "sort-name", "visit", "Organization 07", "Seven")
    do("campaign", "launch", "visit", "--yes")
    let_all_be(ready, "uncertain")
    do("messages", "settle", "8", "--arrived")
    let_all_be(ready, "sent")
    do("campaign", "remind", "visit", "--again", "--yes")
    let_all_be(ready, "sent")
    do("links", "reissue", "visit", "--yes")
    do("links", "revoke", "visit", "--organization", "Organization 03", "--yes")
    do("campaign", "pause", "visit")
    do("campaign", "resume", "visit")
    do("campaign", "extend", "visit", "--deadline-in=20d")
    do("person", "erase", "ada@o07.example", "--yes")
    do("campaign", "close", "visit", "--yes")
    do("campaign", "publish", "visit")
    log = dict(the_log(ready))
    assert list(log) == list(_CHANGING.values())[:14]
    assert log["partners.import"] == "20 organizations, 20 people"
    assert log["campaign.launch"] == "20 people invited"
    assert log["mail.settle"] == "mail 8: settled as arrived"
    assert "ada" not in log["person.erase"].lower()


def test_the_end_of_a_campaign_and_whom_it_lets_in_are_in_the_log(draft: Path) -> None:
    do("campaign", "cancel", "visit", "--yes")
    do("coordinator", "add", "one@example.org")
    do("coordinator", "add", "two@example.org")
    for act in ("disable", "enable", "reset"):
        do("coordinator", act, "two@example.org")
    log = dict(the_log(draft))
    assert list(log) == ["campaign.create", *list(_CHANGING.values())[14:]]


@pytest.mark.parametrize("options", [["--dry-run"], []])
def test_an_import_that_writes_nothing_is_not_in_the_log(draft: Path, options: list[str]) -> None:
    file = draft / "partners.csv"
    if not options:
        file.write_text("organization,email\nOne,not an address\n", encoding="utf-8")
    run("partners", "import", "visit", str(file), *options)
    assert [action for action, _ in the_log(draft)] == ["campaign.create"]
