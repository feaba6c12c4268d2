"""preview, export, tick and db, through main()."""

import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import text

from outreach.cli.operations import write_whole
from outreach.domain.message import MessageKind
from outreach.links import ANSWER, LinkSigner
from outreach.statement.source import parse_statement
from outreach.store.database import Database
from outreach.store.tables import Campaign, Link
from tests.cli.program import STATEMENT, run
from tests.factories import sign, the_messages
from tests.smtp_server import Server, running_smtp_server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An SMTP server that is configured before anything is launched."""
    with running_smtp_server() as running:
        monkeypatch.setenv("SMTP_URL", running.url)
        monkeypatch.setenv("MAIL_FROM", "The Coalition <sign@coalition.example>")
        yield running


@pytest.fixture
def opened(server: Server, launched: Path) -> Iterator[Database]:
    """The launched campaign's database."""
    database = Database(f"sqlite:///{launched / 'outreach.db'}")
    yield database
    database.close()


def sign_for(database: Database, *organizations: str) -> None:
    sha256 = parse_statement(STATEMENT).sha256
    with database.transaction() as session:
        for name in organizations:
            sign(session, name, now=datetime.now(UTC), statement_sha256=sha256)


@pytest.mark.parametrize("kind", [kind.value for kind in MessageKind])
@pytest.mark.parametrize("options", [[], ["--html"]])
def test_every_kind_can_be_previewed_and_nothing_is_written(
    ready: Path, kind: str, options: list[str]
) -> None:
    shown = run("preview", "visit", "--organization", "organization 07", "--kind", kind, *options)
    assert shown.code == 0, shown.said
    assert "Joint statement on the visit" in shown.out
    if not options:
        assert shown.out.startswith("To: ada@o07.example\nSubject: ")
    assert json.loads(run("status", "visit", "--json").out)["messages"] == {}


def test_a_previews_links_lead_nowhere(launched: Path) -> None:
    shown = run("preview", "visit", "--organization", "Organization 07").out
    token = shown.partition("/a/")[2].split()[0]
    key = (launched / "secret_key").read_text()
    with_key = LinkSigner([key]).read(token, purpose=ANSWER)
    database = Database(f"sqlite:///{launched / 'outreach.db'}")
    with database.reading() as session:
        assert session.get(Link, with_key) is None
    database.close()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--organization", "Nobody"], "outreach partners list visit"),
        (["--organization", ""], "not among the partners"),
        (["--organization", "Organization 01", "--kind", "postcard"], "closing_notice"),
        ([], "--organization"),
    ],
)
def test_what_cannot_be_previewed_is_refused(ready: Path, options: list[str], words: str) -> None:
    shown = run("preview", "visit", *options)
    assert shown.code == 2
    assert words in shown.said


def test_two_ticks_in_a_row_send_nothing_twice(opened: Database, server: Server) -> None:
    first = run("tick")
    assert first.code == 0, first.said
    assert "Sent 20, deferred 0, failed 0, cancelled 0, uncertain 0." in first.out
    again = run("tick", "--json")
    assert json.loads(again.out)["sent"] == 0
    assert sorted(server.recipients) == [f"ada@o{number:02}.example" for number in range(20)]


def test_tick_json_is_json_even_where_a_mail_could_not_be_written(
    opened: Database, server: Server
) -> None:
    with opened.transaction() as session:
        campaign = session.get_one(Campaign, 1)
        campaign.zone = "Mars/Base"  # no composing survives it
        session.add(campaign)
    ended = run("tick", "--json")
    assert json.loads(ended.out)["failed"] == 20
    assert "set_aside" in ended.err


def test_tick_ends_with_1_where_no_server_can_be_reached_and_loses_nothing(
    opened: Database, server: Server
) -> None:
    port, server.port = server.port, 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
        ended = run("tick", "--json")
    assert ended.code == 1
    assert "outreach doctor" in ended.err
    assert "refused the connection" in json.loads(ended.out)["unreachable"]
    server.port = port
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1), tick=True):
        assert json.loads(run("tick", "--json").out)["sent"] == 20


def test_tick_sends_nothing_of_what_is_captured_where_no_stack_runs(launched: Path) -> None:
    ended = run("tick")
    assert ended.code == 1
    messages = json.loads(run("status", "visit", "--json").out)["messages"]
    assert messages == {"invitation": {"queued": 20}}


def test_tick_closes_at_the_deadline_and_tells_the_signers(
    opened: Database, server: Server
) -> None:
    run("tick")
    sign_for(opened, "Organization 03", "Organization 01")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=10), tick=True):
        ended = run("tick", "--json")
    report = json.loads(ended.out)
    assert (report["closed"], report["sent"]) == (1, 4)  # two receipts, two closing notices
    state = json.loads(run("status", "visit", "--json").out)
    assert state["campaign"]["state"] == "closed"
    assert state["invitations"] == {"signed": 2, "expired": 18}


def test_tick_reminds_exactly_those_who_have_not_answered(opened: Database, server: Server) -> None:
    run("tick")
    sign_for(opened, "Organization 03")
    launched, sent = datetime.now(UTC), 0
    # Twice: where it is the readers' early morning now, the step waits until that is over.
    for minutes in (0, 58):
        late = launched + timedelta(days=9, hours=23, minutes=minutes)
        with time_machine.travel(late, tick=True):
            sent += json.loads(run("tick", "--json").out)["sent"]
    assert sent == 20  # 19 reminders, and one receipt
    with opened.reading() as session:
        assert the_messages(session, "Organization 03", kind=MessageKind.REMINDER) == []


def test_tick_on_nothing_is_done_at_once(folder: Path) -> None:
    ended = run("tick")
    assert ended.code == 0
    assert "Sent 0" in ended.out


@pytest.fixture
def signed(opened: Database) -> Database:
    sign_for(opened, "Organization 11", "Organization 02")
    return opened


@pytest.mark.parametrize("format_", ["markdown", "html", "csv", "json"])
def test_every_export_lists_the_signers_in_order(
    signed: Database, folder: Path, format_: str
) -> None:
    output = folder / "list"
    ended = run("export", "visit", "--format", format_, "--output", str(output))
    assert ended.code == 0, ended.said
    assert "2 signatories" in ended.err
    assert "not final" in ended.err
    written = output.read_text(encoding="utf-8")
    assert 0 < written.index("Organization 02") < written.index("Organization 11")
    assert "Organization 03" not in written
    assert "@o" not in written
    assert run("export", "visit", "--format", format_, "--output", "-").out.split("\n")[0]


def test_an_unknown_format_is_refused_with_those_that_there_are(launched: Path) -> None:
    ended = run("export", "visit", "--format", "pdf", "--output", str(launched / "x"))
    assert ended.code == 2
    assert "markdown, html, csv, json" in ended.err
    assert not (launched / "x").exists()


@pytest.mark.parametrize(
    "output", ["missing/list", "statement.md/list", ".", "", "/", "..", "a" * 300]
)
def test_a_path_that_cannot_be_written_is_refused_in_one_line(
    launched: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    monkeypatch.chdir(launched)
    before = sorted(os.listdir(launched))
    ended = run("export", "visit", "--format", "csv", "--output", output)
    assert ended.code == 2, ended.said
    assert "Traceback" not in ended.said
    assert sorted(os.listdir(launched)) == before


def test_an_export_that_fails_leaves_the_former_file_whole(
    launched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = launched / "list.csv"
    output.write_text("the former list")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    ended = run("export", "visit", "--format", "csv", "--output", str(output))
    assert (ended.code, "No space left" in ended.err) == (2, True)
    assert output.read_text() == "the former list"
    assert [name for name in os.listdir(launched) if name.endswith(".part")] == []


def test_two_exports_at_once_leave_one_whole_list(signed: Database, folder: Path) -> None:
    texts = [str(number) * 100_000 for number in range(8)]
    writers = [
        threading.Thread(target=write_whole, args=(folder / "list", whole)) for whole in texts
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=20)
    assert (folder / "list").read_text() in texts


def test_upgrade_is_safe_to_repeat(folder: Path) -> None:
    for _ in range(2):
        ended = run("db", "upgrade")
        assert ended.code == 0
        assert "The database is at revision" in ended.out


def test_a_database_of_a_newer_version_is_not_touched(draft: Path) -> None:
    database = Database(f"sqlite:///{draft / 'outreach.db'}")
    with database.transaction() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    for command in (["status", "visit"], ["db", "upgrade"]):
        ended = run(*command)
        assert ended.code == 1
        assert "newer" in ended.err
        assert len(ended.err.splitlines()) == 1
