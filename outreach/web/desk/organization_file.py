"""The list of organizations as a file for a spreadsheet."""

import csv
import io
from collections.abc import Iterable

from outreach.services.list_organizations import ListedOrganization
from outreach.statement.export import safe_cell

_COLUMNS = (
    "organization",
    "country",
    "answer",
    "answered_at",
    "privacy",
    "contact",
    "email",
    "role",
    "language",
    "timezone",
    "last_mail",
    "last_mail_state",
    "server_said",
)


def organization_file(found: Iterable[ListedOrganization]) -> str:
    """One line for each contact. With a BOM, so that a spreadsheet reads the names right; no cell
    starts a formula."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for row in found:
        line = row.line
        answered = line.answered_at.isoformat(timespec="seconds") if line.answered_at else ""
        own = (line.name, line.country, line.state or "not invited", answered, line.privacy)
        for one in row.people:
            facts = (one.name, one.email, one.role, one.language, one.zone)
            mail = (one.mail_kind, one.mail_state, " ".join(one.mail_words.split()))
            writer.writerow([safe_cell(value) for value in (*own, *facts, *mail)])
    return out.getvalue()
