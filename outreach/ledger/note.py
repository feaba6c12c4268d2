"""Signed notes (c2sp.org/signed-note) with Ed25519 keys (RFC 8032).

``cryptography`` is loaded where it is used: most commands neither sign nor verify.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from outreach.ledger.errors import EvidenceBroken, NotEvidence

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_SIZE = 32
_ED25519 = b"\x01"
_MOST_SIGNATURES = 100
_SIGNATURE = re.compile("\u2014 ([^ +]+) ([A-Za-z0-9+/]+=*)")
_KEY = re.compile(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")
_UNPRINTED = re.compile("[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True)
class VerifierKey:
    """A public key under its name. As text it is ``name+id+key``, as other tools read it."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or self.name.split() != [self.name]:
            raise NotEvidence(f"'{self.name}' cannot name a key")
        if len(self.public) != 32:
            raise NotEvidence("an Ed25519 key has 32 bytes")

    @property
    def id(self) -> bytes:
        named = self.name.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(named).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encoded(_ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Raises NotEvidence."""
        found = _KEY.fullmatch(text.strip())
        raw = decoded(found[3]) if found else b""
        if not found or raw[:1] != _ED25519:
            raise NotEvidence("this is no public key of the form name+id+key")
        key = cls(found[1], raw[1:])
        if key.id.hex() != found[2]:
            raise NotEvidence("the public key does not fit its id: was it copied whole?")
        return key

    def verifies(self, text: str, signature: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class LogKey:
    """An installation's secret key, from its seed of 32 bytes. It signs under any log's name."""

    seed: bytes = field(repr=False)

    @cached_property
    def _private(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def public(self) -> bytes:
        return self._private.public_key().public_bytes_raw()

    def verifier(self, name: str) -> VerifierKey:
        return VerifierKey(name, self.public)

    def sign_note(self, text: str, *, name: str) -> str:
        """The note of this text; equal arguments give equal notes. Raises NotEvidence."""
        _require_text(text)
        signature = self.verifier(name).id + self._private.sign(text.encode())
        return f"{text}\n\u2014 {name} {encoded(signature)}\n"


def open_note(note: str, keys: Sequence[VerifierKey]) -> str:
    """The note's text, which one of the keys has signed.

    Signatures of unknown keys are passed over; one of a known key that fails fails the note.
    Raises EvidenceBroken, NotEvidence.
    """
    text, gap, lines = note.rpartition("\n\n")
    text += "\n"
    if not gap or not lines.endswith("\n"):
        raise NotEvidence("this is no signed note: text, an empty line, signatures")
    _require_text(text)
    signatures = [_SIGNATURE.fullmatch(line) for line in lines[:-1].split("\n")]
    if len(signatures) > _MOST_SIGNATURES or not all(signatures):
        raise NotEvidence("a signature line of the note is malformed")
    verified = False
    for found in signatures:
        raw = decoded(found[2]) if found else b""
        for key in keys:
            if found and (found[1], raw[:4]) == (key.name, key.id):
                if not key.verifies(text, raw[4:]):
                    raise EvidenceBroken(f"the signature of {key.name} does not fit the note")
                verified = True
    if not verified:
        raise EvidenceBroken("the note is not signed with the key that it is checked against")
    return text


def _require_text(text: str) -> None:
    if not text.endswith("\n") or _UNPRINTED.search(text):
        raise NotEvidence("a note's text ends in a line break and has no control characters")


def encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def decoded(text: str) -> bytes:
    """Raises NotEvidence unless it is base64 as it would be written again (RFC 4648, 3.5)."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if encoded(raw) != text:
        raise NotEvidence("the note holds what is not base64")
    return raw
