"""A partner list on its way in: sent or pasted, mapped, corrected in place, taken whole."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, File, Form, Response, UploadFile
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from outreach.domain.errors import ImportRefused
from outreach.partners.changes import Changes
from outreach.partners.columns import COLUMNS, REQUIRED
from outreach.partners.likely_doubles import LikelyDouble
from outreach.services import stage_import
from outreach.services.import_partners import ImportReport, ParsedFile
from outreach.services.show_setup import Setup
from outreach.services.stage_import import Staged, UploadGone
from outreach.web.desk.access import Editing, Visitor, read_form
from outreach.web.desk.setup_page import (
    KnownSlug,
    lead_back,
    load_setup,
    setup_page,
    setup_path,
)
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

Text = Annotated[str, Form()]

_CELL: Final = re.compile("cell-(?P<row>[0-9]{1,9})-(?P<column>[a-z_]+)")
_OUT: Final = re.compile("out-(?P<row>[0-9]{1,9})")
ERRORS_SHOWN = 50
DOUBLES_SHOWN = 20
_MOST_NAMED = 8
COLUMN_WORDS: Final = {
    "organization": "Organization",
    "contact_name": "Contact’s name",
    "email": "E-mail",
    "language": "Language",
    "country": "Country",
    "timezone": "Time zone",
    "role": "Role",
    "sort_name": "Sorted as",
    "discreet": "Discreet mail",
    "notes": "Notes",
}


Fields = Annotated[FormData, Depends(read_form)]


@router.post("/desk/c/{slug}/setup/partners/upload")
def upload(
    site: CurrentSite,
    visitor: Editing,
    slug: KnownSlug,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    if file is None or not file.filename:
        return _refused(site, visitor, slug, "Please choose a file first.")
    return _stage(site, visitor, slug, name=file.filename, content=file.file.read())


@router.post("/desk/c/{slug}/setup/partners/paste")
def paste(site: CurrentSite, visitor: Editing, slug: KnownSlug, fields: Fields) -> Response:
    table = _text(fields, "table")
    if not table.strip():
        return _refused(site, visitor, slug, "Please paste the table first.")
    return _stage(site, visitor, slug, name="the pasted table", content=table.encode())


@looking(router, "/desk/c/{slug}/setup/partners/list/{upload_id}")
def show_list(
    site: CurrentSite, visitor: Editing, slug: KnownSlug, upload_id: str, columns: str = ""
) -> Response:
    return _review(site, visitor, slug, upload_id, ask_columns=bool(columns))


@router.post("/desk/c/{slug}/setup/partners/list/{upload_id}/columns")
def choose_columns(
    site: CurrentSite, visitor: Editing, slug: KnownSlug, upload_id: str, fields: Fields
) -> Response:
    chosen = {name: value for name in COLUMNS if (value := _text(fields, f"column-{name}"))}
    headless = _text(fields, "headless") == "yes"

    try:
        staged = _staged(site, slug, upload_id)
        changes = stage_import.with_columns(staged.changes, chosen, headless=headless)
        _keep(site, slug, upload_id, changes)
    except UploadGone:
        return _gone(site, visitor, slug)
    except ImportRefused as refused:
        return _review(
            site, visitor, slug, upload_id, ask_columns=True, problem=_sentence(refused), status=422
        )
    return site.lead_to(_list_path(slug, upload_id))


@router.post("/desk/c/{slug}/setup/partners/list/{upload_id}/correct")
def correct(
    site: CurrentSite, visitor: Editing, slug: KnownSlug, upload_id: str, fields: Fields
) -> Response:
    """Every cell that was changed, every row that is to be left out."""
    try:
        staged = _staged(site, slug, upload_id)
        changes = staged.changes.with_cells(_cells(fields))
        left_out = {int(row["row"]) for name in fields if (row := _OUT.fullmatch(name))}
        changes = replace(
            changes,
            left_out=changes.left_out | left_out,
            update=changes.update or _text(fields, "update") == "yes",
        )
        _keep(site, slug, upload_id, changes)
    except UploadGone:
        return _gone(site, visitor, slug)
    return site.lead_to(_list_path(slug, upload_id))


@router.post("/desk/c/{slug}/setup/partners/list/{upload_id}/doubles")
def decide_doubles(
    site: CurrentSite, visitor: Editing, slug: KnownSlug, upload_id: str, fields: Fields
) -> Response:
    decided = {
        (_text(fields, f"first-{number}"), _text(fields, f"second-{number}")): _text(
            fields, f"pair-{number}"
        )
        for number in range(DOUBLES_SHOWN)
        if _text(fields, f"pair-{number}")
    }
    try:
        staged = _staged(site, slug, upload_id)
        parsed = stage_import.read_staged(staged)
        if isinstance(parsed, ParsedFile):
            changes = stage_import.with_decisions(staged.changes, decided, parsed=parsed)
            _keep(site, slug, upload_id, changes)
    except UploadGone:
        return _gone(site, visitor, slug)
    return site.lead_to(_list_path(slug, upload_id))


@router.post("/desk/c/{slug}/setup/partners/list/{upload_id}/take")
def take(
    site: CurrentSite, visitor: Editing, slug: KnownSlug, upload_id: str, accept_valid: Text = ""
) -> Response:
    """All of it, or none; without its faulty rows only where that was ticked."""
    try:
        staged = _staged(site, slug, upload_id)
        parsed = stage_import.read_staged(staged)
        if not isinstance(parsed, ParsedFile) or _is_open(site, slug, staged, parsed):
            return _review(site, visitor, slug, upload_id, status=422)
        with site.outreach.database.transaction() as session:
            report = stage_import.import_staged(
                session,
                slug=slug,
                staged=staged,
                parsed=parsed,
                accept_valid=accept_valid == "yes",
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except UploadGone:
        return _gone(site, visitor, slug)
    except ImportRefused as refused:
        return _refused(site, visitor, slug, _sentence(refused))
    if not report.written:
        return _review(site, visitor, slug, upload_id, status=422)
    return lead_back(site, slug, "partners", done="imported")


@router.post("/desk/c/{slug}/setup/partners/list/{upload_id}/discard")
def discard(site: CurrentSite, _visitor: Editing, slug: KnownSlug, upload_id: str) -> Response:
    with site.outreach.database.transaction() as session:
        stage_import.discard_upload(session, slug=slug, upload_id=upload_id)
    return lead_back(site, slug, "partners", done="discarded")


def _stage(site: Site, visitor: Visitor, slug: str, *, name: str, content: bytes) -> Response:
    try:
        with site.outreach.database.transaction() as session:
            upload_id = stage_import.stage_upload(
                session,
                slug=slug,
                coordinator_id=visitor.coordinator_id,
                file_name=name,
                content=content,
                now=site.outreach.clock(),
            )
    except ImportRefused as refused:
        return _refused(site, visitor, slug, _sentence(refused))
    return site.lead_to(_list_path(slug, upload_id))


def _review(
    site: Site,
    visitor: Visitor,
    slug: str,
    upload_id: str,
    *,
    ask_columns: bool = False,
    problem: str = "",
    status: int = 200,
) -> Response:
    """What the list would do; or which column is which; or why it cannot be read."""
    try:
        staged = _staged(site, slug, upload_id)
    except UploadGone:
        return _gone(site, visitor, slug)
    setup = load_setup(site, slug)
    parsed = stage_import.read_staged(staged)
    if not isinstance(parsed, ParsedFile):
        problem = problem or _why_unread(parsed)
        return _columns_page(site, visitor, setup, staged, problem=problem, status=status)
    unknown = stage_import.unasked_columns(staged, parsed)
    if ask_columns or unknown:
        problem = problem or _why_asked(unknown)
        return _columns_page(site, visitor, setup, staged, problem=problem, status=status)
    doubles = _doubles(site, slug, staged, parsed)
    with site.outreach.database.reading() as session:
        report = stage_import.review_import(
            session, slug=slug, staged=staged, parsed=parsed, now=site.outreach.clock()
        )
    return _report_page(site, visitor, setup, staged, report, doubles, status=status)


def _why_asked(unknown: Sequence[str]) -> str:
    """Empty where every heading is known."""
    if not unknown:
        return ""
    named = ", ".join(f"“{heading}”" for heading in unknown[:_MOST_NAMED])
    more = f" and {len(unknown) - _MOST_NAMED} more" if unknown[_MOST_NAMED:] else ""
    return f"Headings that we do not know: {named}{more}. Choose what is of use, or just go on."


def _columns_page(
    site: Site, visitor: Visitor, setup: Setup, staged: Staged, *, problem: str, status: int
) -> HTMLResponse:
    offers = stage_import.offer_columns(staged)
    chosen = staged.changes.columns or {
        offer.guess: offer.place for offer in reversed(offers) if offer.guess
    }
    return setup_page(
        site,
        visitor,
        "columns.html",
        setup=setup,
        step="partners",
        status=status,
        staged=staged,
        offers=offers,
        chosen=chosen,
        problem=problem,
        columns=COLUMN_WORDS,
        required=REQUIRED,
    )


def _report_page(
    site: Site,
    visitor: Visitor,
    setup: Setup,
    staged: Staged,
    report: ImportReport,
    doubles: tuple[LikelyDouble, ...],
    *,
    status: int,
) -> HTMLResponse:
    return setup_page(
        site,
        visitor,
        "review.html",
        setup=setup,
        step="partners",
        status=status,
        staged=staged,
        report=report,
        faults=report.errors[:ERRORS_SHOWN],
        doubles=doubles[:DOUBLES_SHOWN],
        more_doubles=max(0, len(doubles) - DOUBLES_SHOWN),
        columns=COLUMN_WORDS,
        offers_update=any("--update" in error.remedy for error in report.errors),
    )


def _staged(site: Site, slug: str, upload_id: str) -> Staged:
    with site.outreach.database.reading() as session:
        return stage_import.find_staged(session, slug=slug, upload_id=upload_id)


def _keep(site: Site, slug: str, upload_id: str, changes: Changes) -> None:
    with site.outreach.database.transaction() as session:
        stage_import.keep_changes(session, slug=slug, upload_id=upload_id, changes=changes)


def _is_open(site: Site, slug: str, staged: Staged, parsed: ParsedFile) -> bool:
    """Whether somebody must decide something before the list can be taken over."""
    unknown = stage_import.unasked_columns(staged, parsed)
    return bool(unknown or _doubles(site, slug, staged, parsed))


def _doubles(site: Site, slug: str, staged: Staged, parsed: ParsedFile) -> tuple[LikelyDouble, ...]:
    with site.outreach.database.reading() as session:
        known = stage_import.known_names(session, slug=slug)
    return stage_import.undecided_doubles(staged, parsed, known=known)


def _refused(site: Site, visitor: Visitor, slug: str, error: str) -> HTMLResponse:
    return setup_page(
        site,
        visitor,
        "send_list.html",
        setup=load_setup(site, slug),
        step="partners",
        status=422,
        error=error,
    )


def _gone(site: Site, visitor: Visitor, slug: str) -> HTMLResponse:
    error = "This list is not kept any more: it was taken over, or is more than a day old."
    return _refused(site, visitor, slug, f"{error} Please send it once more.")


def _why_unread(unread: stage_import.Unread) -> str:
    if unread.columns and "has no column" in unread.refusal.what:
        return "The headings are not ones that we know. Please say which column holds what."
    return _sentence(unread.refusal)


def _list_path(slug: str, upload_id: str) -> str:
    return setup_path(slug, f"partners/list/{upload_id}")


def _cells(fields: FormData) -> Mapping[tuple[int, str], str]:
    """Corrected cells, where what was typed differs from what stood there."""
    found = {}
    for name in fields:
        place = _CELL.fullmatch(name)
        if place is None or place["column"] not in COLUMNS:
            continue
        row, column, typed = place["row"], place["column"], _text(fields, name)
        if typed != _text(fields, f"was-{row}-{column}"):
            found[int(row), column] = typed
    return found


def _text(fields: FormData, name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def _sentence(refused: ImportRefused) -> str:
    what, remedy = refused.what, refused.remedy
    return f"{what[0].upper()}{what[1:]}. {remedy[0].upper()}{remedy[1:]}."
