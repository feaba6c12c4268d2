"""Checkpoints of a log (c2sp.org/tlog-checkpoint): its origin, size and root, signed."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.ledger.errors import NotEvidence
from outreach.ledger.note import LogKey, VerifierKey, open_note
from outreach.ledger.tree import HASH_SIZE

_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself at one moment. It has no time: a later one is larger."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, key: LogKey) -> str:
        """The note, under the origin as the key's name."""
        return key.sign_note(self.text(), name=self.origin)


def open_checkpoint(note: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Raises EvidenceBroken where no key signed it, NotEvidence where it is no checkpoint."""
    origin, size, root, *extensions = [*open_note(note, keys)[:-1].split("\n"), "", ""]
    checkpoint = Checkpoint(origin, int(size) if _SIZE.fullmatch(size) else -1, _hash(root))
    if any(extensions) or not origin or checkpoint.size < 0:
        raise NotEvidence("the note is no checkpoint of ours: origin, size, root and no more")
    return checkpoint


def _hash(text: str) -> bytes:
    try:
        root = base64.b64decode(text, validate=True)
    except ValueError:
        root = b""
    if len(root) != HASH_SIZE or base64.b64encode(root).decode() != text:
        raise NotEvidence("the checkpoint's root is no SHA-256 in base64")
    return root
