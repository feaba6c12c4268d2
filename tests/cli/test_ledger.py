"""ledger and receipt, through main()."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach.ledger.receipt import write_receipt
from outreach.statement.source import parse_statement
from outreach.store.database import Database
from tests.cli.program import STATEMENT, run
from tests.factories import sign
from tests.ledger.made import KEY, LOG, a_ledger, a_logged_event, written


@pytest.fixture
def signed(launched: Path) -> Path:
    """With two signatures in the ledger."""
    database = Database(f"sqlite:///{launched / 'outreach.db'}")
    sha256 = parse_statement(STATEMENT).sha256
    with database.transaction() as session:
        for name in ("Organization 01", "Organization 02"):
            sign(session, name, now=datetime.now(UTC), statement_sha256=sha256)
    database.close()
    return launched


def the_key() -> str:
    return run("ledger", "key").out.splitlines()[1].split()[1]


@pytest.mark.parametrize("openings", [[], ["--with-openings"]])
def test_a_ledger_is_exported_and_holds_under_the_installations_key(
    signed: Path, openings: list[str]
) -> None:
    file = signed / "ledger.json"
    made = run("ledger", "export", "visit", "--output", str(file), *openings)
    assert made.code == 0, made.said
    assert ("Organization 01" in file.read_text()) is bool(openings)
    checked = run("ledger", "verify", str(file), "--key", the_key())
    assert checked.code == 0, checked.said
    assert "Holds: 2 events" in checked.out
    assert "signed 2" in checked.out
    assert "--key" not in checked.out


def test_a_checkpoint_kept_elsewhere_shows_what_was_cut_off(signed: Path) -> None:
    whole = json.loads(run("ledger", "export", "visit", "--output", "-").out)
    (signed / "kept").write_text(whole["checkpoints"][-1], encoding="utf-8")
    (signed / "other").write_text(written(a_ledger(5)), encoding="utf-8")
    (signed / "good").write_text(json.dumps(whole), encoding="utf-8")
    kept = ["--checkpoint", str(signed / "kept")]
    assert run("ledger", "verify", str(signed / "good"), *kept).code == 0
    refused = run("ledger", "verify", str(signed / "other"), *kept)
    assert refused.code == 1
    assert "not signed with the key" in refused.err
    whole["events"].pop()
    (signed / "cut").write_text(json.dumps(whole), encoding="utf-8")
    cut = run("ledger", "verify", str(signed / "cut"), *kept)
    assert cut.code == 1
    assert "cut short" in cut.err


def test_the_public_key_is_shown_and_the_secret_never(signed: Path) -> None:
    said = run("ledger", "key").said
    assert "Ed25519 public key: " in said
    assert "visit  coalition.example/ledger/" in said
    assert (signed / "ledger_key").read_text() not in said


def test_a_campaign_of_which_nothing_is_logged_says_so(launched: Path) -> None:
    refused = run("ledger", "export", "visit", "--output", "-")
    assert refused.code == 2
    assert "nothing is logged" in refused.err


def test_a_receipt_is_checked_and_its_words_shown(folder: Path) -> None:
    file = folder / "receipt.json"
    file.write_text(write_receipt(a_logged_event(3), KEY), encoding="utf-8")
    checked = run("receipt", "verify", str(file), "--key", str(KEY.verifier(LOG)))
    assert checked.code == 0, checked.said
    assert "Holds: signed at 2026-03-04T14:00:03Z" in checked.out
    assert "credit line: Organization 3 (O3)" in checked.out
    assert "Is it the one that you know?" in run("receipt", "verify", str(file)).out


@pytest.mark.parametrize("words", [["ledger", "verify"], ["receipt", "verify"]])
@pytest.mark.parametrize(("content", "code"), [(b"{}", 1), (b"\xff", 2), (None, 2)])
def test_what_is_no_evidence_is_refused_in_one_line(
    folder: Path, words: list[str], content: bytes | None, code: int
) -> None:
    file = folder / "file"
    if content is not None:
        file.write_bytes(content)
    refused = run(*words, str(file))
    assert refused.code == code
    assert len(refused.err.splitlines()) == 1


def test_a_key_that_was_not_copied_whole_is_refused(folder: Path) -> None:
    (folder / "file").write_text(written(a_ledger(1)), encoding="utf-8")
    refused = run("ledger", "verify", str(folder / "file"), "--key", str(KEY.verifier(LOG))[:-4])
    assert refused.code == 1
    assert "32 bytes" in refused.err
