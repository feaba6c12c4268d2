"""Passwords: hashed with Argon2id (RFC 9106), refused where anybody would guess them."""

import secrets
from functools import lru_cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST: Final = 12
LONGEST: Final = 256
_AT_ONCE: Final = 2  # each takes 64 MiB and a core: many sign-ins at once must not take all

# Of the long ones those that lists of leaked passwords begin with.
_COMMON: Final = Path(__file__).with_name("common_passwords.txt")


class Passwords:
    """Hashes and compares, a few at once."""

    def __init__(self) -> None:
        self._hashes = PasswordHash((Argon2Hasher(),))
        self._places = BoundedSemaphore(_AT_ONCE)
        self._nobodys = self._hashes.hash(secrets.token_urlsafe(16))

    def hash(self, password: str) -> str:
        with self._places:
            return self._hashes.hash(password)

    def matches(self, password: str, kept: str) -> bool:
        """Takes as long where nothing is kept, so that nobody learns who has an account."""
        with self._places:
            try:
                is_right = self._hashes.verify(password[:LONGEST], kept or self._nobodys)
            except UnknownHashError:
                return False
        return is_right and bool(kept)


def why_refused(password: str, *, email: str) -> str:
    """What to do about a password that will not do; empty where it will."""
    plain = password.casefold()
    if len(password) < SHORTEST:
        return f"Please use {SHORTEST} characters or more; a sentence is easy to remember."
    if len(password) > LONGEST:
        return f"Please use at most {LONGEST} characters."
    if plain in _common() or len(set(plain)) < 4:
        return "Many people use this one, so it is guessed first. Please choose another."
    if plain in (email.casefold(), email.casefold().partition("@")[0]):
        return "Please choose something that is not your e-mail address."
    return ""


@lru_cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="utf-8").split())
