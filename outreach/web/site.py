"""What every route works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from outreach.web.answer_sheet import AnswerSheets
from outreach.web.kept_looks import KeptLooks
from outreach.web.kept_pages import KeptPages
from outreach.web.pages import Pages
from outreach.wiring import Outreach

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True)
class Site:
    """The service behind the pages, the pages, and whether this one shows captured mail.

    ``base`` is the path in front of every address: empty unless PUBLIC_URL has one.
    """

    outreach: Outreach
    pages: Pages
    has_mailbox: bool
    base: str
    answer_sheets: AnswerSheets
    kept_pages: KeptPages
    kept_looks: KeptLooks = field(default_factory=KeptLooks)
    # As many looks at once as the database keeps connections open; more only stand in the way.
    glances: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(4))
    # Refusals are counted in threads of their own: a flood of them takes none from the answers.
    refusals: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(4))

    @property
    def origin(self) -> str:
        parts = urlsplit(self.outreach.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    def lead_to(self, path: str) -> RedirectResponse:
        """See other: the browser looks at ``path`` with GET. Never built from a Host header."""
        return RedirectResponse(self.base + path, status_code=303)


def base_path(public_url: str) -> str:
    return urlsplit(public_url).path.rstrip("/")


def current_site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


async def _site(request: Request) -> Site:
    """Within the event loop: a thread for this costs more than all that it does."""
    return current_site(request)


CurrentSite = Annotated[Site, Depends(_site)]


def looking(router: APIRouter, path: str) -> Callable[[Handler], Handler]:
    """A route that only looks: GET, and HEAD as mail scanners and link checkers send it."""
    return router.api_route(path, methods=["GET", "HEAD"], response_class=HTMLResponse)
