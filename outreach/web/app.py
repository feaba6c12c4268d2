"""The web application, made from the wiring. Nothing happens at import."""

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from outreach.web import answer, home, join, open_link, public, receipt, unsubscribe
from outreach.web import mailbox as mailbox_pages
from outreach.web.answer_sheet import AnswerSheets
from outreach.web.api import API_PATH, create_api
from outreach.web.body_limit import BodyLimit
from outreach.web.desk import ROUTERS as DESK_ROUTERS
from outreach.web.desk.access import install_desk_errors
from outreach.web.errors import install_error_pages
from outreach.web.front_door import FrontDoor
from outreach.web.kept_pages import KeptPages
from outreach.web.pages import STATIC_FOLDER, Pages
from outreach.web.site import Site, base_path
from outreach.wiring import Outreach


def create_app(outreach: Outreach, *, mailbox: bool) -> FastAPI:
    """Everything that people see. ``mailbox`` shows captured mail: for the demo only."""
    base = base_path(outreach.public_url)
    pages = Pages(base=base)
    # A redirect of the framework's own would be built from the Host header.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.site = Site(outreach, pages, mailbox, base, AnswerSheets(pages), KeptPages())
    app.router.routes.extend([answer.show_answer, public.show_statement, open_link.open_link])
    parts = [part.router for part in (home, answer, join, receipt, unsubscribe, public)]
    for router in (*parts, *DESK_ROUTERS, *([mailbox_pages.router] if mailbox else [])):
        # As they are: an included router has all its routes made once more, by the first request.
        app.router.routes.extend(router.routes)
    app.mount(API_PATH, create_api(app.state.site))
    app.mount("/static", _StaticFiles(directory=STATIC_FOLDER), name="static")
    install_error_pages(app, pages)
    install_desk_errors(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(FrontDoor, pages=pages)
    return app


class _StaticFiles(StaticFiles):
    """Kept by browsers for a day: the address carries the file's fingerprint."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=86400"
        return response
