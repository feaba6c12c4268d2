"""What an operator is told of each part: configured, reachable, safe."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outreach.demo.broker import embedded_broker, is_answering
from outreach.demo.supervisor import supervise
from outreach.ledger.note import encoded
from outreach.mail.target import SmtpTarget
from outreach.services import webhooks
from outreach.services.examine import Finding, examine
from outreach.settings import Settings
from outreach.store.database import Database
from tests.api_facts import SOMEBODY, a_webhook, the_calls
from tests.factories import NOW
from tests.ledger.made import KEY
from tests.smtp_server import running_smtp_server

LEDGER_KEY = KEY.seed.hex()
KEYS = ["k" * 40, "n" * 40]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Bound and not listening: whoever connects is refused."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def _findings(
    database: Database, home: Path, *, broker: str = "", smtp: str = "", **settings: Any
) -> dict[str, Finding]:
    facts: dict[str, Any] = {"home": home, "secret_keys": KEYS, "public_url": "https://a.example"}
    facts["ledger_key"] = LEDGER_KEY
    built = Settings.model_validate(facts | settings)
    findings = examine(
        built,
        lambda: database,
        broker_url=broker,
        smtp_target=SmtpTarget.from_url(smtp or "smtp://127.0.0.1:1"),
        public_url=built.public_url,
    )
    return {finding.part: finding for finding in findings}


def test_an_installation_in_order_has_no_trouble(database: Database, tmp_path: Path) -> None:
    with running_smtp_server() as server:
        found = _findings(
            database,
            tmp_path,
            smtp=server.url,
            smtp_url=server.url,
            mail_from="Coalition <sign@example.org>",
        )
    kind = "PostgreSQL" if database.is_postgresql else "SQLite"
    assert found["database"] == Finding("database", "fine", f"{kind}, tables up to date")
    assert found["SMTP"] == Finding("SMTP", "fine", f"127.0.0.1:{server.port} answers")
    assert found["PUBLIC_URL"] == Finding("PUBLIC_URL", "fine", "https://a.example")
    assert found["keys"] == Finding("keys", "fine", "2 given; the last signs")
    assert found["MAIL_FROM"].level == "fine"
    assert found["home"].text == str(tmp_path)
    assert found["broker"].level == "note"


def test_webhooks_are_counted_with_the_calls_that_failed_for_good(
    database: Database, tmp_path: Path
) -> None:
    assert _findings(database, tmp_path)["webhooks"] == Finding("webhooks", "fine", "none")
    with database.transaction() as session:
        for _ in range(2):
            a_webhook(session)
        off, _ = a_webhook(session)
        for one in (1, 1, off):
            webhooks.call_for_test(session, webhook_id=one, by=SOMEBODY, now=NOW)
        webhooks.disable_webhook(session, webhook_id=off, by=SOMEBODY, now=NOW)
    fine = Finding("webhooks", "fine", "2 enabled, no call failed for good")
    assert _findings(database, tmp_path)["webhooks"] == fine
    with database.transaction() as session:
        the_calls(session)[0].state = "failed"
    found = _findings(database, tmp_path)["webhooks"]
    assert found.level == "note"
    assert found.text == "2 enabled, 1 call failed for good: the desk repeats it"


def test_every_part_is_told_though_all_are_out_of_reach(tmp_path: Path, closed_port: int) -> None:
    found = _findings(
        Database(f"postgresql://u:hunter2@127.0.0.1:{closed_port}/outreach"),
        tmp_path,
        broker=f"redis://:hunter2@127.0.0.1:{closed_port}/0",
        smtp=f"smtp://u:hunter2@127.0.0.1:{closed_port}",
        smtp_url=f"smtp://u:hunter2@127.0.0.1:{closed_port}",
        mail_from="sign@example.org",
    )
    troubles = {part for part, finding in found.items() if finding.level == "trouble"}
    assert troubles == {"database", "broker", "SMTP"}
    assert "does not answer" in found["broker"].text
    unknown = Finding("webhooks", "note", "not known until the database can be read")
    assert found["webhooks"] == unknown
    assert not any("hunter2" in finding.text for finding in found.values())
    assert not any("\n" in finding.text for finding in found.values())


def test_a_new_sqlite_file_is_no_trouble(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new.db")
    finding = _findings(database, tmp_path)["database"]
    database.close()
    assert finding.level == "note"


def test_a_folder_that_is_not_there_is_a_trouble_of_the_database(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/no/such/folder/new.db")
    finding = _findings(database, tmp_path)["database"]
    assert finding.level == "trouble"
    assert "unable to open" in finding.text


def test_a_broker_that_answers_is_fine_and_its_password_is_not_told(tmp_path: Path) -> None:
    started = embedded_broker(tmp_path)
    database = Database(f"sqlite:///{tmp_path}/new.db")
    with supervise(tmp_path, say=lambda _: None) as supervisor:
        supervisor.start(started.program)
        supervisor.wait_until(lambda: is_answering(started.url), limit=15, otherwise="no broker")
        right = _findings(database, tmp_path, broker=started.url)["broker"]
        password = started.url.split("@")[0].removeprefix("redis://:")
        wrong = _findings(database, tmp_path, broker=started.url.replace(password, "guessed"))
    database.close()
    assert right.level == "fine"
    assert password not in right.text
    assert wrong["broker"].level == "trouble"
    assert "AuthenticationError" in wrong["broker"].text


def test_the_embedded_mailbox_is_told_as_what_it_is(tmp_path: Path, closed_port: int) -> None:
    database = Database(f"sqlite:///{tmp_path}/new.db")
    with running_smtp_server() as server:
        answering = _findings(database, tmp_path, smtp=server.url)
    silent = _findings(database, tmp_path, smtp=f"smtp://127.0.0.1:{closed_port}")
    database.close()
    assert "nothing leaves this machine" in answering["SMTP"].text
    assert silent["SMTP"].level == "note"
    assert silent["MAIL_FROM"].level == "note"
    assert "outreach@coalition.example" in silent["MAIL_FROM"].text


@pytest.mark.parametrize(
    ("url", "level", "words"),
    [
        ("https://sign.example.org", "fine", ""),
        ("http://sign.example.org", "note", "use https"),
        ("http://127.0.0.1:8000", "note", "only this machine"),
        ("https://localhost", "note", "only this machine"),
        ("http://[::1]:8000", "note", "only this machine"),
    ],
)
def test_links_that_others_cannot_open_or_can_read_are_noted(
    tmp_path: Path, url: str, level: str, words: str
) -> None:
    database = Database(f"sqlite:///{tmp_path}/new.db")
    finding = _findings(database, tmp_path, public_url=url)["PUBLIC_URL"]
    database.close()
    assert finding.level == level
    assert words in finding.text


def test_a_generated_key_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("g" * 64)
    database = Database(f"sqlite:///{tmp_path}/new.db")
    finding = _findings(database, tmp_path, secret_keys=["g" * 64])["keys"]
    database.close()
    assert finding == Finding("keys", "note", f"generated, kept in {tmp_path / 'secret_key'}")


@pytest.mark.parametrize(
    ("url", "generated", "level"),
    [
        ("postgresql://db.example/outreach", True, "note"),
        ("postgresql://db.example/outreach", False, "fine"),
        ("sqlite:////var/outreach.db", True, "fine"),
    ],
)
def test_the_ledgers_key_is_told_and_whether_others_would_sign_with_another(
    database: Database, tmp_path: Path, url: str, generated: bool, level: str
) -> None:
    if generated:
        (tmp_path / "ledger_key").write_text(LEDGER_KEY)
    finding = _findings(database, tmp_path, database_url=url)["ledger key"]
    assert finding.level == level
    assert encoded(KEY.public) in finding.text
    assert LEDGER_KEY not in finding.text
    assert ("LEDGER_KEY" in finding.text) == (level == "note")
