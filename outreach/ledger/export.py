"""A whole ledger as one file, and its check without the server that wrote it."""

import json
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outreach.ledger.checkpoint import Checkpoint, open_checkpoint
from outreach.ledger.commitment import Opening
from outreach.ledger.errors import EvidenceBroken, NotEvidence
from outreach.ledger.event import check_openings, read_event
from outreach.ledger.note import VerifierKey
from outreach.ledger.receipt import (
    check_receipt,
    load,
    opening_rows,
    read_openings,
    whole,
    words,
)
from outreach.ledger.tree import EMPTY_ROOT, Peaks, leaf_hash

FORMAT = "outreach-ledger/1"


@dataclass(frozen=True)
class LedgerFile:
    """``openings`` by position; without them the file names nobody."""

    log: str
    keys: tuple[VerifierKey, ...]
    events: tuple[str, ...]
    checkpoints: tuple[str, ...]
    openings: Mapping[int, tuple[Opening, ...]]


def write_ledger(ledger: LedgerFile) -> str:
    content = {
        "format": FORMAT,
        "log": ledger.log,
        "keys": [str(key) for key in ledger.keys],
        "checkpoints": ledger.checkpoints,
        "events": ledger.events,
        "openings": [
            {"index": index, **row}
            for index, openings in sorted(ledger.openings.items())
            for row in opening_rows(openings)
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def read_ledger(text: str) -> LedgerFile:
    """Raises NotEvidence."""
    content = load(text, form=FORMAT)
    try:
        return LedgerFile(
            log=words(content["log"]),
            keys=tuple(VerifierKey.parse(words(key)) for key in content["keys"]),
            events=tuple(map(words, content["events"])),
            checkpoints=tuple(map(words, content["checkpoints"])),
            openings=_by_position(content["openings"]),
        )
    except (ValueError, TypeError, KeyError):
        raise NotEvidence("the ledger's file is not whole") from None


def _by_position(rows: Any) -> dict[int, tuple[Opening, ...]]:
    found: dict[int, tuple[Opening, ...]] = {}
    for row in rows:
        index = whole(row["index"])
        found[index] = (*found.get(index, ()), *read_openings([row]))
    return found


@dataclass(frozen=True)
class CheckedLedger:
    """What a ledger's file was found to be. ``outside`` are the sizes of the checkpoints that came
    from elsewhere, ``opened`` and ``withheld`` count commitments."""

    log: str
    size: int
    root: bytes
    keys: tuple[VerifierKey, ...]
    kinds: Mapping[str, int]
    checkpoints: int
    outside: tuple[int, ...]
    opened: int
    withheld: int


def check_ledger(
    text: str, *, keys: Sequence[VerifierKey] = (), outside: Sequence[str] = ()
) -> CheckedLedger:
    """Checks every event, every checkpoint of the file, and those from ``outside``: notes, or
    receipts. Without ``keys`` those of the file are believed.

    Raises EvidenceBroken, NotEvidence, with the first place where it breaks.
    """
    ledger = read_ledger(text)
    believed = tuple(keys) or ledger.keys
    own = [open_checkpoint(note, believed) for note in ledger.checkpoints]
    foreign = [_outside_checkpoint(note, believed) for note in outside]
    size = len(ledger.events)
    roots = _roots(ledger.events, sizes={size, *(one.size for one in (*own, *foreign))})
    for checkpoint in (*own, *foreign):
        _require_prefix(checkpoint, roots, ledger)
    if size and size not in {one.size for one in own}:
        raise EvidenceBroken(f"no checkpoint covers all {size} events")
    opened, withheld, kinds = _check_events(ledger)
    return CheckedLedger(
        log=ledger.log,
        size=size,
        root=roots[size],
        keys=believed,
        kinds=kinds,
        checkpoints=len(own),
        outside=tuple(one.size for one in foreign),
        opened=opened,
        withheld=withheld,
    )


def _outside_checkpoint(text: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    if not text.lstrip().startswith("{"):
        return open_checkpoint(text, keys)
    refusals: list[EvidenceBroken] = []
    for key in keys:
        try:
            return check_receipt(text, key=key).checkpoint
        except EvidenceBroken as refused:
            refusals.append(refused)
    raise refusals[0] if refusals else NotEvidence("there is no key to check the receipt with")


def _roots(events: Sequence[str], *, sizes: Container[int]) -> dict[int, bytes]:
    """The root at each of the sizes that the ledger has had."""
    peaks, roots = Peaks(), {0: EMPTY_ROOT}
    for event in events:
        peaks = peaks.append(leaf_hash(event.encode()))
        if peaks.size in sizes:
            roots[peaks.size] = peaks.root()
    return roots


def _require_prefix(checkpoint: Checkpoint, roots: Mapping[int, bytes], ledger: LedgerFile) -> None:
    if checkpoint.origin != ledger.log:
        raise EvidenceBroken(f"the checkpoint is of another ledger, {checkpoint.origin}")
    if checkpoint.size not in roots:
        missing = checkpoint.size - len(ledger.events)
        raise EvidenceBroken(
            f"the ledger was cut short: the checkpoint of size {checkpoint.size} covers"
            f" {missing} more than the file holds"
        )
    if checkpoint.root != roots[checkpoint.size]:
        raise EvidenceBroken(
            f"history was changed: among the first {checkpoint.size} events one is not what it was"
        )


def _check_events(ledger: LedgerFile) -> tuple[int, int, Counter[str]]:
    opened = withheld = 0
    signed: set[int] = set()
    kinds: Counter[str] = Counter()
    for index, text in enumerate(ledger.events):
        try:
            event = read_event(text)
            openings = ledger.openings.get(index, ())
            withheld += len(check_openings(event, openings))
        except NotEvidence as broken:
            raise EvidenceBroken(f"event {index}: {broken}") from None
        if event.log != ledger.log or (event.of is not None and event.of not in signed):
            raise EvidenceBroken(f"event {index} does not belong here")
        if event.kind in ("signed", "recorded", "reconfirmed"):
            signed.add(index)
        opened += len(openings)
        kinds[event.kind] += 1
    if ledger.openings.keys() - set(range(len(ledger.events))):
        raise EvidenceBroken("an opening belongs to no event")
    return opened, withheld, kinds
