"""The wizard's first steps: a new campaign, its statement, and how far it has come."""

from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from typing import Annotated, Any

from babel import Locale
from fastapi import APIRouter, Depends, File, Form, Response, UploadFile
from fastapi.responses import HTMLResponse

from outreach.domain.errors import ChangedMeanwhile, FieldErrors, MoveRefused
from outreach.services.edit_draft import (
    MAX_TEXT,
    StatementForm,
    edit_statement,
    form_of,
    start_draft,
)
from outreach.statement.source import StatementRefused, decode_statement, parse_statement
from outreach.statement.writing import has_front_matter
from outreach.web.desk.access import Editing, Viewing, Visitor, desk_page
from outreach.web.desk.setup_page import (
    KnownSlug,
    Was,
    lead_on,
    lead_out,
    load_setup,
    setup_page,
)
from outreach.web.headers import DESK_HEADERS
from outreach.web.pages import statement_markup
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

Text = Annotated[str, Form()]
_LANGUAGES = (
    "en", "ar", "bn", "bo", "cs", "da", "de", "el", "es", "et", "fa", "fi", "fr", "he", "hi",
    "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "my", "nb", "ne", "nl", "pl", "pt", "ro",
    "ru", "sk", "sl", "sq", "sr", "sv", "sw", "th", "tr", "ug", "uk", "ur", "vi", "zh-Hans",
    "zh-Hant",
)  # fmt: skip


@dataclass(frozen=True)
class TypedForm:
    """The form, and what is wrong with a file that was chosen."""

    form: StatementForm
    errors: dict[str, str]


def _typed(
    title: Text = "",
    addressee: Text = "",
    occasion: Text = "",
    occasion_date: Text = "",
    asks: Text = "",
    language: Text = "en",
    text: Text = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> TypedForm:
    """What was typed, the text from the file where one was chosen."""
    chosen, refusal = _content(file)
    form = StatementForm(
        title=title,
        addressee=addressee,
        occasion=occasion,
        occasion_date=occasion_date,
        asks=asks,
        language=language,
        text=chosen or text,
    )
    return TypedForm(form, {"file": refusal} if refusal else {})


Typed = Annotated[TypedForm, Depends(_typed)]


@looking(router, "/desk/new")
def show_new(site: CurrentSite, visitor: Editing) -> Response:
    return _new_page(site, visitor, StatementForm(), slug="")


@router.post("/desk/new")
def create(
    site: CurrentSite, visitor: Editing, typed: Typed, slug: Text = "", act: Text = ""
) -> Response:
    form = typed.form
    if typed.errors:
        return _new_page(site, visitor, form, slug=slug, errors=typed.errors, status=422)
    if act == "preview":
        return _new_page(site, visitor, _unfolded(form), slug=slug, shown=True)
    try:
        with site.outreach.database.transaction() as session:
            campaign = start_draft(
                session,
                form=form,
                slug=slug,
                by=visitor.actor,
                reply_to=visitor.email,
                zone=visitor.zone,
                now=site.outreach.clock(),
            )
    except FieldErrors as refusal:
        return _new_page(site, visitor, form, slug=slug, errors=refusal.errors, status=422)
    return lead_on(site, campaign.slug, "statement", done="created")


@router.post("/desk/new/preview")
def preview(_visitor: Editing, text: Text = "") -> Response:
    """The text alone as a page shows it, while somebody types."""
    return HTMLResponse(_preview(text), headers=dict(DESK_HEADERS))


@looking(router, "/desk/c/{slug}/setup")
def show_overview(site: CurrentSite, visitor: Viewing, slug: KnownSlug, done: str = "") -> Response:
    setup = load_setup(site, slug)
    return setup_page(site, visitor, "overview.html", setup=setup, step="", done=done)


@looking(router, "/desk/c/{slug}/setup/statement")
def show_statement(
    site: CurrentSite, visitor: Viewing, slug: KnownSlug, done: str = ""
) -> Response:
    setup = load_setup(site, slug)
    return _statement_page(site, visitor, slug, form_of(setup.statement), done=done)


@router.post("/desk/c/{slug}/setup/statement")
def change_statement(
    site: CurrentSite, visitor: Editing, slug: KnownSlug, typed: Typed, was: Was = None,
    act: Text = "",
) -> Response:  # fmt: skip
    form = typed.form
    again = partial(_statement_page, site, visitor, slug, was=was)
    if typed.errors:
        return again(form, errors=typed.errors, status=422)
    if act == "preview":
        return again(_unfolded(form), shown=True)
    now = site.outreach.clock()
    try:
        with site.outreach.database.transaction() as session:
            edit_statement(session, slug=slug, form=form, was=was, by=visitor.actor, now=now)
    except FieldErrors as refusal:
        return again(form, errors=refusal.errors, status=422)
    except ChangedMeanwhile:
        return _statement_page(site, visitor, slug, form, is_stale=True, status=409)
    except MoveRefused:
        return lead_out(site, slug)
    return lead_on(site, slug, "statement", done="statement")


def _new_page(
    site: Site,
    visitor: Visitor,
    form: StatementForm,
    *,
    slug: str,
    errors: dict[str, str] | None = None,
    shown: bool = False,
    status: int = 200,
) -> HTMLResponse:
    return desk_page(
        site,
        visitor,
        "setup/new.html",
        tab="campaigns",
        status=status,
        slug=slug,
        **_form_facts(form, errors=errors or {}, shown=shown),
    )


def _statement_page(
    site: Site,
    visitor: Visitor,
    slug: str,
    form: StatementForm,
    *,
    was: str | None = None,
    is_stale: bool = False,
    errors: dict[str, str] | None = None,
    shown: bool = False,
    status: int = 200,
    done: str = "",
) -> HTMLResponse:
    """``was``: what stood there when the form was first shown, else what stands there now."""
    setup = load_setup(site, slug)
    return setup_page(
        site,
        visitor,
        "statement.html",
        setup=setup,
        was=was or setup.statement.sha256,
        is_stale=is_stale,
        step="statement",
        status=status,
        done=done,
        **_form_facts(form, errors=errors or {}, shown=shown),
    )


def _form_facts(form: StatementForm, *, errors: dict[str, str], shown: bool) -> dict[str, Any]:
    return {
        "typed": asdict(form),
        "errors": errors,
        "languages": language_choices(),
        "preview": _preview(form.text) if shown or form.text else "",
        "shown": shown,
    }


def _preview(text: str) -> str:
    body = _body(text)[:MAX_TEXT]
    return str(statement_markup(body)) if body.strip() else ""


def _body(text: str) -> str:
    """The Markdown below a pasted file's front matter."""
    if not has_front_matter(text):
        return text
    try:
        return parse_statement(text).body
    except StatementRefused:
        return text


def _unfolded(form: StatementForm) -> StatementForm:
    """A whole file taken apart into the fields, where it can be read."""
    if not has_front_matter(form.text):
        return form
    try:
        return form_of(parse_statement(form.text))
    except StatementRefused:
        return form


def _content(file: UploadFile | None) -> tuple[str, str]:
    """The file's text, and what is wrong with it; both empty where none was chosen."""
    if file is None or not file.filename:
        return "", ""
    try:
        return decode_statement(file.file.read()), ""
    except StatementRefused as refused:
        fault = refused.faults[0]
        return "", f"{fault[0].upper()}{fault[1:]}."


@lru_cache(maxsize=1)
def language_choices() -> tuple[tuple[str, str], ...]:
    """Pairs of code and English name."""
    english = Locale("en")
    return tuple(
        (code, Locale.parse(code.replace("-", "_")).get_display_name(english) or code)
        for code in _LANGUAGES
    )
