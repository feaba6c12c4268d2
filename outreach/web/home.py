"""The front page and the health check."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from outreach.store.health import is_reachable
from outreach.web.site import CurrentSite, looking

router = APIRouter()


@looking(router, "/")
def show_home(site: CurrentSite) -> Response:
    return site.pages.render("home.html", has_mailbox=site.has_mailbox)


@looking(router, "/healthz")
def check_health(site: CurrentSite) -> Response:
    with site.outreach.database.reading() as session:
        reachable = is_reachable(session)
    return PlainTextResponse(
        "ok" if reachable else "the database cannot be reached",
        status_code=200 if reachable else 503,
    )
