"""No form of ours is long: a body that is, is not read to its end.

Longer ones are taken at the desk, where somebody has signed in: a statement's text in any script,
a partner list and the proof of a consent as files; and by the API, where a key was shown before the
file is read.
"""

import re
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach.domain.recorded_consent import MAX_FILE

MAX_BODY = 128 * 1024
_LONGER = MappingProxyType(
    {
        re.compile(r".*/desk/(new|c/[^/]+/setup/(statement|wording/[^/]+/[^/]+))(/[a-z]+)?"): 2**20,
        re.compile(r".*/desk/c/[^/]+/setup/partners/(upload|paste)"): 21_000_000,
        re.compile(r".*/desk/c/[^/]+/organizations/[0-9]+/record"): MAX_FILE + MAX_BODY,
        re.compile(r".*/api/v1/campaigns/[^/]+/partners"): 21_000_000,
    }
)


class BodyLimit:
    """Answers 413 once more bytes have come in than the page at this address can want."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = 0
        most = _most(scope)

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


def _most(scope: Scope) -> int:
    path = scope.get("path", "")
    return next((many for known, many in _LONGER.items() if known.fullmatch(path)), MAX_BODY)
