from outreach.partners.doubles import find_doubles
from outreach.partners.row_error import RowError
from outreach.partners.rows import parse_rows
from outreach.partners.table import TableRow


def doubles(*rows: dict[str, str]) -> list[RowError]:
    parsed, _ = parse_rows([TableRow(number, row) for number, row in enumerate(rows, start=2)])
    return find_doubles(parsed)


def test_several_contacts_of_one_organization_are_fine() -> None:
    assert not doubles(
        {"organization": "ARTICLE19", "email": "a@one.example"},
        {"organization": " ARTICLE19 ", "email": "b@one.example"},
    )


def test_two_spellings_of_one_organization_are_reported_with_both_rows() -> None:
    (error,) = doubles(
        {"organization": "ARTICLE19", "email": "a@one.example"},
        {"organization": "Article 19", "email": "b@one.example"},
    )
    assert (error.row, error.column, error.value) == (3, "organization", "Article 19")
    assert "row 2 spells it 'ARTICLE19'" in error.remedy


def test_the_same_address_twice_is_reported_with_both_rows() -> None:
    (error,) = doubles(
        {"organization": "One", "email": "ana@one.example"},
        {"organization": "Two", "email": " ANA@One.example"},
    )
    assert (error.row, error.column) == (3, "email")
    assert "row 2 has the same address, as 'ana@one.example'" in error.remedy


def test_facts_of_one_organization_that_contradict_each_other_are_reported() -> None:
    errors = doubles(
        {"organization": "One", "email": "a@one.example", "country": "DE", "notes": "x"},
        {"organization": "One", "email": "b@one.example", "country": "FR", "sort_name": "B"},
        {"organization": "One", "email": "c@one.example", "sort_name": "C", "notes": "y"},
    )
    found = [(error.row, error.column, error.value) for error in errors]
    assert found == [(3, "country", "FR"), (4, "sort_name", "C"), (4, "notes", "y")]
    assert "row 2 says 'DE'" in errors[0].remedy


def test_an_empty_fact_and_another_spelling_of_it_contradict_nothing() -> None:
    assert not doubles(
        {"organization": "One", "email": "a@one.example", "country": "Germany"},
        {"organization": "One", "email": "b@one.example"},
        {"organization": "One", "email": "c@one.example", "country": "de"},
    )


def test_a_row_with_another_error_is_compared_all_the_same() -> None:
    (error,) = doubles(
        {"organization": "One", "email": "a@one.example", "role": "boss"},
        {"organization": "One", "email": "a@one.example"},
    )
    assert error.row == 3
