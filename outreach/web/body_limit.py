"""No form of ours is long, or anything but UTF-8: a body that is, is not read to its end.

Longer ones are taken at the desk from whoever is signed in: a statement's text in any script, a
partner list and the proof of a consent as files; and by the API as CSV, which it reads once it
knows the key. A multipart form's encoding is its sender's word: by some it would hold what no page
and no database can.
"""

import re
from types import MappingProxyType

from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach.domain.recorded_consent import MAX_FILE
from outreach.web.desk.access import MAX_LIST, find_session

MAX_BODY = 128 * 1024
_AT_DESK = MappingProxyType(
    {
        re.compile(r".*/desk/(new|c/[^/]+/setup/(statement|wording/[^/]+/[^/]+))(/[a-z]+)?"): 2**20,
        re.compile(r".*/desk/c/[^/]+/setup/partners/(upload|paste)"): MAX_LIST,
        re.compile(r".*/desk/c/[^/]+/organizations/[0-9]+/record"): MAX_FILE + MAX_BODY,
    }
)
_API_LIST = re.compile(r".*/api/v1/campaigns/[^/]+/partners")


class BodyLimit:
    """Answers 413 once more bytes have come in than the page at this address can want of whoever
    sends them, and 415 where they are in an encoding of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen, most, path = 0, MAX_BODY, scope["path"]
        content_type = Headers(scope=scope).get("content-type", "")

        async def counted() -> Message:
            nonlocal seen, most
            if seen == 0 and _is_foreign(content_type):
                raise HTTPException(415)
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:  # only now, so that short forms cost no look at the session
                most = await _most(path, content_type, Request(scope))
            if seen > most:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


def _is_foreign(content_type: str) -> bool:
    """As the parser of forms will see it."""
    kind, options = parse_options_header(content_type)
    return kind.startswith(b"multipart/") and options.get(b"charset", b"utf-8").lower() != b"utf-8"


async def _most(path: str, content_type: str, request: Request) -> int:
    if _API_LIST.fullmatch(path):
        return MAX_LIST if content_type.startswith("text/csv") else MAX_BODY
    wanted = next((many for known, many in _AT_DESK.items() if known.fullmatch(path)), MAX_BODY)
    if wanted == MAX_BODY or await run_in_threadpool(find_session, request) is None:
        return MAX_BODY
    return wanted
