"""The answer page: every answer that an organization can give. Only POST changes anything."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from outreach.domain.errors import (
    AlreadyAnswered,
    CampaignNotOpen,
    DeadlinePassed,
    FieldErrors,
    LinkRefused,
    MoveRefused,
    Refused,
    TextChanged,
)
from outreach.domain.review import Taken
from outreach.services import answer_invitation
from outreach.services.note_view import note_view
from outreach.services.pass_on import pass_on
from outreach.services.prove_line import prove_line
from outreach.services.view_invitation import find_answer_page
from outreach.web.answer_forms import (
    KEPT,
    UNCHANGED,
    AnswerFields,
    CorrectFields,
    DeclineFields,
    DeferFields,
    LineFields,
    NothingToCorrect,
    PassFields,
    ProtectFields,
    SeenFields,
    Sheet,
    SignFields,
    WithdrawFields,
    fitting_done,
    require_correction,
)
from outreach.web.answer_sheet import Visit
from outreach.web.direct import glancing
from outreach.web.headers import ANSWER_HEADERS
from outreach.web.site import CurrentSite, Site, looking
from outreach.web.visit import require_form, require_visit, visit_path

router = APIRouter()

# Each shows two names of the list: enough to proof a line, and not to read the list by it.
_PREVIEWS: Final = "20/hour"


class Act(Protocol):
    """One answer, carried out for the link that it came by."""

    def __call__(
        self, session: Session, *, link_id: str, mail_domain: str, now: datetime
    ) -> Taken | None: ...


_NOTICES = MappingProxyType(
    {
        DeadlinePassed: "deadline_passed",
        CampaignNotOpen: "not_open",
        AlreadyAnswered: "already_answered",
        TextChanged: "text_changed",
        MoveRefused: "already_answered",
    }
)


@glancing("/answer/{name}")
def show_answer(site: Site, request: Request) -> Response:
    """``done`` says what the visitor has just done: a word to show, and nothing more."""
    now = site.outreach.clock()
    link_id = require_visit(request, site, name=request.path_params["name"], now=now)
    return _page(site, link_id=link_id, now=now, done=request.query_params.get("done", ""))


@looking(router, "/answer/{name}/source.md")
def download_source(site: CurrentSite, request: Request, name: str) -> Response:
    """The very file that is to be signed."""
    now = site.outreach.clock()
    link_id = require_visit(request, site, name=name, now=now)
    with site.outreach.database.glance() as connection:
        page = find_answer_page(connection, link_id=link_id, now=now)
    return Response(
        page.statement_source.encode(),
        media_type="text/markdown; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="source.md"'},
    )


@router.post("/answer/{name}/seen")
def seen(
    site: CurrentSite, request: Request, name: str, fields: Annotated[SeenFields, Form()]
) -> Response:
    """The page's script says that a person is there. Without it, nobody is less welcome."""
    now = site.outreach.clock()
    link_id = require_form(request, site, name=name, form_token=fields.form_token, now=now)
    with site.outreach.database.transaction() as session:
        note_view(session, link_id=link_id, mail_domain=site.outreach.mail_domain, now=now)
    return Response(status_code=204)


@router.post("/answer/{name}/sign")
def sign(
    site: CurrentSite, request: Request, name: str, fields: Annotated[SignFields, Form()]
) -> Response:
    act = partial(answer_invitation.sign, form=fields.as_form())
    return _answer(site, request, name, fields, act)


@router.post("/answer/{name}/decline")
def decline(
    site: CurrentSite, request: Request, name: str, fields: Annotated[DeclineFields, Form()]
) -> Response:
    act = partial(answer_invitation.decline, reason=fields.reason)
    return _answer(site, request, name, fields, act)


@router.post("/answer/{name}/defer")
def defer(
    site: CurrentSite, request: Request, name: str, fields: Annotated[DeferFields, Form()]
) -> Response:
    return _answer(site, request, name, fields, partial(_defer, fields=fields))


@router.post("/answer/{name}/pass")
def pass_to_colleague(
    site: CurrentSite, request: Request, name: str, fields: Annotated[PassFields, Form()]
) -> Response:
    act = partial(pass_on, name=fields.name, email=fields.email)
    return _answer(site, request, name, fields, act)


@router.post("/answer/{name}/correct")
def correct(
    site: CurrentSite, request: Request, name: str, fields: Annotated[CorrectFields, Form()]
) -> Response:
    return _answer(site, request, name, fields, partial(_correct, fields=fields))


@router.post("/answer/{name}/protect")
def protect(
    site: CurrentSite, request: Request, name: str, fields: Annotated[ProtectFields, Form()]
) -> Response:
    act = partial(answer_invitation.protect, privacy=fields.privacy)
    return _answer(site, request, name, fields, act)


@router.post("/answer/{name}/withdraw")
def withdraw(
    site: CurrentSite, request: Request, name: str, fields: Annotated[WithdrawFields, Form()]
) -> Response:
    return _answer(site, request, name, fields, answer_invitation.withdraw)


@router.post("/answer/{name}/preview-sign")
def preview_sign(
    site: CurrentSite, request: Request, name: str, fields: Annotated[SignFields, Form()]
) -> Response:
    return _preview(site, request, name, fields)


@router.post("/answer/{name}/preview-correct")
def preview_correct(
    site: CurrentSite, request: Request, name: str, fields: Annotated[CorrectFields, Form()]
) -> Response:
    return _preview(site, request, name, fields)


def _preview(site: Site, request: Request, name: str, fields: LineFields) -> Response:
    """The page again, as it was typed, with the line as it would be printed. Nothing is changed."""
    now = site.outreach.clock()
    link_id = require_form(request, site, name=name, form_token=fields.form_token, now=now)
    typed = fields.as_typed()
    if not site.outreach.attempts.allow(_PREVIEWS, "preview", link_id):
        sheet = replace(typed, notice="often")
        return _page(site, link_id=link_id, now=now, sheet=sheet, status=429)
    try:
        with site.outreach.database.reading() as session:
            proof = prove_line(
                session, link_id=link_id, form=fields.as_line(), privacy=fields.privacy, now=now
            )
    except FieldErrors as refusal:
        sheet = replace(typed, errors=refusal.errors)
        return _page(site, link_id=link_id, now=now, sheet=sheet, status=422)
    except (DeadlinePassed, CampaignNotOpen) as refusal:
        sheet = replace(typed, notice=_NOTICES[type(refusal)])
        return _page(site, link_id=link_id, now=now, sheet=sheet, status=409)
    return _page(site, link_id=link_id, now=now, sheet=replace(typed, proof=proof))


def _defer(
    session: Session, *, link_id: str, fields: DeferFields, mail_domain: str, now: datetime
) -> None:
    answer_invitation.defer(
        session, link_id=link_id, decides_on=fields.day(), mail_domain=mail_domain, now=now
    )


def _correct(
    session: Session, *, link_id: str, fields: CorrectFields, mail_domain: str, now: datetime
) -> None:
    standing = find_answer_page(session.connection(), link_id=link_id, now=now)
    require_correction(standing, fields)
    answer_invitation.correct(
        session,
        link_id=link_id,
        form=fields.as_line(),
        privacy=fields.privacy,
        mail_domain=mail_domain,
        now=now,
    )


def _answer(site: Site, request: Request, name: str, fields: AnswerFields, act: Act) -> Response:
    """Carries it out and leads back to the page, or shows the page again with what is wrong."""
    now = site.outreach.clock()
    link_id = require_form(request, site, name=name, form_token=fields.form_token, now=now)
    try:
        fields.require_sure()
        domain = site.outreach.mail_domain
        with site.outreach.database.transaction() as session:
            note_view(session, link_id=link_id, mail_domain=domain, now=now)  # who answers has read
            taken = act(session, link_id=link_id, mail_domain=domain, now=now)
    except NothingToCorrect:
        return _lead_back(site, name, done=UNCHANGED)
    except LinkRefused:
        raise
    except FieldErrors as refusal:
        sheet = replace(fields.as_typed(), errors=refusal.errors)
        return _page(site, link_id=link_id, now=now, sheet=sheet, status=422)
    except Refused as refusal:
        sheet = replace(fields.as_typed(), notice=_NOTICES.get(type(refusal), "refused"))
        return _page(site, link_id=link_id, now=now, sheet=sheet, status=409)
    site.kept_pages.forget()
    site.outreach.ring_bell()
    return _lead_back(site, name, done=KEPT if taken is Taken.WAITS else fields.done)


def _lead_back(site: Site, name: str, *, done: str) -> Response:
    return site.lead_to(f"{visit_path(name)}?done={done}")


def _page(
    site: Site,
    *,
    link_id: str,
    now: datetime,
    sheet: Sheet | None = None,
    done: str = "",
    status: int = 200,
) -> Response:
    with site.outreach.database.glance() as connection:
        page = find_answer_page(connection, link_id=link_id, now=now)
    links = site.outreach.links
    visit = Visit(
        action=site.base + visit_path(links.session_name(link_id)),
        form_token=links.form_token(link_id),
        done=fitting_done(done, page),
        over=now >= page.campaign.deadline,
    )
    content = site.answer_sheets.render(page, visit, sheet=sheet)
    return HTMLResponse(content, status_code=status, headers=ANSWER_HEADERS)
