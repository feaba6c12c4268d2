import pytest

from outreach.domain.errors import ImportRefused
from outreach.partners.columns import COLUMNS, column_of, find_columns


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("organization", "organization"),
        ("Organisation", "organization"),
        (" ORGANIZATION ", "organization"),
        ("Organization name", "organization"),
        ("E-Mail", "email"),
        ("e_mail address", "email"),
        ("EMAIL", "email"),
        ("Contact Name", "contact_name"),
        ("contact-name", "contact_name"),
        ("Time zone", "timezone"),
        ("time_zone", "timezone"),
        ("TimeZone", "timezone"),
        ("Sort Name", "sort_name"),
        ("Role", "role"),
        ("Language", "language"),
        ("COUNTRY", "country"),
        ("Notes", "notes"),
    ],
)
def test_headers_are_understood_however_they_are_written(header: str, column: str) -> None:
    assert column_of(header) == column


def test_every_column_is_found_in_any_order() -> None:
    headers = tuple(reversed(COLUMNS))
    assert find_columns(headers).positions == {name: at for at, name in enumerate(headers)}


def test_only_organization_and_email_are_required() -> None:
    assert find_columns(["email", "organization"]).positions == {"email": 0, "organization": 1}


def test_unknown_headers_are_kept_apart() -> None:
    assert find_columns(["email", "Phone", "", "organization"]).unknown == {1: "Phone"}


def test_a_missing_required_column_names_what_was_found() -> None:
    with pytest.raises(ImportRefused, match=r"no column email; found 'Organisation', 'Phone'"):
        find_columns(["Organisation", "Phone"])


def test_a_header_twice_is_refused_with_both_places() -> None:
    with pytest.raises(ImportRefused, match=r"'email' twice: column 1 \('email'\).*3 \('E-Mail'\)"):
        find_columns(["email", "organization", "E-Mail"])
