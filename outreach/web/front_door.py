"""Every request passes here: headers, one log line without secrets, a page for a surprise."""

import traceback
from pathlib import Path
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach.web.headers import DEFAULT_HEADERS
from outreach.web.pages import Pages

_LONGEST_PATH = 2_000  # none of ours comes near, and Python reads no number of 4,301 digits
_OURS = str(Path(__file__).parents[1])
_DEFAULTS = [(name.encode(), value.encode()) for name, value in DEFAULT_HEADERS.items()]


class FrontDoor:
    """Logs the route's template, never the path: a path may hold a link."""

    def __init__(self, app: ASGIApp, *, pages: Pages) -> None:
        self._app = app
        self._pages = pages
        self._log = structlog.get_logger("outreach.web").bind()  # found once, not for each line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, reply = perf_counter(), _Reply(send)
        try:
            await self._inside(scope)(scope, receive, reply.send)
        except Exception as error:
            if reply.status:
                raise
            self._log.error("request_failed", route=route_of(scope), **facts_of(error))
            page = self._pages.render("error.html", status=500, kind="failure")
            await page(scope, receive, reply.send)
        finally:
            self._log.info(
                "request",
                method=scope["method"],
                route=route_of(scope),
                status=reply.status,
                milliseconds=round((perf_counter() - started) * 1000, 1),
            )

    def _inside(self, scope: Scope) -> ASGIApp:
        if len(scope["path"]) <= _LONGEST_PATH:
            return self._app
        return self._pages.render("error.html", status=404, kind="not_found")


class _Reply:
    """The way back: adds the headers that the response does not set itself."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = {name for name, _ in message["headers"]}
            missing = [pair for pair in _DEFAULTS if pair[0] not in own]
            message["headers"] = [*message["headers"], *missing]
        await self._send(message)


def route_of(scope: Scope) -> str:
    """The matched template, or the mount; nothing that a visitor wrote."""
    mount, path = scope.get("root_path", ""), getattr(scope.get("route"), "path", "")
    return f"{mount}{path}" or "(none)"


def facts_of(error: Exception) -> dict[str, str]:
    """What was raised and where; not its words, which may quote what a person typed."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(_OURS)]
    places = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in [frames[-1], *ours[::-1]])
    return {"error": type(error).__name__, "at": places}
