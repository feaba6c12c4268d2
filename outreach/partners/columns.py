"""Which column of a spreadsheet means what: forgiving about how headers are written."""

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.domain.errors import ImportRefused
from outreach.partners.keys import name_key

COLUMNS = (
    "organization",
    "contact_name",
    "email",
    "language",
    "country",
    "timezone",
    "role",
    "sort_name",
    "discreet",
    "notes",
)
REQUIRED = ("organization", "email")

_ALIASES = {
    "organization": "organisation organizationname organisationname org nameoforganization "
    "nameoforganisation",
    "contact_name": "contact contactperson person nameofcontact",
    "email": "mail emailaddress mailaddress",
    "language": "lang languagecode locale",
    "country": "countrycode",
    "timezone": "tz zone",
    "role": "",
    "sort_name": "sortas sortby sortkey",
    "discreet": "discreetmail discreetemail",
    "notes": "note comment comments remark remarks",
}
_BY_KEY = {
    key: column for column in COLUMNS for key in (name_key(column), *_ALIASES[column].split())
}


@dataclass(frozen=True)
class Columns:
    """Where each known column stands, and what else the header holds."""

    positions: dict[str, int]
    unknown: dict[int, str]


def column_of(header: str) -> str | None:
    """The column that a header means, whatever its case, spaces, underscores and hyphens."""
    return _BY_KEY.get(name_key(header))


def find_columns(headers: Sequence[str]) -> Columns:
    """Raises ImportRefused where a column stands twice or a required one is missing."""
    positions: dict[str, int] = {}
    unknown: dict[int, str] = {}
    for position, header in enumerate(headers):
        column = column_of(header)
        if column is None:
            if header.strip():
                unknown[position] = header.strip()
        elif column in positions:
            raise _twice(headers, column, positions[column], position)
        else:
            positions[column] = position
    _check_required(headers, positions)
    return Columns(positions=positions, unknown=unknown)


def _twice(headers: Sequence[str], column: str, first: int, second: int) -> ImportRefused:
    return ImportRefused(
        what=f"the header has '{column}' twice: column {first + 1} ('{headers[first].strip()}') "
        f"and column {second + 1} ('{headers[second].strip()}')",
        remedy="keep one of them, rename or delete the other",
    )


def _check_required(headers: Sequence[str], positions: dict[str, int]) -> None:
    missing = [column for column in REQUIRED if column not in positions]
    if not missing:
        return
    found = ", ".join(f"'{header.strip()}'" for header in headers if header.strip())
    raise ImportRefused(
        what=f"the header has no column {' and no column '.join(missing)}; found {found or 'none'}",
        remedy=f"name the columns in the first row; known are {', '.join(COLUMNS)}",
    )
