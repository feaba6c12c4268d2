"""What a program's key may do, and how it is written."""

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from outreach.domain.coordinator import Role

_BEGINS = "outreach"
_PREFIX_BYTES = 6
_SECRET_BYTES = 32


class Scope(StrEnum):
    """Each stands alone: ``write`` does not bring ``read`` with it."""

    READ = "read"
    WRITE = "write"
    SEND = "send"
    EXPORT = "export"


SCOPE_WORDS = MappingProxyType(
    {
        Scope.READ: "See campaigns, figures, organizations and mails, without any person's data.",
        Scope.WRITE: "Create campaigns, import partners, pause, extend, cancel and publish.",
        Scope.SEND: "All that makes mail go out: launch, remind, resume, close, send again.",
        Scope.EXPORT: "See persons: contacts, addresses, who signed, and the servers' words.",
    }
)

_ALLOWED = MappingProxyType(
    {
        Role.OWNER: frozenset(Scope),
        Role.EDITOR: frozenset(Scope),
        Role.VIEWER: frozenset({Scope.READ, Scope.EXPORT}),
    }
)


def scopes_of(role: Role) -> frozenset[Scope]:
    """The most that a key made by such a coordinator can do."""
    return _ALLOWED[role]


@dataclass(frozen=True)
class NewKey:
    """``text`` is what the program sends, shown once; only ``digest`` is kept."""

    prefix: str
    text: str

    @property
    def digest(self) -> str:
        return digest_of(self.text)


def new_key() -> NewKey:
    """A key whose secret has 256 bits."""
    prefix = secrets.token_hex(_PREFIX_BYTES)
    return NewKey(prefix, f"{_BEGINS}_{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}")


def prefix_in(text: str) -> str:
    """The part by which a key is found; empty where the text is no key."""
    begins, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    whole = begins == _BEGINS and secret and text.isascii()
    return prefix if whole and len(prefix) == 2 * _PREFIX_BYTES and prefix.isalnum() else ""


def digest_of(text: str) -> str:
    """The secret is random, so one plain hash is enough to keep it by."""
    return hashlib.sha256(text.encode()).hexdigest()
