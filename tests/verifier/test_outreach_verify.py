"""The stand-alone verifier: a process of its own, in which nothing of this project can be found."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from outreach.domain.evidence import EventKind, Method
from outreach.ledger.commitment import openings_of
from outreach.ledger.event import EventFacts, event_text
from outreach.ledger.receipt import LoggedEvent, write_receipt
from outreach.ledger.tree import Peaks
from tests.ledger.forgeries import EVENTS, FILES, a_forged_ledger
from tests.ledger.made import (
    ANOTHER_KEY,
    BEGIN,
    KEY,
    LOG,
    a_checkpoint,
    a_ledger,
    a_logged_event,
    an_event,
    stamped_anew,
    written,
)
from tests.ledger.tampering import WAYS, chance_of

ROOT = Path(__file__).parent.parent.parent
VERIFIER = ROOT / "verifier" / "outreach_verify.py"
KEY_TEXT = str(KEY.verifier(LOG))
# Runs main() for each line of words on standard input; a process for each would take minutes.
MANY = """
import contextlib, io, json, sys
sys.path.insert(0, sys.argv[1])
import outreach_verify
for line in sys.stdin:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = outreach_verify.main(json.loads(line))
    print(json.dumps([code, said.getvalue()]))
assert not {"outreach", "rfc8785"} & set(sys.modules)
"""


def verify(*words: object) -> tuple[int, str]:
    """The exit code, and what was said."""
    ended = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), *map(str, words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"},
        cwd=VERIFIER.parent,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def verify_many(cases: list[list[str]]) -> list[tuple[int, str]]:
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    ended = subprocess.run(
        [sys.executable, "-I", "-c", MANY, str(VERIFIER.parent)],
        input=lines,
        capture_output=True,
        text=True,
        cwd=VERIFIER.parent,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return [(code, said) for code, said in map(json.loads, ended.stdout.splitlines())]


def _saved(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_it_needs_cryptography_and_nothing_else_that_is_not_pythons() -> None:
    lines = VERIFIER.read_text(encoding="utf-8").splitlines()
    imports = {
        line.split()[1].split(".")[0] for line in lines if line.startswith(("import", "from"))
    }
    assert imports - set(sys.stdlib_module_names) == {"cryptography"}
    assert len(lines) < 250


@pytest.mark.parametrize("many", [0, 1, 2, 7, 8, 50])
def test_an_untouched_ledger_holds(tmp_path: Path, many: int) -> None:
    ledger = a_ledger(many)
    file = _saved(tmp_path, "ledger.json", written(ledger))
    outside = [
        word
        for size in range(many + 1)
        for word in (
            "--checkpoint",
            _saved(tmp_path, f"{size}", a_checkpoint(ledger.events[:size])),
        )
    ]
    code, said = verify(file, "--key", KEY_TEXT, *outside)
    assert code == 0, said
    assert f"holds: {many} events of {LOG}" in said
    assert f"from outside: {many + 1}" in said


@pytest.mark.parametrize("way", WAYS)
def test_what_was_done_to_a_ledger_shows_against_an_outside_checkpoint(
    tmp_path: Path, way: str
) -> None:
    chance, cases = chance_of(way), []
    for trial in range(200):
        many = chance.randrange(2, 40)
        covered = chance.randrange(2, many + 1)
        ledger = a_ledger(many, seed=trial, every=40)
        outside = _saved(tmp_path, f"{trial}.txt", a_checkpoint(ledger.events[:covered]))
        changed = written(WAYS[way](ledger, chance, covered))
        cases.append([_saved(tmp_path, f"{trial}.json", changed), "--checkpoint", outside])
    found = verify_many(cases)
    assert [code for code, _ in found] == [1] * 200
    assert all(said.startswith("DOES NOT HOLD: ") for _, said in found)


def test_a_receipt_holds_and_says_what_was_signed(tmp_path: Path) -> None:
    file = _saved(tmp_path, "receipt.json", write_receipt(a_logged_event(11), KEY))
    code, said = verify(file)
    assert code == 0, said
    assert "'signed' 2026-03-04T14:00:11Z" in said
    assert "credit_line: Organization 11 (O11)" in said
    assert KEY_TEXT in said
    assert verify(file, "--key", KEY_TEXT)[0] == 0
    assert verify(file, "--key", ANOTHER_KEY.verifier(LOG))[0] == 1


def test_every_changed_character_of_a_receipt_is_noticed(tmp_path: Path) -> None:
    text = write_receipt(a_logged_event(5), KEY)
    key = range(text.index('"key"'), text.index('"index"'))
    places = [place for place in range(len(text)) if not text[place].isspace() and place not in key]
    cases = [
        [
            _saved(
                tmp_path,
                f"{place}.json",
                text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :],
            ),
            "--key",
            KEY_TEXT,
        ]
        for place in places
    ]
    assert {code for code, _ in verify_many(cases)} == {1}


def test_a_receipt_serves_as_an_outside_checkpoint(tmp_path: Path) -> None:
    receipt = _saved(tmp_path, "receipt.json", write_receipt(a_logged_event(11), KEY))
    kept = a_ledger(0)
    whole = stamped_anew(
        type(kept)(LOG, kept.keys, tuple(an_event(one)[0] for one in range(30)), (), {})
    )
    good = _saved(tmp_path, "good.json", written(whole))
    assert verify(good, "--checkpoint", receipt)[0] == 0
    forged = stamped_anew(WAYS["deleted"](whole, chance_of(1), 11))
    bad = _saved(tmp_path, "bad.json", written(forged))
    assert verify(bad)[0] == 0  # it fits itself, and that is why one is kept outside
    assert verify(bad, "--checkpoint", receipt)[0] == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": 5, "key": 4}', "\udcff" * 0])
def test_what_is_no_evidence_does_not_hold(tmp_path: Path, text: str) -> None:
    code, said = verify(_saved(tmp_path, "x.json", text))
    assert code == 1
    assert "Traceback" not in said


@pytest.mark.parametrize("forgery", [*EVENTS, *FILES])
def test_it_is_as_strict_as_the_program_itself(tmp_path: Path, forgery: str) -> None:
    text = a_forged_ledger(EVENTS[forgery]) if forgery in EVENTS else FILES[forgery]()
    code, said = verify(_saved(tmp_path, "forged.json", text), "--key", KEY_TEXT)
    assert code == 1
    assert said.startswith("DOES NOT HOLD: ")
    assert "Traceback" not in said


def test_no_file_speaks_to_the_terminal(tmp_path: Path) -> None:
    """A cleared screen, a bell, a line turned around: shown as what they are."""
    said = "Zo\xeb\x1b[2J\x07\u202e\nholds: all"
    openings = openings_of({"person": said})
    facts = EventFacts(
        log=LOG,
        kind=EventKind.SIGNED,
        at=BEGIN,
        statement_sha256="a" * 64,
        statement_language="en",
        method=Method.LINK,
    )
    text = event_text(facts, openings)
    receipt = write_receipt(LoggedEvent(LOG, 0, text, Peaks().packed(), openings), KEY)
    code, heard = verify(_saved(tmp_path, "receipt.json", receipt))
    assert code == 0, heard
    assert "person: Zo\xeb\\x1b[2J\\x07\\u202e\\nholds: all\n" in heard
    empty = json.loads(written(a_ledger(0))) | {"log": said, "checkpoints": []}
    refused = json.loads(receipt)
    refused["openings"][0]["field"] = said
    for number, content in enumerate((empty, refused)):
        _, heard = verify(_saved(tmp_path, f"{number}.json", json.dumps(content)))
        assert "\\x1b[2J" in heard
        assert not any(sign in heard for sign in ("\x1b", "\x07", "\u202e"))


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    code, said = verify(tmp_path / "nothing.json")
    assert code == 2
    assert "Traceback" not in said


def test_no_damage_ends_in_a_traceback(tmp_path: Path) -> None:
    whole, chance, cases = written(a_ledger(4)), chance_of(3), []
    for trial in range(400):
        start = chance.randrange(len(whole))
        damaged = whole[:start] + chance.choice(["", "x", '"', "{", "\\", "0", "null", "[[["])
        damaged += whole[start + chance.randrange(1, 5) :]
        cases.append([_saved(tmp_path, f"{trial}.json", damaged), "--key", KEY_TEXT])
    assert {code for code, _ in verify_many(cases)} <= {0, 1}


def test_ten_thousand_events_are_checked_within_ten_seconds(tmp_path: Path) -> None:
    file = _saved(tmp_path, "ledger.json", written(a_ledger(10_000, every=500)))
    begun = time.monotonic()
    assert verify(file, "--key", KEY_TEXT)[0] == 0
    assert time.monotonic() - begun < 10
