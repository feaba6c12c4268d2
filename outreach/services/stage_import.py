"""A partner list on its way into a campaign: kept, mapped, corrected in place, then imported whole.

The file itself is kept as it came; what a person decides is laid over it. Reading takes longer
than a writer may wait, so it is done between the transactions, never within one.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import ImportRefused, Refused
from outreach.partners.changes import Changes
from outreach.partners.columns import COLUMNS, REQUIRED, column_of
from outreach.partners.likely_doubles import LikelyDouble, find_likely_doubles
from outreach.partners.sheet import Sheet
from outreach.partners.table import MAX_FILE_BYTES, read_sheet
from outreach.services.import_partners import (
    IMPORTING_STATES,
    ImportReport,
    ParsedFile,
    import_partners,
    note_import,
    read_partners,
)
from outreach.store import campaigns, partners, uploads
from outreach.store.desk_tables import Upload

KEPT_FOR = timedelta(days=1)

_SAMPLE_ROWS = 4
_MOST_COLUMNS = 60
_PLACES = frozenset(map(str, range(_MOST_COLUMNS)))
_FILE_NAME_LENGTH = 120


class UploadGone(Refused):
    """It was imported already, or is more than a day old."""

    def __init__(self) -> None:
        super().__init__("this list is not kept any more; send it once more")


@dataclass(frozen=True)
class Staged:
    """A list that waits."""

    id: str
    file_name: str
    content: bytes
    changes: Changes


@dataclass(frozen=True)
class ColumnOffer:
    """A column of the file, for a person to say what it means. ``place`` counts from 0."""

    place: int
    heading: str
    sample: tuple[str, ...]
    guess: str


@dataclass(frozen=True)
class Unread:
    """The list cannot be laid under our columns as it is; where ``columns`` are offered, saying
    which is which may help."""

    refusal: ImportRefused
    columns: tuple[ColumnOffer, ...]


def stage_upload(
    session: Session,
    *,
    slug: str,
    coordinator_id: int,
    file_name: str,
    content: bytes,
    now: datetime,
) -> str:
    """Keeps the list for a day and returns its id. Raises ImportRefused, CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    if campaign.state not in IMPORTING_STATES:
        raise ImportRefused(
            what=f"the campaign is {campaign.state}",
            remedy="partners can be added while it is a draft, open or paused",
        )
    _require_size(content)
    assert campaign.id is not None
    uploads.forget_old(session, before=now - KEPT_FOR)
    upload_id = secrets.token_urlsafe(18)
    uploads.keep_upload(
        session,
        Upload(
            id=upload_id,
            campaign_id=campaign.id,
            coordinator_id=coordinator_id,
            file_name=_shown_name(file_name),
            content=content,
            created_at=now,
        ),
    )
    return upload_id


def find_staged(session: Session, *, slug: str, upload_id: str) -> Staged:
    """Raises UploadGone."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    is_id = upload_id.isprintable()  # PostgreSQL refuses to look for a NUL
    kept = uploads.find_upload(session, upload_id, campaign_id=campaign.id) if is_id else None
    if kept is None:
        raise UploadGone
    return Staged(kept.id, kept.file_name, kept.content, Changes.from_json(kept.changes))


def read_staged(staged: Staged) -> ParsedFile | Unread:
    """What the file says with its changes.

    Opens no transaction.
    """
    try:
        return read_partners(staged.content, filename=staged.file_name, changes=staged.changes)
    except ImportRefused as refused:
        return Unread(refused, offer_columns(staged))


def offer_columns(staged: Staged) -> tuple[ColumnOffer, ...]:
    """The file's columns, for a person to say what each is; none where it cannot be read at all."""
    try:
        sheet = read_sheet(staged.content)
    except ImportRefused:
        return ()
    if not sheet.records:
        return ()
    headings = sheet.records[0].cells[:_MOST_COLUMNS]
    return tuple(
        ColumnOffer(place, heading.strip(), _sample(sheet, place), column_of(heading) or "")
        for place, heading in enumerate(headings)
    )


def unasked_columns(staged: Staged, parsed: ParsedFile) -> tuple[str, ...]:
    """Headings that we do not know, of a list of which nobody has said yet which column is which:
    what they hold would be lost without a word."""
    return parsed.unknown if staged.changes.columns is None else ()


def known_names(session: Session, *, slug: str) -> list[str]:
    """The organizations that the campaign has."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    return [one.name for one in partners.list_organizations(session, campaign_id=campaign.id)]


def undecided_doubles(
    staged: Staged, parsed: ParsedFile, *, known: Sequence[str]
) -> tuple[LikelyDouble, ...]:
    """The pairs that nobody has decided yet. Opens no transaction."""
    names = (row.organization for row in parsed.rows if row.organization)
    return tuple(find_likely_doubles(names, known=known, different=staged.changes.different))


def review_import(
    session: Session, *, slug: str, staged: Staged, parsed: ParsedFile, now: datetime
) -> ImportReport:
    """What importing would do; writes nothing."""
    campaign = campaigns.require_campaign(session, slug)
    return import_partners(
        session,
        campaign=campaign,
        parsed=parsed,
        update=staged.changes.update,
        dry_run=True,
        now=now,
    )


def keep_changes(session: Session, *, slug: str, upload_id: str, changes: Changes) -> None:
    """Raises UploadGone."""
    find_staged(session, slug=slug, upload_id=upload_id)
    uploads.change_upload(session, upload_id, changes=changes.to_json())


def with_columns(changes: Changes, chosen: Mapping[str, str], *, headless: bool) -> Changes:
    """``chosen``: by our column's name, the place of the file's. Raises ImportRefused."""
    columns = {
        name: int(place) for name, place in chosen.items() if name in COLUMNS and place in _PLACES
    }
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise ImportRefused(
            what=f"no column is chosen for {' and '.join(missing)}",
            remedy="every partner needs the organization's name and an e-mail address",
        )
    if len(set(columns.values())) < len(columns):
        raise ImportRefused(
            what="one column is chosen twice", remedy="choose another one for each of ours"
        )
    return replace(changes, columns=columns, headless=headless)


def with_decisions(
    changes: Changes,
    decided: Mapping[tuple[str, str], str],
    *,
    parsed: ParsedFile,
) -> Changes:
    """``decided`` by pair of names: 'same' gives the second the name of the first, in every row
    that has it; 'different' keeps both."""
    different = {pair for pair, word in decided.items() if word == "different"}
    same = {second: first for (first, second), word in decided.items() if word == "same"}
    corrected = {
        (row.row, "organization"): same[row.organization]
        for row in parsed.rows
        if row.organization in same
    }
    return replace(changes.with_cells(corrected), different=changes.different | different)


def import_staged(
    session: Session,
    *,
    slug: str,
    staged: Staged,
    parsed: ParsedFile,
    accept_valid: bool,
    by: Actor,
    now: datetime,
) -> ImportReport:
    """All or nothing; ``accept_valid`` takes the rows without an error. What was written is no
    longer kept. Raises ImportRefused, UploadGone."""
    campaign = campaigns.lock_campaign(session, slug)
    find_staged(session, slug=slug, upload_id=staged.id)
    report = import_partners(
        session,
        campaign=campaign,
        parsed=parsed,
        accept_valid=accept_valid,
        update=staged.changes.update,
        now=now,
    )
    if report.written:
        uploads.forget_upload(session, staged.id)
    note_import(session, report, campaign=campaign, by=by, now=now)
    return report


def discard_upload(session: Session, *, slug: str, upload_id: str) -> None:
    """Gone already, nothing changes."""
    try:
        staged = find_staged(session, slug=slug, upload_id=upload_id)
    except UploadGone:
        return
    uploads.forget_upload(session, staged.id)


def _sample(sheet: Sheet, place: int) -> tuple[str, ...]:
    records: Sequence[tuple[str, ...]] = [one.cells for one in sheet.records[1:_SAMPLE_ROWS]]
    return tuple(cells[place][:60] for cells in records if place < len(cells))


def _require_size(content: bytes) -> None:
    if len(content) > MAX_FILE_BYTES:
        raise ImportRefused(
            what=f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB",
            remedy="split it, or leave out columns that are not needed",
        )
    if not content.strip():
        raise ImportRefused(what="the file is empty", remedy="choose another one")


def _shown_name(name: str) -> str:
    """A file's name as a person gave it, without a path and what cannot be shown."""
    bare = re.split(r"[\\/]", name)[-1]
    return "".join(c for c in bare if c.isprintable())[:_FILE_NAME_LENGTH] or "the list"
