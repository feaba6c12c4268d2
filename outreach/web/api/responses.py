"""Which problems an operation may answer with, as its description names them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from outreach.web.api.problems import KINDS, MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

_SCHEMA: Final = {"$ref": "#/components/schemas/Problem"}


def _answering(*words: str) -> Responses:
    by_status: dict[int | str, dict[str, Any]] = {}
    for word in words:
        kind = KINDS[word]
        told = by_status.setdefault(kind.status, {"description": ""})
        told["description"] = f"{told['description']} `{word}`: {kind.meaning}".strip()
        told["content"] = {MEDIA_TYPE: {"schema": dict(_SCHEMA)}}
    return by_status


_ALWAYS = ("unauthorized", "scope-needed", "invalid", "too-many-requests", "failure")

LOOK: Final[Responses] = _answering(*_ALWAYS)
FIND: Final[Responses] = _answering(*_ALWAYS, "not-found")
MAKE: Final[Responses] = _answering(*_ALWAYS, "key-reused", "conflict", "too-large")
ACT: Final[Responses] = _answering(*_ALWAYS, "key-reused", "not-found", "conflict", "too-large")
MAIL: Final[Responses] = _answering(
    *_ALWAYS, "key-reused", "not-found", "conflict", "unexpected-number", "too-large"
)
REPLAYED: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "Idempotency-Replayed": {
            "description": "`true` where this answers a request that was done before.",
            "schema": {"type": "string"},
        }
    }
)
