"""Checked rows: every cell parsed on its own, every error kept."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import MappingProxyType

from outreach.partners.columns import COLUMNS, REQUIRED
from outreach.partners.keys import email_key, name_key
from outreach.partners.row_error import RowError
from outreach.partners.table import TableRow
from outreach.partners.values import (
    ValueRefused,
    parse_country,
    parse_email,
    parse_language,
    parse_name,
    parse_notes,
    parse_organization,
    parse_role,
    parse_timezone,
    parse_yes_or_no,
)

_PARSERS: MappingProxyType[str, Callable[[str], str]] = MappingProxyType(
    {
        "organization": parse_organization,
        "contact_name": parse_name,
        "email": parse_email,
        "language": parse_language,
        "country": parse_country,
        "timezone": parse_timezone,
        "role": parse_role,
        "sort_name": parse_name,
        "discreet": parse_yes_or_no,
        "notes": parse_notes,
    }
)


@dataclass(frozen=True)
class PartnerRow:
    """One contact of one organization. An empty field was not given, or refused."""

    row: int
    organization: str
    organization_key: str
    contact_name: str
    email: str
    email_key: str
    language: str
    country: str
    timezone: str
    role: str
    sort_name: str
    discreet: str
    notes: str

    @property
    def signs(self) -> bool:
        return self.role != "copied"


def parse_rows(table: Iterable[TableRow]) -> tuple[list[PartnerRow], list[RowError]]:
    """Every row, with what could be read of it, and every error in them."""
    rows: list[PartnerRow] = []
    errors: list[RowError] = []
    for record in table:
        values = {name: _parse(record, name, errors=errors) for name in COLUMNS}
        keys = {
            "organization_key": name_key(values["organization"]),
            "email_key": email_key(values["email"]),
        }
        rows.append(PartnerRow(row=record.row, **values, **keys))
    return rows, errors


def _parse(record: TableRow, column: str, *, errors: list[RowError]) -> str:
    text = record.values.get(column, "")
    if not text.strip():
        if column in REQUIRED:
            remedy = "fill it in; every row needs an organization and an email"
            errors.append(RowError(record.row, column, "", remedy))
        return ""
    try:
        return _PARSERS[column](text)
    except ValueRefused as refused:
        errors.append(RowError(record.row, column, text.strip(), refused.remedy))
        return ""
