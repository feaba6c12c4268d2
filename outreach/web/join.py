"""The open door: ask to join, and prove by a mailed link that the address is one's own."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from outreach.domain.errors import FieldErrors
from outreach.links import JOIN
from outreach.partners.keys import email_key
from outreach.services.ask_to_join import (
    DoorCrowded,
    DoorShut,
    JoinForm,
    ask_to_join,
    check_request,
    find_door,
)
from outreach.services.prove_request import find_request_page, prove_request
from outreach.web.answer_forms import Sheet
from outreach.web.open_link import bare_token
from outreach.web.site import CurrentSite, Site, looking
from outreach.web.visit import (
    ASKING,
    begin_visit,
    require_form,
    require_own_form,
    require_visit,
    visit_path,
)
from outreach.web.whence import address_of

router = APIRouter()

# A network may stand behind one address, a mailing list may bring many in an hour.
FROM_ONE_PLACE: Final = "20/hour"
TO_ONE_ADDRESS: Final = "3/day"
THROUGH_ONE_DOOR: Final = "300/hour"


class JoinFields(BaseModel):
    organization: str = ""
    country: str = ""
    person: str = ""
    capacity: str = ""
    email: str = ""
    words: str = ""

    def as_form(self) -> JoinForm:
        return JoinForm(**self.model_dump())


class ProveFields(BaseModel):
    """With a tick: a scanner that opens links presses lone buttons too."""

    form_token: str = ""
    sure: str = ""


@looking(router, "/join/{slug}")
def show_door(site: CurrentSite, slug: str) -> Response:
    return _door_page(site, slug, Sheet())


@router.post("/join/{slug}")
def ask(
    site: CurrentSite, request: Request, slug: str, fields: Annotated[JoinFields, Form()]
) -> Response:
    require_own_form(request, site)
    _require_door(site, slug)
    try:
        form = check_request(fields.as_form())
    except FieldErrors as refusal:
        sheet = Sheet("join", fields.model_dump(), refusal.errors)
        return _door_page(site, slug, sheet, status=422)
    if not _may_try(site, request, slug):
        return _door_page(site, slug, Sheet("join", fields.model_dump(), {}, "often"), status=429)
    # Of one address too many times nothing more is sent, and nothing else is said.
    if site.outreach.attempts.allow(TO_ONE_ADDRESS, "join-to", slug, email_key(form.email)):
        try:
            _ask(site, slug, form)
        except DoorCrowded:
            sheet = Sheet("join", fields.model_dump(), {}, "crowded")
            return _door_page(site, slug, sheet, status=503)
    return site.lead_to(f"/join/{slug}/sent")


@looking(router, "/join/{slug}/sent")
def show_sent(site: CurrentSite, slug: str) -> Response:
    return site.pages.render("join_sent.html", door=_require_door(site, slug))


@looking(router, "/j/{token:path}")
def open_request(site: CurrentSite, token: str) -> Response:
    bare = bare_token(token)
    if bare != token:
        return site.lead_to(f"/j/{bare}")
    now = site.outreach.clock()
    link_id = site.outreach.links.read(token, purpose=JOIN)
    with site.outreach.database.reading() as session:
        find_request_page(session, link_id=link_id, now=now)
    response = site.lead_to(visit_path(site.outreach.links.session_name(link_id), ASKING))
    begin_visit(response, site, link_id=link_id, now=now, area=ASKING)
    return response


@looking(router, "/request/{name}")
def show_request(site: CurrentSite, request: Request, name: str) -> Response:
    now = site.outreach.clock()
    link_id = require_visit(request, site, name=name, now=now, area=ASKING)
    return _request_page(site, link_id)


@router.post("/request/{name}")
def prove(
    site: CurrentSite, request: Request, name: str, fields: Annotated[ProveFields, Form()]
) -> Response:
    """Who has an invitation of their own already is led to it."""
    now = site.outreach.clock()
    link_id = require_form(
        request, site, name=name, form_token=fields.form_token, now=now, area=ASKING
    )
    if fields.sure != "yes":
        errors = {"sure": "Please tick this box first, so that we know you mean it."}
        return _request_page(site, link_id, Sheet("prove", {"sure": ""}, errors), status=422)
    with site.outreach.database.transaction() as session:
        own = prove_request(session, link_id=link_id, now=now)
    if own is None:
        return site.lead_to(visit_path(name, ASKING))
    response = site.lead_to(visit_path(site.outreach.links.session_name(own)))
    begin_visit(response, site, link_id=own, now=now)
    return response


def _may_try(site: Site, request: Request, slug: str) -> bool:
    """Where a proxy that is not trusted speaks for everybody, only all together are counted."""
    attempts, place = site.outreach.attempts, address_of(request)
    if place and not attempts.allow(FROM_ONE_PLACE, "join-from", place):
        return False
    return attempts.allow(THROUGH_ONE_DOOR, "join-through", slug)


def _ask(site: Site, slug: str, form: JoinForm) -> None:
    """Raises DoorCrowded."""
    try:
        with site.outreach.database.transaction() as session:
            ask_to_join(session, slug=slug, form=form, now=site.outreach.clock())
    except DoorShut:
        raise HTTPException(404) from None
    site.outreach.ring_bell()


def _require_door(site: Site, slug: str) -> object:
    if not slug.isprintable():  # PostgreSQL refuses to look for a NUL
        raise HTTPException(404)
    try:
        with site.outreach.database.reading() as session:
            return find_door(session, slug=slug, now=site.outreach.clock())
    except DoorShut:
        raise HTTPException(404) from None


def _door_page(site: Site, slug: str, sheet: Sheet, *, status: int = 200) -> Response:
    door = _require_door(site, slug)
    action = f"{site.base}/join/{slug}"
    return site.pages.render("join.html", status=status, door=door, sheet=sheet, action=action)


def _request_page(
    site: Site, link_id: str, sheet: Sheet | None = None, *, status: int = 200
) -> Response:
    now, links = site.outreach.clock(), site.outreach.links
    with site.outreach.database.reading() as session:
        page = find_request_page(session, link_id=link_id, now=now)
    return site.pages.render(
        "join_request.html",
        status=status,
        page=page,
        sheet=sheet or Sheet(),
        action=site.base + visit_path(links.session_name(link_id), ASKING),
        form_token=links.form_token(link_id),
    )
