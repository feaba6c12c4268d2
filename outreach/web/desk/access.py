"""Who stands at the desk's door: a session's cookie becomes a Visitor, or the way to sign in.

Every route of the desk asks for a Visitor by one of ``Viewing``, ``Editing``, ``Owning``. For what
is not GET or HEAD, the same look also makes sure that the form came from a page of ours.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends, FastAPI, Path, Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from outreach.domain.coordinator import Actor, Role
from outreach.domain.errors import LinkRefused, Refused
from outreach.domain.views import CampaignFacts
from outreach.services.keep_session import SignedIn, find_signed_in
from outreach.web.headers import DESK_HEADERS
from outreach.web.site import CurrentSite, Site, current_site

FORM_HEADER: Final = "x-form-token"
MAX_LIST: Final = 21_000_000  # bytes of a partner list, sent or pasted
_FORM_PURPOSE: Final = "desk-form"
_LOOKING: Final = ("GET", "HEAD")
_OWN_SITES: Final = ("same-origin", "none")


class SignInNeeded(Refused):
    """Nobody is signed in: ``path`` is where they wanted to go."""

    def __init__(self, *, path: str) -> None:
        super().__init__("sign in first")
        self.path = path


class FormRefused(Refused):
    """A form that did not come from a page of this session."""


class RoleRefused(Refused):
    """The visitor's role may not do this; ``needs`` may."""

    def __init__(self, *, needs: Role) -> None:
        super().__init__(f"this needs the role {needs}")
        self.needs = needs


class ProofNeeded(Refused):
    """The second factor must be shown once more; ``path`` is where the visitor wanted to go."""

    def __init__(self, *, path: str) -> None:
        super().__init__("show your second factor once more")
        self.path = path


class FactorNeeded(Refused):
    """The account has no second factor yet, and must have one."""


@dataclass(frozen=True)
class Visitor:
    """A signed-in coordinator. Their forms carry ``form_token``."""

    coordinator_id: int
    email: str
    name: str
    role: Role
    zone: str
    session_id: str
    form_token: str
    is_proven: bool = False
    has_factor: bool = False

    @property
    def actor(self) -> Actor:
        return Actor(self.name or self.email, self.coordinator_id)


async def read_form(request: Request) -> FormData:
    """Its fields may be as long as BodyLimit lets the page be: a pasted table is one field."""
    return await request.form(max_part_size=MAX_LIST)


async def _typed_token(request: Request) -> str:
    """Read in the event loop, where the body comes in; FastAPI uses what was read again. Of who is
    not signed in, no more than any form of ours may have (``BodyLimit``)."""
    if request.method in _LOOKING:
        return ""
    if found := request.headers.get(FORM_HEADER):
        return found
    typed = (await read_form(request)).get("form_token", "")
    return typed if isinstance(typed, str) else ""


TypedToken = Annotated[str, Depends(_typed_token)]


def _entering(request: Request, site: CurrentSite, form_token: TypedToken) -> Visitor:
    found = find_session(request)
    if found is None:
        raise SignInNeeded(path=_wanted(request))
    if request.method not in _LOOKING:
        require_own_page(request, site)
        check_token(site, found.session_id, form_token)
    return visitor_of(site, found)


Entering = Annotated[Visitor, Depends(_entering)]


def _viewing(visitor: Entering, site: CurrentSite) -> Visitor:
    if site.outreach.settings.needs_second_factor and not visitor.has_factor:
        raise FactorNeeded
    return visitor


Viewing = Annotated[Visitor, Depends(_viewing)]


def _editing(visitor: Viewing) -> Visitor:
    if not visitor.role.may_edit:
        raise RoleRefused(needs=Role.EDITOR)
    return visitor


Editing = Annotated[Visitor, Depends(_editing)]


def _owning(visitor: Viewing) -> Visitor:
    if not visitor.role.may_own:
        raise RoleRefused(needs=Role.OWNER)
    return visitor


Owning = Annotated[Visitor, Depends(_owning)]


def _require_fresh(request: Request, visitor: Visitor) -> Visitor:
    if not visitor.is_proven:
        raise ProofNeeded(path=_section(request))
    return visitor


def _fresh_entering(request: Request, visitor: Entering) -> Visitor:
    return _require_fresh(request, visitor)


def _fresh_viewing(request: Request, visitor: Viewing) -> Visitor:
    return _require_fresh(request, visitor)


def _fresh_owning(request: Request, visitor: Owning) -> Visitor:
    return _require_fresh(request, visitor)


# For what would give an account away: the second factor was shown within a quarter of an hour.
FreshEntering = Annotated[Visitor, Depends(_fresh_entering)]
FreshViewing = Annotated[Visitor, Depends(_fresh_viewing)]
FreshOwning = Annotated[Visitor, Depends(_fresh_owning)]


def find_session(request: Request) -> SignedIn | None:
    """Whose session this browser brings; None where it has none that stands."""
    site = current_site(request)
    token = request.cookies.get(cookie_name(site), "")
    return find_signed_in(site.outreach.database, token=token, now=site.outreach.clock())


def visitor_of(site: Site, found: SignedIn) -> Visitor:
    return Visitor(
        coordinator_id=found.coordinator_id,
        email=found.email,
        name=found.name,
        role=found.role,
        zone=found.zone,
        session_id=found.session_id,
        form_token=issue_token(site, found.session_id),
        is_proven=found.is_proven,
        has_factor=found.has_factor,
    )


def issue_token(site: Site, holder: str) -> str:
    """What the forms of this session carry."""
    return site.outreach.links.token(holder, purpose=_FORM_PURPOSE)


def check_token(site: Site, holder: str, form_token: str) -> None:
    """Raises FormRefused."""
    try:
        issued_for = site.outreach.links.read(form_token, purpose=_FORM_PURPOSE)
    except LinkRefused:
        raise FormRefused from None
    if issued_for != holder:
        raise FormRefused


def require_own_page(request: Request, site: Site) -> None:
    """By Sec-Fetch-Site and by Origin, as far as the browser sends them. Raises FormRefused."""
    fetch_site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if fetch_site is not None and fetch_site not in _OWN_SITES:
        raise FormRefused
    # A browser that hides where it comes from says null even to ourselves; Sec-Fetch-Site knows.
    if origin == "null" and fetch_site == "same-origin":
        return
    if origin is not None and origin != site.origin:
        raise FormRefused


def cookie_name(site: Site) -> str:
    """With __Host- a browser takes it only over https, for this very host and every path."""
    return "__Host-desk" if site.origin.startswith("https:") else "desk"


def set_session_cookie(response: Response, site: Site, *, token: str) -> None:
    """The server's row ends the session; the cookie ends with the browser's own."""
    response.set_cookie(
        cookie_name(site),
        token,
        path="/",
        secure=site.origin.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


# As the databases number rows: a larger one is nobody's.
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class _Errors(dict[str, str]):
    """A form's errors by field; a field that is right has an empty one."""

    def __missing__(self, _field: str) -> str:
        return ""


def desk_page(
    site: Site,
    visitor: Visitor | None,
    template: str,
    *,
    campaign: CampaignFacts | None = None,
    status: int = 200,
    **context: Any,
) -> HTMLResponse:
    """Renders ``templates/pages/desk/<template>`` for this visitor.

    ``errors`` may be a form's: a field that has none has an empty one in the template.
    """
    response = site.pages.render(
        f"desk/{template}",
        status=status,
        **{
            "visitor": visitor,
            "campaign": campaign,
            "tab": "",
            "now": site.outreach.clock(),
            "zone": visitor.zone if visitor else "UTC",
            "public_url": site.outreach.public_url,
        }
        | context
        | {"errors": _Errors(context.get("errors") or {})},
    )
    response.headers.update(DESK_HEADERS)
    return response


def install_desk_errors(app: FastAPI) -> None:
    """What the desk's door refuses, as pages."""

    @app.exception_handler(SignInNeeded)
    async def sign_in_needed(request: Request, error: SignInNeeded) -> Response:
        site: Site = request.app.state.site
        return _led(request, site, f"/desk/sign-in?next={quote(error.path, safe='/')}")

    @app.exception_handler(ProofNeeded)
    async def proof_needed(request: Request, error: ProofNeeded) -> Response:
        site: Site = request.app.state.site
        return _led(request, site, f"/desk/prove?next={quote(error.path, safe='/')}")

    @app.exception_handler(FactorNeeded)
    async def factor_needed(request: Request, _error: FactorNeeded) -> Response:
        return _led(request, request.app.state.site, "/desk/second-factor")

    @app.exception_handler(FormRefused)
    async def form_refused(request: Request, _error: FormRefused) -> Response:
        return _refusal(request, kind="form")

    @app.exception_handler(RoleRefused)
    async def role_refused(request: Request, error: RoleRefused) -> Response:
        return _refusal(request, kind="role", needs=error.needs)


def _refusal(request: Request, *, kind: str, needs: str = "") -> Response:
    site: Site = request.app.state.site
    return desk_page(site, None, "refused.html", status=403, kind=kind, needs=needs)


def _led(request: Request, site: Site, path: str) -> Response:
    """A whole page's move, also where htmx asked for a part of one."""
    if request.headers.get("hx-request"):
        return Response(status_code=200, headers={"hx-redirect": site.base + path})
    return site.lead_to(path)


def _wanted(request: Request) -> str:
    """Where to go after signing in: what was only looked at, with its query."""
    if request.method not in _LOOKING or request.headers.get("hx-request"):
        return "/desk"
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query


def _section(request: Request) -> str:
    """Where to go after the proof: back, or to the page of the form whose time ran out."""
    path = _wanted(request)
    return path if path != "/desk" else "/".join(request.url.path.split("/")[:3])


_OWN_PATH = re.compile(r"/desk(/[!-~]*|\?[!-~]*)?")


def own_path(wanted: str) -> str:
    """``wanted`` where it is a page of the desk, else the desk's first page."""
    is_own = _OWN_PATH.fullmatch(wanted) and "/.." not in wanted
    return wanted if is_own and not set(wanted) & set("\\<>\"'") else "/desk"
