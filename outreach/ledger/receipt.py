"""Receipts: one signer's own event, with all that shows it to be in the ledger.

It names nobody but its owner, and needs nobody to be checked.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from outreach.ledger.checkpoint import Checkpoint, open_checkpoint
from outreach.ledger.commitment import Opening
from outreach.ledger.errors import EvidenceBroken, NotEvidence
from outreach.ledger.event import ReadEvent, check_openings, read_event
from outreach.ledger.note import LogKey, VerifierKey, decoded, encoded
from outreach.ledger.proof import proves_inclusion
from outreach.ledger.tree import Peaks, leaf_hash

FORMAT = "outreach-receipt/1"
FILE_NAME = "outreach-receipt.json"


@dataclass(frozen=True)
class LoggedEvent:
    """An event in its place, ``before`` being the tree that it was appended to."""

    log: str
    position: int
    text: str
    before: bytes
    openings: tuple[Opening, ...] = ()


def write_receipt(logged: LoggedEvent, key: LogKey) -> str:
    """The receipt's file. Equal arguments give equal text: the checkpoint is that of the tree
    which ends with the event, whatever was appended since."""
    before = Peaks.unpacked(logged.position, logged.before)
    after = before.append(leaf_hash(logged.text.encode()))
    content = {
        "format": FORMAT,
        "key": str(key.verifier(logged.log)),
        "index": logged.position,
        "event": logged.text,
        "openings": opening_rows(logged.openings),
        "inclusion": [encoded(one) for one in before.proof_of_next()],
        "checkpoint": Checkpoint(logged.log, after.size, after.root()).signed(key),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def opening_rows(openings: Sequence[Opening]) -> list[dict[str, str]]:
    return [{"field": one.field, "value": one.value, "salt": one.salt} for one in openings]


@dataclass(frozen=True)
class CheckedReceipt:
    """What a receipt proves, under which key. ``withheld`` are the fields that it does not open."""

    event: ReadEvent
    index: int
    openings: tuple[Opening, ...]
    withheld: tuple[str, ...]
    checkpoint: Checkpoint
    key: VerifierKey


def check_receipt(text: str, *, key: VerifierKey | None = None) -> CheckedReceipt:
    """Without ``key`` it is checked against the one that it brings, which proves no more than that
    it is whole. Raises EvidenceBroken, NotEvidence."""
    content = load(text, form=FORMAT)
    try:
        event_text, index = words(content["event"]), whole(content["index"])
        openings = read_openings(content["openings"])
        proof = [decoded(one) for one in content["inclusion"]]
        note, own_key = words(content["checkpoint"]), words(content["key"])
    except (ValueError, TypeError, KeyError):
        raise NotEvidence("the receipt is not whole") from None
    used = key or VerifierKey.parse(own_key)
    checkpoint = open_checkpoint(note, [used])
    event = read_event(event_text)
    if event.log != checkpoint.origin or (event.of is not None and event.of >= index):
        raise EvidenceBroken("the event belongs to another ledger than the checkpoint")
    if not proves_inclusion(
        leaf_hash(event_text.encode()),
        index=index,
        size=checkpoint.size,
        proof=proof,
        root=checkpoint.root,
    ):
        raise EvidenceBroken("the event is not in the ledger that the checkpoint stands for")
    withheld = check_openings(event, openings)
    return CheckedReceipt(event, index, openings, withheld, checkpoint, used)


def load(text: str, *, form: str) -> dict[str, Any]:
    """The file's object. Raises NotEvidence unless it is of this format."""
    try:
        content = json.loads(text)
        json.dumps(content, ensure_ascii=False).encode()  # refuses halves of surrogate pairs
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or content.get("format") != form:
        raise NotEvidence(f"this is no file of the format {form}")
    return content


def whole(value: Any) -> int:
    """Raises TypeError unless it is a whole number; ``true`` and 1.0 are none."""
    if type(value) is not int:
        raise TypeError
    return value


def words(value: Any) -> str:
    """Raises TypeError unless it is text."""
    if not isinstance(value, str):
        raise TypeError
    return value


def read_openings(rows: Any) -> tuple[Opening, ...]:
    """Raises TypeError, KeyError."""
    return tuple(
        Opening(words(row["field"]), words(row["value"]), words(row["salt"])) for row in rows
    )
