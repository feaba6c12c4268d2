"""What goes wrong, as RFC 9457 problems. No value that somebody gave or that is stored is in them:
not a name, not an address."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from fastapi import Response

from outreach.domain.errors import OutreachError
from outreach.web.site import Site

MEDIA_TYPE: Final = "application/problem+json"
RATE_PAUSE: Final = 30  # seconds


@dataclass(frozen=True)
class Kind:
    """A sort of problem: its status, its title, and what it means, as the documentation says."""

    status: int
    title: str
    meaning: str


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "unauthorized": Kind(
            401,
            "No key that works",
            "The Authorization header holds no key, or one that is unknown, expired or revoked, or"
            " whose coordinator was disabled.",
        ),
        "scope-needed": Kind(
            403,
            "The key may not do this",
            "The key lacks the scope that this operation needs, or its coordinator's role does not"
            " allow it any more. `scope` names it.",
        ),
        "not-found": Kind(
            404, "There is no such thing", "No campaign, organization, message or page is there."
        ),
        "method-not-allowed": Kind(
            405, "This cannot be done here", "The address takes other methods; Allow names them."
        ),
        "conflict": Kind(
            409,
            "It does not go with the present state",
            "The campaign or the message is in a state that does not take this, or the short name"
            " is taken. Nothing was changed.",
        ),
        "unexpected-number": Kind(
            409,
            "Another number of people",
            "`expect` is not how many people would be mailed now; `people` is. Nobody was mailed."
            " See who they are, then say that number.",
        ),
        "too-large": Kind(
            413, "The body is too long", "Only so much is read: 20 MB of partners, 128 KB else."
        ),
        "invalid": Kind(
            422,
            "Something in the request is not usable",
            "`errors` says what and where, by JSON pointer, or by the name of a parameter or"
            " column. Nothing was changed.",
        ),
        "key-reused": Kind(
            422,
            "This Idempotency-Key was used otherwise",
            "Within the last day the key came with another request. Choose a new one.",
        ),
        "too-many-requests": Kind(
            429,
            "Too many requests",
            "More than 120 requests came with this key within a minute. Retry-After says how many"
            " seconds to wait.",
        ),
        "failure": Kind(
            500, "A fault of ours", "Nothing of this request was kept. Our log says more."
        ),
    }
)
Error = Mapping[str, Any]


class Invalid(OutreachError):
    """Something in the request's own fields: ``errors`` as a problem has them."""

    def __init__(self, errors: Sequence[Error]) -> None:
        super().__init__("the request was refused")
        self.errors = errors


class TooManyRequests(OutreachError):
    """This key has asked too often."""


class ScopeNeeded(OutreachError):
    """The key may not do this; ``scope`` would let it."""

    def __init__(self, *, scope: str) -> None:
        super().__init__(f"this needs the scope {scope}")
        self.scope = scope


class NotThere(OutreachError):
    """No organization or message has this number in this campaign."""


def at(pointer: str, detail: str) -> Error:
    """One error in the body."""
    return {"detail": detail, "pointer": pointer}


def problem(
    site: Site,
    word: str,
    *,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    kind = KINDS[word]
    content = {
        "type": f"{site.outreach.public_url}/api/v1/docs#{word}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.meaning,
        **more,
    }
    return Response(
        json.dumps(content, ensure_ascii=False),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def unnamed(text: str) -> str:
    """Without what stands in quotation marks: it may be a name or an address."""
    return re.sub(r"'.*'", "'…'", text, flags=re.DOTALL)
