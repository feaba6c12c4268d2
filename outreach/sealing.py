"""Secrets that must be read again, sealed with keys derived from SECRET_KEYS.

Authenticated encryption (Fernet: AES-128-CBC with HMAC-SHA-256). A purpose has keys of its own,
so what was sealed for one cannot be opened for another.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from outreach.domain.errors import Refused

_INFO = "outreach.seal.{purpose}"


class SealBroken(Refused):
    """Altered, sealed with a key that is gone, for another purpose, or too long ago."""

    def __init__(self) -> None:
        super().__init__("this cannot be opened with the present SECRET_KEYS")


class Sealer:
    """Seals and opens. The last key seals, every key opens, as with links."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(keys)
        self._ready: dict[str, MultiFernet] = {}

    def seal(self, text: str, *, purpose: str, now: datetime | None = None) -> str:
        """``now`` is needed where its age shall count at opening."""
        moment = int(now.timestamp()) if now else 0
        return self._fernet(purpose).encrypt_at_time(text.encode(), moment).decode("ascii")

    def open(
        self,
        sealed: str,
        *,
        purpose: str,
        max_age: timedelta | None = None,
        now: datetime | None = None,
    ) -> str:
        """Raises SealBroken; with ``max_age`` also where it was sealed longer before ``now``."""
        try:
            if max_age is None or now is None:
                return self._fernet(purpose).decrypt(sealed).decode()
            ttl = int(max_age.total_seconds())
            opened = self._fernet(purpose).decrypt_at_time(
                sealed, ttl=ttl, current_time=int(now.timestamp())
            )
        except (InvalidToken, ValueError):
            raise SealBroken from None
        return opened.decode()

    def _fernet(self, purpose: str) -> MultiFernet:
        if purpose not in self._ready:
            newest_first = [_key(key, purpose) for key in reversed(self._keys)]
            self._ready[purpose] = MultiFernet(newest_first)
        return self._ready[purpose]


def _key(secret: str, purpose: str) -> Fernet:
    info = _INFO.format(purpose=purpose).encode()
    derived = HKDF(SHA256(), length=32, salt=None, info=info).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
