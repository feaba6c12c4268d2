"""Error pages: what went wrong in a person's words, and nothing about the inside."""

from types import MappingProxyType

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from outreach.domain.errors import LinkRefused
from outreach.web.pages import Pages
from outreach.web.site import current_site
from outreach.web.visit import FromElsewhere, VisitOver
from outreach.web.wrong_links import count_wrong_link

_KINDS = MappingProxyType({404: "not_found", 405: "method", 413: "too_long"})


def install_error_pages(app: FastAPI, pages: Pages) -> None:
    """One page for each refusal. A surprise is the front door's matter."""

    @app.exception_handler(HTTPException)
    async def by_status(_request: Request, error: HTTPException) -> Response:
        kind = _KINDS.get(error.status_code, "input" if error.status_code < 500 else "failure")
        page = pages.render("error.html", status=error.status_code, kind=kind)
        page.headers.update(error.headers or {})
        return page

    @app.exception_handler(LinkRefused)
    async def link_refused(request: Request, _error: LinkRefused) -> Response:
        if await count_wrong_link(current_site(request), request):
            return pages.render("error.html", status=404, kind="link")
        page = pages.render("error.html", status=429, kind="links")
        page.headers["retry-after"] = "60"
        return page

    @app.exception_handler(VisitOver)
    async def visit_over(_request: Request, _error: VisitOver) -> Response:
        return pages.render("error.html", status=403, kind="visit")

    @app.exception_handler(FromElsewhere)
    async def from_elsewhere(_request: Request, _error: FromElsewhere) -> Response:
        return pages.render("error.html", status=403, kind="elsewhere")

    @app.exception_handler(RequestValidationError)
    async def unreadable(_request: Request, _error: RequestValidationError) -> Response:
        return pages.render("error.html", status=422, kind="input")
