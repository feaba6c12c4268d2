"""The short session that a link is exchanged for, and the guard of its forms.

One cookie a link, named after it and sent to its page only: two links open in one browser never
mix, and a form can only answer for the link whose page it came from.
"""

from datetime import datetime
from typing import Final

from fastapi import Request, Response

from outreach.domain.errors import LinkRefused, Refused
from outreach.links import SESSION_LIFE
from outreach.web.site import Site

ANSWERING: Final = "answer"
ASKING: Final = "request"
# "none" is the person at the keyboard: a reload, a restored window.
_OWN_SITES = ("same-origin", "none")


class VisitOver(Refused):
    """No session, or one that has ended: the link in the mail opens a new one."""


class FromElsewhere(Refused):
    """A form that did not come from our own page."""


def visit_path(name: str, area: str = ANSWERING) -> str:
    """The clean address of a session's page: an answer's, or a request's to join."""
    return f"/{area}/{name}"


def begin_visit(
    response: Response, site: Site, *, link_id: str, now: datetime, area: str = ANSWERING
) -> None:
    """Sets the session's cookie; the server keeps nothing."""
    name = site.outreach.links.session_name(link_id)
    response.set_cookie(
        _cookie_name(name, area),
        site.outreach.links.session_value(link_id, now=now),
        max_age=int(SESSION_LIFE.total_seconds()),
        path=site.base + visit_path(name, area),
        secure=site.origin.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def require_visit(
    request: Request, site: Site, *, name: str, now: datetime, area: str = ANSWERING
) -> str:
    """The link id of the session called ``name``. Raises VisitOver."""
    links = site.outreach.links
    try:
        link_id = links.read_session(request.cookies.get(_cookie_name(name, area), ""), now=now)
    except LinkRefused:
        raise VisitOver from None
    if links.session_name(link_id) != name:
        raise VisitOver
    return link_id


def require_form(
    request: Request,
    site: Site,
    *,
    name: str,
    form_token: str,
    now: datetime,
    area: str = ANSWERING,
) -> str:
    """The link id that a form answers for. Raises VisitOver, FromElsewhere."""
    require_own_form(request, site)
    link_id = require_visit(request, site, name=name, now=now, area=area)
    try:
        site.outreach.links.check_form_token(link_id, form_token)
    except LinkRefused:
        raise FromElsewhere from None
    return link_id


def require_own_form(request: Request, site: Site) -> None:
    """Raises FromElsewhere."""
    if not _is_own_page(request, site):
        raise FromElsewhere


def _is_own_page(request: Request, site: Site) -> bool:
    """By Sec-Fetch-Site, else by Origin.

    Our Referrer-Policy makes browsers send ``Origin: null`` with our own forms (Fetch standard,
    "serializing a request origin"), so null alone is no reason: the form token decides.
    """
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site in _OWN_SITES
    return request.headers.get("origin", "null") in ("null", site.origin)


def _cookie_name(name: str, area: str) -> str:
    return f"{area}_{name}"
