"""What one file says twice: spellings, addresses, and facts that contradict each other.

A later row is compared with the first one, whatever else is wrong with either, so that one run
shows everything.
"""

from collections.abc import Sequence

from outreach.partners.row_error import RowError
from outreach.partners.rows import PartnerRow

ORGANIZATION_FACTS = ("country", "sort_name", "notes")


def find_doubles(rows: Sequence[PartnerRow]) -> list[RowError]:
    """Each error stands at the later row and names the earlier one."""
    return [*_spellings(rows), *_addresses(rows), *_contradictions(rows)]


def _spellings(rows: Sequence[PartnerRow]) -> list[RowError]:
    first: dict[str, PartnerRow] = {}
    errors = []
    for row in rows:
        if not row.organization_key:
            continue
        other = first.setdefault(row.organization_key, row)
        if other.organization != row.organization:
            remedy = (
                f"row {other.row} spells it '{other.organization}'; write it the same way in both, "
                "or, if they are two organizations, add what tells them apart"
            )
            errors.append(RowError(row.row, "organization", row.organization, remedy))
    return errors


def _addresses(rows: Sequence[PartnerRow]) -> list[RowError]:
    first: dict[str, PartnerRow] = {}
    errors = []
    for row in rows:
        if not row.email_key:
            continue
        other = first.setdefault(row.email_key, row)
        if other is not row:
            remedy = (
                f"row {other.row} has the same address, as '{other.email}'; "
                "keep one of the two rows, or give each its own address"
            )
            errors.append(RowError(row.row, "email", row.email, remedy))
    return errors


def _contradictions(rows: Sequence[PartnerRow]) -> list[RowError]:
    first: dict[tuple[str, str], PartnerRow] = {}
    errors = []
    for row in rows:
        for column in ORGANIZATION_FACTS:
            value: str = getattr(row, column)
            if not value or not row.organization_key:
                continue
            other = first.setdefault((row.organization, column), row)
            if getattr(other, column) != value:
                remedy = (
                    f"row {other.row} says '{getattr(other, column)}' of the same organization; "
                    "write the same in both, or leave one empty"
                )
                errors.append(RowError(row.row, column, value, remedy))
    return errors
