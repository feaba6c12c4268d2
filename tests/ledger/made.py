"""A ledger of any size, made without a database."""

import random
from datetime import UTC, datetime, timedelta

from outreach.domain.evidence import EventKind, Method
from outreach.ledger.checkpoint import Checkpoint
from outreach.ledger.commitment import Opening, openings_of
from outreach.ledger.event import EventFacts, event_text
from outreach.ledger.export import LedgerFile, write_ledger
from outreach.ledger.note import LogKey
from outreach.ledger.receipt import LoggedEvent
from outreach.ledger.tree import Peaks, leaf_hash, peaks_of

KEY = LogKey(bytes(range(32)))
ANOTHER_KEY = LogKey(b"k" * 32)
LOG = "coalition.example/ledger/0123456789abcdef"
BEGIN = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)


def an_event(
    index: int, *, kind: EventKind = EventKind.SIGNED, of: int | None = None, seed: int = 0
) -> tuple[str, tuple[Opening, ...]]:
    """With commitments whose salts come from ``seed``."""
    chance = random.Random(f"{seed}/{index}")  # noqa: S311 - no secret
    openings = openings_of(
        {
            "organization": f"Organization {index}",
            "person": f"Person {index} of Organization {index}",
            "capacity": "Director",
            "credit_line": f"Organization {index} (O{index})",
        },
        salt=lambda: chance.randbytes(32),
    )
    facts = EventFacts(
        log=LOG,
        kind=kind,
        at=BEGIN + timedelta(seconds=index),
        statement_sha256="a" * 64,
        statement_language="en",
        method=Method.LINK,
        of=of,
    )
    return event_text(facts, openings), openings


def a_ledger(many: int, *, key: LogKey = KEY, every: int = 7, seed: int = 0) -> LedgerFile:
    """Of signatures, every fifth event a correction of the one before; a checkpoint every so
    often, and at its end."""
    made = [
        an_event(index, kind=EventKind.CORRECTED, of=index - 1, seed=seed)
        if index % 5 == 4
        else an_event(index, seed=seed)
        for index in range(many)
    ]
    events = tuple(text for text, _ in made)
    sizes = sorted({*range(every, many, every), many})
    return LedgerFile(
        log=LOG,
        keys=(key.verifier(LOG),),
        events=events,
        checkpoints=tuple(a_checkpoint(events[:size], key=key) for size in sizes),
        openings={index: openings for index, (_, openings) in enumerate(made)},
    )


def a_checkpoint(events: tuple[str, ...], *, key: LogKey = KEY, log: str = LOG) -> str:
    peaks = peaks_of(leaf_hash(event.encode()) for event in events)
    return Checkpoint(log, peaks.size, peaks.root()).signed(key)


def a_logged_event(many_before: int) -> LoggedEvent:
    """The last of a ledger, in its place."""
    before = Peaks()
    for index in range(many_before):
        before = before.append(leaf_hash(an_event(index)[0].encode()))
    text, openings = an_event(many_before)
    return LoggedEvent(LOG, many_before, text, before.packed(), openings)


def stamped_anew(ledger: LedgerFile, *, key: LogKey = KEY) -> LedgerFile:
    """As its keeper would who wants the changed events to look right: every checkpoint new."""
    sizes = sorted({int(note.split("\n")[1]) for note in ledger.checkpoints})
    many = len(ledger.events)
    fitting = {size for size in sizes if size < many} | {many}
    return LedgerFile(
        log=ledger.log,
        keys=(key.verifier(ledger.log),),
        events=ledger.events,
        checkpoints=tuple(
            a_checkpoint(ledger.events[:size], key=key, log=ledger.log) for size in sorted(fitting)
        ),
        openings=ledger.openings,
    )


def written(ledger: LedgerFile) -> str:
    return write_ledger(ledger)
