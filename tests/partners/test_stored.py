from outreach.partners.rows import PartnerRow, parse_rows
from outreach.partners.stored import (
    Stored,
    StoredContact,
    StoredOrganization,
    find_clashes,
    find_differences,
    find_unsigned,
    plan_changes,
)
from outreach.partners.table import TableRow

NOTHING = Stored(organizations={}, contacts={})
ONE = Stored(
    organizations={
        "one": StoredOrganization(1, "One", country="DE", sort_name="", notes=""),
        "two": StoredOrganization(2, "Two", country="", sort_name="", notes=""),
    },
    contacts={
        "a@one.example": StoredContact(
            11,
            "one",
            "Ana",
            "a@one.example",
            language="de",
            zone="Europe/Berlin",
            role="signs",
            discreet="no",
        )
    },
)


def rows(*values: dict[str, str]) -> list[PartnerRow]:
    parsed, errors = parse_rows([TableRow(at, row) for at, row in enumerate(values, start=2)])
    assert not errors
    return parsed


def test_another_spelling_than_the_stored_one_clashes() -> None:
    (error,) = find_clashes(rows({"organization": "ONE", "email": "b@one.example"}), stored=ONE)
    assert (error.row, error.column, error.value) == (2, "organization", "ONE")
    assert "the campaign has it as 'One'" in error.remedy


def test_an_address_of_another_stored_organization_clashes() -> None:
    (error,) = find_clashes(rows({"organization": "Two", "email": "A@one.example"}), stored=ONE)
    assert (error.row, error.column) == (2, "email")
    assert "for 'One'" in error.remedy


def test_each_stored_fact_that_the_file_gives_otherwise_is_a_difference() -> None:
    row = {
        "organization": "One", "email": "A@one.example", "contact_name": "Anna", "language": "fr",
        "timezone": "UTC", "role": "copied", "country": "FR", "sort_name": "1", "notes": "n",
    }  # fmt: skip
    errors = find_differences(rows(row), stored=ONE)
    assert {error.column for error in errors} == row.keys() - {"organization"}
    assert all("--update" in error.remedy for error in errors)
    by_column = {error.column: error.remedy for error in errors}
    assert "has 'Ana'" in by_column["contact_name"]
    assert "has nothing here" in by_column["notes"]


def test_an_empty_cell_differs_from_nothing() -> None:
    row = {"organization": "One", "email": "a@one.example"}
    assert not find_differences(rows(row), stored=ONE)
    assert plan_changes(rows(row), stored=ONE).unchanged == 1


def test_an_organization_whose_contacts_are_all_copied_has_nobody_who_signs() -> None:
    found = rows(
        {"organization": "Three", "email": "a@three.example", "role": "copied"},
        {"organization": "Three", "email": "b@three.example", "role": "copied"},
        {"organization": "Four", "email": "a@four.example", "role": "copied"},
        {"organization": "Four", "email": "b@four.example"},
    )
    errors = find_unsigned(found, stored=NOTHING, refused=frozenset())
    assert [(error.row, error.column) for error in errors] == [(2, "role"), (3, "role")]


def test_a_stored_contact_signs_for_one_who_is_only_copied() -> None:
    found = rows({"organization": "One", "email": "b@one.example", "role": "copied"})
    assert not find_unsigned(found, stored=ONE, refused=frozenset())


def test_the_only_one_who_signs_cannot_be_made_copied() -> None:
    found = rows({"organization": "One", "email": "a@one.example", "role": "copied"})
    assert len(find_unsigned(found, stored=ONE, refused=frozenset())) == 1


def test_a_copied_row_falls_with_the_refused_row_that_would_sign() -> None:
    found = rows(
        {"organization": "Three", "email": "a@three.example"},
        {"organization": "Three", "email": "b@three.example", "role": "copied"},
    )
    (error,) = find_unsigned(found, stored=NOTHING, refused=frozenset({2}))
    assert error.row == 3
    assert "row 2" in error.remedy


def test_an_organization_takes_each_fact_from_the_row_that_gives_it() -> None:
    found = rows(
        {"organization": "Three", "email": "a@three.example", "country": "Taiwan"},
        {"organization": "Three", "email": "b@three.example", "sort_name": "3", "notes": "n"},
    )
    plan = plan_changes(found, stored=NOTHING)
    facts = {"name": "Three", "country": "TW", "sort_name": "3", "notes": "n"}
    assert plan.new_organizations == {"three": facts}
    assert len(plan.new_contacts) == 2
