"""One event of a ledger: canonical JSON (RFC 8785), so that equal facts are equal bytes."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import rfc8785

from outreach.domain.evidence import EventKind, Method
from outreach.ledger.commitment import Opening
from outreach.ledger.errors import NotEvidence

VERSION = 1
_HASH = "[0-9a-f]{64}"
# To the letter, but for the order of commitments and counts, which canonical() settles.
_EVENT = re.compile(
    rf'\{{"at":"[0-9-]{{10}}T[0-9:]{{8}}Z","commitments":\{{("[a-z_]+":"{_HASH}",?)*\}}'
    r',"kind":"[a-z_]+","log":"[^\x00-\x20"\\\x7f-\U0010ffff]+","method":"[a-z_]+"'
    r'(,"numbers":\{("[a-z_]+":(0|[1-9][0-9]{0,14}),?)+\})?(,"of":(0|[1-9][0-9]{0,14}))?'
    rf',"statement":\{{"language":"[A-Za-z0-9_@.-]*","sha256":"{_HASH}"\}},"version":{VERSION}\}}'
)


@dataclass(frozen=True)
class EventFacts:
    """What an event says openly. ``of`` is the position of the event that it is about,
    ``numbers`` are counts that concern nobody in particular."""

    log: str
    kind: EventKind
    at: datetime
    statement_sha256: str
    statement_language: str
    method: Method
    of: int | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)


def event_text(facts: EventFacts, openings: Sequence[Opening]) -> str:
    """The event as it is hashed, in UTF-8; what is personal as commitments only."""
    content: dict[str, Any] = {
        "version": VERSION,
        "log": facts.log,
        "kind": facts.kind.value,
        "at": utc_text(facts.at),
        "statement": {"sha256": facts.statement_sha256, "language": facts.statement_language},
        "method": facts.method.value,
        "commitments": {one.field: one.commitment() for one in openings},
    }
    if facts.of is not None:
        content["of"] = facts.of
    if facts.numbers:
        content["numbers"] = dict(facts.numbers)
    return canonical(content)


def utc_text(moment: datetime) -> str:
    """As events write moments (RFC 3339)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def canonical(content: Mapping[str, Any]) -> str:
    return rfc8785.dumps(dict(content)).decode("utf-8")


@dataclass(frozen=True)
class ReadEvent:
    """An event as it was read back, with the commitments in it."""

    kind: str
    at: str
    log: str
    statement_sha256: str
    statement_language: str
    method: str
    commitments: Mapping[str, str]
    of: int | None


def read_event(text: str) -> ReadEvent:
    """Raises NotEvidence unless it is an event in canonical form."""
    try:
        if not _EVENT.fullmatch(text) or canonical(content := json.loads(text)) != text:
            raise ValueError
    except ValueError:
        raise NotEvidence("this is no event in canonical form") from None
    return ReadEvent(
        kind=content["kind"],
        at=content["at"],
        log=content["log"],
        statement_sha256=content["statement"]["sha256"],
        statement_language=content["statement"]["language"],
        method=content["method"],
        commitments=content["commitments"],
        of=content.get("of"),
    )


def check_openings(event: ReadEvent, openings: Sequence[Opening]) -> tuple[str, ...]:
    """The committed fields that are not opened, in order. Raises NotEvidence where an opening
    does not fit."""
    for one in openings:
        if event.commitments.get(one.field) != one.commitment():
            raise NotEvidence(f"the opening of '{one.field}' does not fit its commitment")
    return tuple(sorted(set(event.commitments) - {one.field for one in openings}))
