"""Salted commitments: the event holds a hash, the value and its salt are kept beside it.

Whoever has both can show that the value is the one that was committed to; once they are erased the
hash says nothing, and the event is still whole.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from outreach.ledger.errors import NotEvidence

SALT_SIZE = 32
_SALT = re.compile(f"[0-9a-f]{{{2 * SALT_SIZE}}}")


def new_salt() -> bytes:
    """Random, so that no list of likely names can be tried against a commitment."""
    return secrets.token_bytes(SALT_SIZE)


@dataclass(frozen=True)
class Opening:
    """A field's value with the salt that it was committed with, as 64 hex digits."""

    field: str
    value: str
    salt: str

    def commitment(self) -> str:
        """SHA-256 over salt | field | 0x00 | value, in hex. Raises NotEvidence."""
        if not _SALT.fullmatch(self.salt) or "\x00" in self.field:
            raise NotEvidence(f"the opening of '{self.field}' is malformed")
        salt = bytes.fromhex(self.salt)
        return hashlib.sha256(salt + f"{self.field}\x00{self.value}".encode()).hexdigest()


def openings_of(
    values: Mapping[str, str], *, salt: Callable[[], bytes] = new_salt
) -> tuple[Opening, ...]:
    """Each value with a salt of its own. What is empty is not committed to."""
    return tuple(Opening(name, value, salt().hex()) for name, value in values.items() if value)
