from outreach.partners.rows import parse_rows
from outreach.partners.table import TableRow


def test_every_error_of_every_row_is_kept_with_its_place() -> None:
    table = [
        TableRow(2, {"organization": "", "email": "ana", "country": "Atlantis"}),
        TableRow(3, {"organization": "Two", "email": "b@two.example", "role": "boss"}),
    ]
    rows, errors = parse_rows(table)
    assert [(error.row, error.column, error.value) for error in errors] == [
        (2, "organization", ""),
        (2, "email", "ana"),
        (2, "country", "Atlantis"),
        (3, "role", "boss"),
    ]
    assert all(error.remedy for error in errors)
    assert rows[1].organization_key == "two"


def test_what_a_row_does_not_give_stays_empty() -> None:
    ((row,), errors) = parse_rows(
        [TableRow(2, {"organization": " One ", "email": "A@one.example"})]
    )
    assert not errors
    assert (row.organization, row.email, row.email_key) == ("One", "A@one.example", "a@one.example")
    assert (row.language, row.country, row.timezone, row.role, row.notes) == ("", "", "", "", "")
    assert row.signs
