"""Routes of the few pages that many people open at once, beside FastAPI's: there the finding of
a route and the filling of its parameters cost as much as all of such a page."""

from collections.abc import Awaitable, Callable

from anyio import to_thread
from fastapi import Request, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from outreach.web.site import Site, current_site

Look = Callable[[Site, Request], Response]
Answer = Callable[[Site, Request], Awaitable[Response]]


class DirectRoute(Route):
    """GET and HEAD, answered within the event loop: ``answer`` must not wait there."""

    def __init__(self, path: str, answer: Answer) -> None:
        super().__init__(path, answer, methods=["GET"])  # HEAD comes with it
        self.app = self._serve
        self._answer = answer

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self  # for the log
        await super().handle(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(current_site(request), request)
        await response(scope, receive, send)


def direct(path: str) -> Callable[[Answer], DirectRoute]:
    return lambda answer: DirectRoute(path, answer)


def glancing(path: str) -> Callable[[Look], DirectRoute]:
    """For a page that takes one short look at the database.

    On SQLite it is taken within the event loop: a reader waits for no writer there (WAL), and
    handing the look to a thread and back takes longer than the look. PostgreSQL may be slow to
    answer, and nobody else's request may wait for that: there it keeps to the threads.
    """

    def made(look: Look) -> DirectRoute:
        async def answer(site: Site, request: Request) -> Response:
            if site.outreach.database.is_postgresql:
                return await to_thread.run_sync(look, site, request, limiter=site.glances)
            return look(site, request)

        return DirectRoute(path, answer)

    return made
