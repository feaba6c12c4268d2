"""The program as a whole: its help, its start, its exit codes, its settings."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError
from typer.main import get_command

from outreach.cli import main
from outreach.store.database import Database
from tests.cli.program import Ended, run, run_process, start
from tests.cli.program import end as wait_for

COMMANDS = [
    "demo", "up", "mailbox", "web", "worker", "beat",
    "coordinator", "coordinator add", "coordinator list", "coordinator disable",
    "coordinator enable", "coordinator reset",
    "db", "db upgrade", "campaign", "campaign create", "campaign list", "campaign launch",
    "campaign pause", "campaign resume", "campaign extend", "campaign cancel", "campaign close",
    "campaign publish", "campaign remind", "campaign status",
    "partners", "partners import", "partners list", "partners sort-name",
    "messages", "messages uncertain", "messages failed", "messages settle",
    "links", "links revoke", "links reissue",
    "ledger", "ledger export", "ledger verify", "ledger key", "receipt", "receipt verify",
    "person", "person export", "person erase",
    "preview", "status", "tick", "export", "doctor",
]  # fmt: skip
OPTIONS = {
    "web": ["--host", "--port"],
    "campaign create": ["FILE", "--slug", "--deadline", "--zone", "--remind", "--deadline-in"],
    "campaign launch": ["--yes", "--expect", "--follow"],
    "campaign remind": ["--yes", "--expect", "--again", "--follow"],
    "campaign status": ["--json", "--follow"],
    "campaign extend": ["--deadline", "--deadline-in"],
    "partners import": ["FILE", "--accept-valid", "--dry-run"],
    "links revoke": ["--organization", "--yes"],
    "links reissue": ["--organization", "--yes", "--expect"],
    "messages settle": ["NUMBER", "--arrived", "--again"],
    "ledger export": ["--output", "--with-openings"],
    "ledger verify": ["FILE", "--key", "--checkpoint"],
    "receipt verify": ["FILE", "--key"],
    "person erase": ["EMAIL", "--yes"],
    "preview": ["--organization", "--kind"],
    "status": ["--json", "--follow"],
    "tick": ["--json"],
    "export": ["--format", "--output"],
    "doctor": ["--json"],
    "demo": ["--deadline-in"],
}
PASSWORD = "s3cret-Passw0rd"
ADDRESS = "ada@example.org"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_teaches(folder: Path, command: str) -> None:
    shown = run(*command.split(), "--help")
    assert shown.code == 0, shown.said
    paragraphs = re.split(r"\n\s*\n", shown.out.strip())
    assert paragraphs[0].strip().startswith("Usage: outreach")
    assert len(paragraphs[1].split()) >= 3
    assert paragraphs[1].rstrip().endswith((".", ".)"))
    for option in OPTIONS.get(command, []):
        assert option in shown.out
    assert list(folder.glob("outreach.db*")) == []


def test_no_command_is_missing_from_that_list() -> None:
    def names(command: object, path: str) -> list[str]:
        found = getattr(command, "commands", {})
        return [
            name
            for key, child in found.items()
            for name in (f"{path}{key}", *names(child, f"{path}{key} "))
        ]

    assert sorted(names(get_command(main.app), "")) == sorted(COMMANDS)


def test_help_begins_with_what_it_is_for_and_how_to_see_it(folder: Path) -> None:
    shown = run("--help").out
    for words in ("sign a joint statement", "outreach demo", "outreach up", "Exit codes: 0 done"):
        assert words in " ".join(shown.split())


def test_without_a_command_the_help_is_shown(folder: Path) -> None:
    assert "outreach demo" in run().said


def test_an_unknown_command_or_option_is_refused(folder: Path) -> None:
    assert run("launch").code == 2
    assert run("tick", "--fast").code == 2
    assert run("status").code == 2


def test_the_version_is_said(folder: Path) -> None:
    assert run("--version").out.startswith("outreach 0.")


def test_help_starts_light() -> None:
    look = (
        "import sys; sys.argv = ['outreach', '--help']\n"
        "from outreach.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'sqlmodel', 'celery', 'fastapi', 'jinja2', 'babel', 'pydantic',"
        " 'uvicorn', 'redis', 'alembic'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))\n"
    )
    root = Path(__file__).parent.parent.parent
    shown = subprocess.run(
        [sys.executable, "-c", look], cwd=root, capture_output=True, text=True, check=True
    )
    assert shown.stdout.rstrip().endswith("loaded: []")


@pytest.mark.parametrize(
    ("name", "value", "shown", "fix"),
    [
        ("DATABASE_URL", f"mysql://me:{PASSWORD}@db/x", "mysql://***@db/x", "postgresql://"),
        ("REDIS_URL", f"http://:{PASSWORD}@r:1/0", "http://***@r:1/0", "redis://"),
        ("SMTP_URL", f"smtp://me:{PASSWORD}@m:port", "smtp://***@m:port", "smtp://HOST:PORT"),
        ("PUBLIC_URL", "sign.example.org", "sign.example.org", "https://sign.example.org"),
        ("SECRET_KEYS", PASSWORD, "***", "at least 32 characters"),
        ("MAIL_FROM", "nobody", "nobody", "sign@example.org"),
        ("OUTREACH_HOME", "/proc/nowhere", "/proc/nowhere", "choose a folder"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name_its_masked_value_and_the_fix(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, shown: str, fix: str
) -> None:
    monkeypatch.setenv(name, value)
    for command in ("campaign list", "tick", "doctor", "db upgrade", "web", "worker", "beat"):
        ended = run(*command.split())
        assert ended.code == 2, command
        assert f"{name}={shown!r} is not usable: " in ended.err
        assert fix in ended.err
        assert PASSWORD not in ended.said


def test_a_wrong_setting_ends_a_real_process_with_2_and_one_line(
    clean_environment: dict[str, str], tmp_path: Path
) -> None:
    ended = run_process(
        "tick",
        environment=clean_environment,
        folder=tmp_path,
        SMTP_URL=f"smtp://me:{PASSWORD}@mail.example:none",
    )
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1
    assert PASSWORD not in ended.err


def test_an_unreachable_database_is_one_line_with_no_password(
    clean_environment: dict[str, str], tmp_path: Path
) -> None:
    for command in ("campaign list", "db upgrade"):
        ended = run_process(
            *command.split(),
            environment=clean_environment,
            folder=tmp_path,
            DATABASE_URL=f"postgresql://me:{PASSWORD}@127.0.0.1:1/db",
        )
        assert (ended.code, ended.out) == (1, "")
        assert len(ended.err.splitlines()) == 1
        assert "Connection refused" in ended.err
        assert PASSWORD not in ended.err


def test_a_database_that_goes_away_in_the_middle_is_one_line(
    draft: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.store.database._BUSY_MS", 100)
    holder = Database(f"sqlite:///{draft / 'outreach.db'}")
    with holder.transaction() as session:
        session.connection()
        ended = run("tick")
    holder.close()
    assert ended.code == 1
    assert "the database failed: database is locked; see outreach doctor" in ended.err
    assert "Traceback" not in ended.said


@pytest.mark.parametrize("statement", [
    "INSERT INTO suppression (email_key, reason, created_at) VALUES (:key, 'r', '2026-03-04')",
    "INSERT INTO suppression (email_key) VALUES (:key)",
    "INSERT INTO nowhere (email_key) VALUES (:key)",
    "SELECT CAST(:key AS integer) / 0 FROM suppression",
    "SELECT jsonb(:key)",
])  # fmt: skip
def test_whatever_the_database_refuses_is_one_line_that_quotes_nobody(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    """PostgreSQL adds the row to its words; a traceback would print them."""

    def fail() -> None:
        with database.transaction() as session:
            for _ in range(2):
                session.connection().execute(text(statement), {"key": ADDRESS})
            raise DataError(statement, {"key": ADDRESS}, ValueError(ADDRESS))

    monkeypatch.setattr("outreach.cli.operations.assembled", fail)
    ended = run("tick")
    assert (ended.code, ended.out) == (1, "")
    assert len(ended.err.splitlines()) == 1
    assert ended.err.startswith("outreach: the database failed: ")
    assert "None" not in ended.err
    assert ADDRESS not in ended.err


def test_three_first_commands_at_once_make_one_database(
    clean_environment: dict[str, str], tmp_path: Path
) -> None:
    begun = [
        start("campaign", "list", environment=clean_environment, folder=tmp_path) for _ in range(3)
    ]
    for ended in [wait_for(process) for process in begun]:
        assert ended.code == 0, ended.err


def test_a_postgresql_without_tables_says_how_to_get_them_and_then_serves(
    clean_environment: dict[str, str], tmp_path: Path, fresh_postgres_url: str
) -> None:
    def ran(command: str) -> Ended:
        return run_process(
            *command.split(),
            environment=clean_environment,
            folder=tmp_path,
            DATABASE_URL=fresh_postgres_url,
        )

    for command in ("campaign list", "doctor"):
        ended = ran(command)
        assert ended.code == 1
        assert "run: outreach db upgrade" in ended.said
    assert ran("db upgrade").code == 0
    assert ran("campaign list").code == 0
