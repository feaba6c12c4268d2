"""How a ledger's keeper could change its history: each way, at a place left to chance."""

import json
import random
from collections.abc import Callable
from dataclasses import replace

from outreach.ledger.event import canonical
from outreach.ledger.export import LedgerFile
from tests.ledger.made import ANOTHER_KEY, KEY, an_event, stamped_anew

Tampering = Callable[[LedgerFile, random.Random, int], LedgerFile]


def chance_of(seed: object) -> random.Random:
    """The same chances for the same seed."""
    return random.Random(str(seed))  # noqa: S311 - no secret


def edited(ledger: LedgerFile, chance: random.Random, covered: int) -> LedgerFile:
    """One fact of one event is another."""
    place = chance.randrange(covered)
    event = json.loads(ledger.events[place])
    what = chance.choice(["kind", "at", "method", "sha256", "language", "commitment"])
    if what in ("sha256", "language"):
        event["statement"][what] = "fr" if what == "language" else "b" * 64
    elif what == "commitment":
        name = chance.choice([*event["commitments"]])
        event["commitments"][name] = chance.randbytes(32).hex()
    else:
        event[what] = {"kind": "declined", "at": "2026-03-03T00:00:00Z", "method": "by_hand"}[what]
    return _with(ledger, place, place + 1, canonical(event))


def deleted(ledger: LedgerFile, chance: random.Random, covered: int) -> LedgerFile:
    place = chance.randrange(covered)
    return _with(ledger, place, place + 1)


def inserted(ledger: LedgerFile, chance: random.Random, covered: int) -> LedgerFile:
    place = chance.randrange(covered)
    return _with(ledger, place, place, an_event(chance.randrange(10**6), seed=99)[0])


def reordered(ledger: LedgerFile, chance: random.Random, covered: int) -> LedgerFile:
    one, other = sorted(chance.sample(range(covered), 2))
    events = [*ledger.events]
    events[one], events[other] = events[other], events[one]
    return replace(ledger, events=tuple(events))


def truncated(ledger: LedgerFile, chance: random.Random, covered: int) -> LedgerFile:
    return replace(ledger, events=ledger.events[: chance.randrange(covered)])


def stamped(ledger: LedgerFile, chance: random.Random, covered: int) -> LedgerFile:
    """Any of these, all checkpoints signed anew: with the real key, or with another."""
    tamper = chance.choice([edited, deleted, inserted, reordered, truncated])
    key = chance.choice([KEY, ANOTHER_KEY])
    return stamped_anew(tamper(ledger, chance, covered), key=key)


WAYS: dict[str, Tampering] = {
    one.__name__: one for one in (edited, deleted, inserted, reordered, truncated, stamped)
}


def _with(ledger: LedgerFile, start: int, end: int, *events: str) -> LedgerFile:
    return replace(ledger, events=(*ledger.events[:start], *events, *ledger.events[end:]))
