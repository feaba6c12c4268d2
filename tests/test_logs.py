"""Logs carry ids and states; never addresses, names of signers, tokens or links."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from outreach.logs import configure_logging
from outreach.store.database import Database
from outreach.store.tables import Contact, Suppression
from tests.cli.program import STATEMENT, end, run_process, start
from tests.factories import NOW, a_launched_campaign
from tests.smtp_server import running_smtp_server


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logging()
    yield capsys
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_an_event_is_one_line_on_standard_error(
    logged: pytest.CaptureFixture[str],
) -> None:
    structlog.get_logger("outreach.x").warning("bell_unheard", error="ConnectionError", message=7)
    logging.getLogger("celery.worker").info("plain %s", "words")
    shown = logged.readouterr()
    assert shown.out == ""
    first, second = shown.err.splitlines()
    assert "WARNING outreach.x event='bell_unheard' error='ConnectionError' message=7" in first
    assert second.endswith("INFO celery.worker plain words")


def test_it_follows_standard_error_where_it_goes(logged: pytest.CaptureFixture[str]) -> None:
    configure_logging()  # twice: no line is doubled
    logging.getLogger("x").warning("once")
    assert logged.readouterr().err.count("once") == 1


@pytest.mark.parametrize("library", ["httpx", "kombu", "alembic", "uvicorn.access", "mail.log"])
def test_what_libraries_chatter_is_left_out(
    logged: pytest.CaptureFixture[str], library: str
) -> None:
    logging.getLogger(library).info("GET /a/token ada@one.example")
    assert logged.readouterr().err == ""


@pytest.mark.parametrize(
    "text",
    [
        "rejected ada@one.example",
        "to <Ada.Lovelace+x@mail.one.example>, then",
        "adresse électronique élodie@exämple.example",
        "GET https://sign.example.org/a/InByZXZpZXci.yEnEA76SHVEGrciqMyAed_dBJ9MeDkn-ada",
        "POST /u/InByZXZpZXci.yEnEA76SHVEGrciqMyAed_dBJ9MeDkn-ada HTTP/1.1",
        "redis://:ada-password@127.0.0.1:6379/0",
        "ERROR DETAIL:  Key (email_key)=(ada@one.example) already exists.",
        "[SQL: INSERT ...]\n[parameters: ('Ada', 'ada@one.example')]\n(Background on this)",
        repr(ValueError("x\n[parameters: ('Ada', 'Director')]\nmore")),
    ],
)
def test_what_names_a_person_or_a_link_is_blotted_out(
    logged: pytest.CaptureFixture[str], text: str
) -> None:
    logging.getLogger("x").error("it failed: %s", text)
    structlog.get_logger("y").error("it_failed", error=text)
    shown = logged.readouterr().err
    assert shown.count("failed") == 2
    for secret in ("ada", "Ada", "élodie", "InByZXZpZXci", "Director"):
        assert secret not in shown


def test_a_database_error_in_a_traceback_names_nobody(
    database: Database, logged: pytest.CaptureFixture[str]
) -> None:
    """As Celery logs it when a task fails, and the web when a request does."""
    with database.transaction() as session:
        a_launched_campaign(session)
    try:
        with database.transaction() as session:
            for _ in range(2):
                session.add(Suppression(email_key="ada@one.example", reason="r", created_at=NOW))
            session.flush()
    except Exception as error:
        logging.getLogger("celery.app.trace").exception("Task raised: %r", error)
    shown = logged.readouterr().err
    assert "IntegrityError" in shown
    assert "Traceback" in shown
    assert "ada@" not in shown


def test_a_whole_run_logs_no_address_no_name_and_no_token(
    clean_environment: dict[str, str], tmp_path: Path
) -> None:
    """Every command of a campaign, with mails that fail in every way."""
    (tmp_path / "statement.md").write_text(STATEMENT)
    (tmp_path / "partners.csv").write_text(
        "organization,contact_name,email\n"
        + "".join(f"Org {n},Grace Hopper,grace@o{n}.example\n" for n in range(4))
    )
    replies = {"grace@o1.example": "550 5.1.1 <grace@o1.example> unknown",
               "grace@o2.example": "451 4.7.1 grace@o2.example later"}  # fmt: skip
    commands = [
        ["campaign", "create", "statement.md", "--slug", "visit", "--deadline-in", "2d"],
        ["partners", "import", "visit", "partners.csv"],
        ["campaign", "launch", "visit", "--yes"],
        ["tick"],
        ["campaign", "close", "visit", "--yes"],
    ]
    with running_smtp_server() as server:
        server.answer_rcpt = lambda address: replies.get(address, "250 OK")
        settings = {
            "SMTP_URL": server.url,
            "MAIL_FROM": "sign@coalition.example",
            "REDIS_URL": "redis://:pass-word@127.0.0.1:1/0",
        }
        said = ""
        for command in commands:
            if command == ["tick"]:
                _spoil_one(tmp_path)
            process = start(*command, environment=clean_environment, folder=tmp_path, **settings)
            ended = end(process)
            assert ended.code == 0, ended.err
            said += ended.err
        tokens = [_token(mail.message.as_string()) for mail in server.received]
    assert tokens
    assert "set_aside" in said
    assert "bell_unheard" in said
    for secret in ["grace", "Grace", "o1.example", "pass-word", *tokens]:
        assert secret not in said
    report = run_process(
        "status", "visit", "--json", environment=clean_environment, folder=tmp_path, **settings
    )
    assert json.loads(report.out)["messages"]["invitation"] == {
        "sent": 1, "failed": 2, "cancelled": 1,
    }  # fmt: skip


def _spoil_one(folder: Path) -> None:
    """One contact's zone becomes nonsense: its mail cannot be written."""
    database = Database(f"sqlite:///{folder / 'outreach.db'}")
    with database.transaction() as session:
        contact = session.get_one(Contact, 4)
        contact.zone = "Mars/Base"
        session.add(contact)
    database.close()


def _token(mail: str) -> str:
    return mail.replace("=\n", "").partition("/a/")[2].split()[0].partition(".")[0]
