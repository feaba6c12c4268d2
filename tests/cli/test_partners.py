import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from outreach.cli.partners import app
from outreach.domain.errors import CampaignNotFound, ImportRefused, OrganizationNotFound
from outreach.partners.row_error import RowError
from outreach.partners.rows import PartnerRow, parse_rows
from outreach.partners.table import TableRow
from outreach.store.database import Database
from outreach.store.migrate import upgrade_database
from outreach.store.partners import find_organization, list_contacts
from outreach.store.tables import Campaign, Contact, Suppression

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
GOOD = "organization,email,contact_name\nLe Comité,anne@comite.example,Anne\nTwo,b@two.example,\n"
BAD = "organization,email\nOne,a@one.example\n[bold]Two,nothing\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database of a home of its own, with one draft campaign 's'."""
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    database = Database(f"sqlite:///{tmp_path / 'outreach.db'}")
    upgrade_database(database)
    with database.transaction() as session:
        session.add(a_campaign())
    yield database
    database.close()


def a_campaign() -> Campaign:
    return Campaign(
        slug="s",
        key="s",
        title="T",
        addressee="A",
        occasion="O",
        occasion_date=date(2026, 12, 2),
        reply_to="coordinator@coalition.example",
        language="en",
        deadline=datetime(2026, 12, 1, tzinfo=UTC),
        zone="UTC",
        reminder_steps="7d",
        created_at=NOW,
    )


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def run_import(tmp_path: Path, text: str, *options: str, slug: str = "s") -> Result:
    file = tmp_path / "partners.csv"
    file.write_text(text, encoding="utf-8")
    return run("import", slug, str(file), *options)


def stored(database: Database) -> list[Contact]:
    with database.reading() as session:
        return list(list_contacts(session, campaign_id=1))


def test_an_import_says_what_it_did_and_what_comes_next(home: Database, tmp_path: Path) -> None:
    result = run_import(tmp_path, GOOD)
    assert result.exit_code == 0
    assert "Imported 2 organizations, 2 contacts, 0 unchanged." in result.output
    assert "Next: outreach campaign launch s" in result.output
    assert len(stored(home)) == 2


def test_while_a_file_is_read_others_can_write(
    home: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long file takes a while, and somebody may be about to sign."""
    answered: list[bool] = []

    def parse_slowly(table: Iterable[TableRow]) -> tuple[list[PartnerRow], list[RowError]]:
        with home.transaction() as session:
            session.add(Suppression(email_key="a@one.example", reason="bounced", created_at=NOW))
        answered.append(True)
        return parse_rows(table)

    monkeypatch.setattr("outreach.services.import_partners.parse_rows", parse_slowly)
    monkeypatch.setattr("outreach.store.database._BUSY_MS", 100)
    home.engine.dispose()  # so that the next connection waits no longer than that
    assert run_import(tmp_path, GOOD).exit_code == 0
    assert answered == [True]


def test_the_same_file_again_is_all_unchanged(home: Database, tmp_path: Path) -> None:
    run_import(tmp_path, GOOD)
    result = run_import(tmp_path, GOOD)
    assert result.exit_code == 0
    assert "Imported 0 organizations, 0 contacts, 2 unchanged." in result.output


def test_errors_are_shown_in_a_table_and_end_with_2(home: Database, tmp_path: Path) -> None:
    result = run_import(tmp_path, BAD)
    assert result.exit_code == 2
    assert "email" in result.output
    assert "nothing" in result.output
    assert "name@example.org" in result.output
    assert "Nothing was imported: 1 error in 1 row." in result.output
    assert "--accept-valid" in result.output
    assert not stored(home)


def test_a_cell_cannot_style_the_terminal(home: Database, tmp_path: Path) -> None:
    text = "organization,email\n[red]One[/red]\x1b[31m,a@one.example\n"
    result = run_import(tmp_path, text)
    assert "[red]One[/red]\\x1b[31m" in result.output
    assert "\x1b[31m" not in result.output


def test_accept_valid_ends_with_0_and_counts_what_was_left_out(
    home: Database, tmp_path: Path
) -> None:
    result = run_import(tmp_path, BAD, "--accept-valid")
    assert result.exit_code == 0
    assert "Imported 1 organization, 1 contact, 0 unchanged." in result.output
    assert "1 row left out" in result.output
    assert [one.email for one in stored(home)] == ["a@one.example"]


def test_a_dry_run_writes_nothing(home: Database, tmp_path: Path) -> None:
    result = run_import(tmp_path, GOOD, "--dry-run")
    assert result.exit_code == 0
    assert "dry run" in result.output
    assert "would import 2 organizations, 2 contacts" in result.output
    assert not stored(home)
    assert run_import(tmp_path, BAD, "--dry-run").exit_code == 2


def test_update_overwrites(home: Database, tmp_path: Path) -> None:
    run_import(tmp_path, GOOD)
    changed = GOOD.replace(",Anne", ",Annette")
    assert run_import(tmp_path, changed).exit_code == 2
    result = run_import(tmp_path, changed, "--update")
    assert "0 organizations, 0 contacts, 1 contact updated, 1 unchanged" in result.output
    assert stored(home)[0].name == "Annette"


def test_json_holds_counts_and_errors(home: Database, tmp_path: Path) -> None:
    result = run_import(tmp_path, BAD, "--json")
    assert result.exit_code == 2
    report = json.loads(result.output)
    assert (report["written"], report["created_contacts"], report["refused_rows"]) == (False, 0, 1)
    assert report["errors"][0].keys() == {"row", "column", "value", "remedy"}
    assert json.loads(run_import(tmp_path, GOOD, "--json").output)["created_contacts"] == 2


def test_unknown_columns_are_noted(home: Database, tmp_path: Path) -> None:
    result = run_import(tmp_path, "organization,email,Phone\nOne,a@one.example,1\n")
    assert "Note: columns not known and left alone: 'Phone'." in result.output


def test_what_cannot_be_read_or_found_is_refused(home: Database, tmp_path: Path) -> None:
    assert isinstance(run_import(tmp_path, "").exception, ImportRefused)
    assert isinstance(run_import(tmp_path, GOOD, slug="other").exception, CampaignNotFound)
    assert run("import", "s", str(tmp_path / "missing.csv")).exit_code == 2


def test_partners_are_listed(home: Database, tmp_path: Path) -> None:
    assert "outreach partners import s FILE" in run("list", "s").output
    run_import(tmp_path, GOOD)
    output = run("list", "s").output
    assert "Le Comité" in output
    assert "anne@comite.example" in output
    assert "2 organizations, 2 contacts." in output


def test_partners_are_listed_as_json(home: Database, tmp_path: Path) -> None:
    run_import(tmp_path, GOOD)
    first, second = json.loads(run("list", "s", "--json").output)
    assert (first["name"], second["name"]) == ("Le Comité", "Two")
    assert first["contacts"] == [
        {
            "name": "Anne",
            "email": "anne@comite.example",
            "language": "en",
            "zone": "UTC",
            "role": "signs",
            "last_message": None,
        }
    ]
    assert (first["state"], first["answered_at"], first["reason"]) == ("not invited", None, "")


def test_a_sort_name_is_set_by_the_organizations_name_however_it_is_spelled(
    home: Database, tmp_path: Path
) -> None:
    run_import(tmp_path, GOOD)
    result = run("sort-name", "s", "le comite", " Comité,  Le ")
    assert "Le Comité is now listed as 'Comité, Le'." in result.output
    with home.reading() as session:
        found = find_organization(session, campaign_id=1, name_key="lecomite")
        assert found is not None
        assert found.sort_name == "Comité, Le"


def test_a_sort_name_of_nobody_is_refused(home: Database) -> None:
    assert isinstance(run("sort-name", "s", "Nobody", "N").exception, OrganizationNotFound)
