"""One erasure for the command line and the desk: done, noted outside, and told without a name."""

from pathlib import Path

import pytest
from sqlmodel import select

from outreach.domain.coordinator import Actor
from outreach.services.erase_again import FILE_NAME
from outreach.services.erase_for_good import ContactsChanged, erase_for_good
from outreach.services.erase_person import ErasureReport, NobodyOfThisAddress
from outreach.services.refuse_erased import address_hash
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from tests.factories import DOMAIN, NOW
from tests.ledger.made import KEY
from tests.services.test_append_event import check
from tests.services.test_erase_person import EMAIL, a_story, traces

NORA = Actor("Nora Feld", None)


def for_good(
    database: Database, home: Path, *, email: str = EMAIL, expected: int | None = None
) -> ErasureReport:
    return erase_for_good(
        database, home, email=email, seed=KEY.seed, mail_domain=DOMAIN, by=NORA, now=NOW,
        expected=expected,
    )  # fmt: skip


def the_log(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        rows = session.exec(select(Activity)).all()
        return [(one.actor, one.action, one.detail) for one in rows]


def test_it_is_noted_outside_and_told_in_numbers(database: Database, tmp_path: Path) -> None:
    a_story(database)
    report = for_good(database, tmp_path, expected=1)
    assert (tmp_path / FILE_NAME).read_text().split() == [address_hash(EMAIL, seed=KEY.seed)]
    told = f"1 contacts, {report.mentions:,} other mentions"
    assert the_log(database) == [("Nora Feld", "person.erase", told)]
    with database.reading() as session:
        assert traces(session) == []
        check(session)


@pytest.mark.parametrize("expected", [0, 2])
def test_another_number_than_was_agreed_to_erases_nothing(
    database: Database, tmp_path: Path, expected: int
) -> None:
    a_story(database)
    with database.reading() as session:
        before = traces(session)
    with pytest.raises(ContactsChanged):
        for_good(database, tmp_path, expected=expected)
    with database.reading() as session:
        assert traces(session) == before
    assert the_log(database) == []
    assert not (tmp_path / FILE_NAME).exists()


def test_of_nobody_nothing_is_noted(database: Database, tmp_path: Path) -> None:
    with pytest.raises(NobodyOfThisAddress):
        for_good(database, tmp_path, email="nobody@example.org")
    assert the_log(database) == []
    assert not (tmp_path / FILE_NAME).exists()
