"""person export and person erase, through main()."""

import json
import sqlite3
from pathlib import Path

from tests.cli.program import run
from tests.cli.test_ledger import the_key


def the_file(folder: Path) -> bytes:
    """The database as it lies on the disk, what was deleted swept out of it."""
    connection = sqlite3.connect(folder / "outreach.db", isolation_level=None)
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return (folder / "outreach.db").read_bytes()


def test_a_person_is_shown_then_erased_and_the_ledger_verifies(launched: Path) -> None:
    shown = run("person", "export", "ada@o07.example")
    assert shown.code == 0, shown.said
    assert json.loads(shown.out)["contacts"][0]["name"] == "Ada"
    assert b"ada@o07.example" in the_file(launched)
    erased = run("person", "erase", "Ada@O07.example", "--yes")
    assert erased.code == 0, erased.said
    assert "Erased 1 contact" in erased.out
    assert run("person", "export", "ada@o07.example").code == 2
    assert b"ada@o07.example" not in the_file(launched)
    assert "ada" not in (launched / "erasures").read_text()
    file = str(launched / "ledger.json")
    assert run("ledger", "export", "visit", "--output", file).code == 0
    checked = run("ledger", "verify", file, "--key", the_key())
    assert "erased 1" in checked.out


def test_a_slip_erases_nobody(launched: Path) -> None:
    refused = run("person", "erase", "ada@o07.example")
    assert refused.code != 0
    assert run("person", "export", "ada@o07.example").code == 0
    unknown = run("person", "erase", "nobody@example.org", "--yes")
    assert unknown.code == 2
    assert "nothing is kept of this address" in unknown.err
