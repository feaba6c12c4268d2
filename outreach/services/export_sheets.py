"""A campaign's answers, contacts and mails for a spreadsheet, some rows at a time."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.services.note_activity import note_activity
from outreach.statement.export import safe_cell
from outreach.store import campaigns, export_rows
from outreach.store.export_rows import Sheet, Value

_CHUNK = 500
BOM = "\ufeff".encode()  # by which a spreadsheet knows UTF-8


class Export(StrEnum):
    ANSWERS = "answers"
    CONTACTS = "contacts"
    MAILS = "mails"


_SHEETS = MappingProxyType(
    {
        Export.ANSWERS: export_rows.ANSWERS,
        Export.CONTACTS: export_rows.CONTACTS,
        Export.MAILS: export_rows.MAILS,
    }
)


@dataclass(frozen=True)
class Begun:
    """An export that was written down. ``head`` is its first bytes: the BOM and the headings."""

    campaign_id: int
    head: bytes


def begin_export(session: Session, *, slug: str, export: Export, by: Actor, now: datetime) -> Begun:
    """Who took what out is in the activity log. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    note_activity(session, by=by, action=f"{export}.export", campaign_id=campaign.id, now=now)
    return Begun(campaign.id, BOM + written([_SHEETS[export].headings]))


def next_rows(
    session: Session, *, campaign_id: int, export: Export, after: int
) -> tuple[bytes, int]:
    """The rows after that key, and the key of the last of them; nothing, and 0, at the end."""
    sheet: Sheet = _SHEETS[export]
    rows = export_rows.read_rows(session, sheet, campaign_id, after=after, many=_CHUNK)
    if not rows:
        return b"", 0
    last = rows[-1][0]
    assert isinstance(last, int)
    return written(row[1:] for row in rows), last


def written(rows: Iterable[Sequence[Value]]) -> bytes:
    """As lines of a file; no cell starts a formula."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(
        [_cell(value) for value in row] for row in rows
    )
    return out.getvalue().encode()


def _cell(value: Value) -> str | int:
    """No text starts a formula; instants as spreadsheets read them."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return safe_cell(value) if isinstance(value, str) else value
