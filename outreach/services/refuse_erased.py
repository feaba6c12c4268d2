"""Nobody who was erased is entered again: by a keyed hash their address is known, to nobody else.

The hash begins with its key's id: under another key nothing is said of it, and once the key is
brought back it counts again.
"""

import hashlib
import hmac
from collections.abc import Iterable

from sqlmodel import Session

from outreach.partners.keys import email_key
from outreach.store import erasures
from outreach.store.database import ERASURE_SEED

WHY_NOT = "this person asked to be erased and must not be entered again"


def address_hash(email: str, *, seed: bytes) -> str:
    """Keyed: who has the database alone cannot try likely addresses."""
    key = _key(seed)
    digest = hmac.new(key, email_key(email).encode(), hashlib.sha256).hexdigest()
    return f"{_id(key)}-{digest}"


def is_of_key(known: str, *, seed: bytes) -> bool:
    """Whether this hash was made with that key."""
    return known.startswith(f"{_id(_key(seed))}-")


def erased_among(session: Session, keys: Iterable[str]) -> set[str]:
    """Those of the addresses, as email_key has them, whose persons were erased."""
    seed: bytes = session.info.get(ERASURE_SEED, b"")
    known = erasures.remembered(session) if seed else {}
    return {key for key in keys if known and address_hash(key, seed=seed) in known}


def _key(seed: bytes) -> bytes:
    return hashlib.sha256(b"outreach.erasure" + seed).digest()


def _id(key: bytes) -> str:
    return hashlib.sha256(b"outreach.erasure.id" + key).hexdigest()[:8]
