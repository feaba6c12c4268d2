"""A fault of ours, as a problem: what was raised, and where, goes to the log alone."""

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach.web.api.problems import problem
from outreach.web.front_door import facts_of, route_of


class Surprise:
    """Stands inside the framework's own answer to errors, which would speak plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = structlog.get_logger("outreach.web").bind()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if begun:
                raise
            self._log.error("request_failed", route=route_of(scope), **facts_of(error))
            site = scope["app"].state.site
            await problem(site, "failure")(scope, receive, noted)
