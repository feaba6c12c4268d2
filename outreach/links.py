"""Signed links: a random id from the database, wrapped with a salt that names its purpose.

No name or address is inside. itsdangerous alone also accepts altered last characters, added
padding and junk within the signature, so only the exact bytes that would be issued again pass.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from itsdangerous import Signer, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.signer import SigningAlgorithm

from outreach.domain.errors import LinkRefused

ANSWER = "answer"
UNSUBSCRIBE = "unsubscribe"
JOIN = "join"
SESSION_LIFE = timedelta(hours=2)

_SHOWN = 6
_SALT = "outreach.link.{purpose}"


def new_link_id() -> str:
    """A random id of 144 bits, 24 characters that are safe in URLs."""
    return secrets.token_urlsafe(18)


class LinkSigner:
    """Wraps and unwraps link ids. The last key signs, every key verifies."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(keys)
        self._signers: dict[str, list[Signer]] = {}

    def by_key(self) -> list["LinkSigner"]:
        """One for each key, that of the newest first: what was signed before the keys changed is
        signed again as it was."""
        return [LinkSigner([key]) for key in reversed(self._keys)]

    def token(self, link_id: str, *, purpose: str) -> str:
        """What ``read`` takes back. A purpose's key is derived once, for thousands of mails."""
        signed = self._ready(purpose)[-1].sign(base64_encode(f'"{link_id}"'))
        return signed.decode("ascii")

    def read(self, token: str, *, purpose: str) -> str:
        """The link id inside ``token``. Raises LinkRefused for anything not issued here."""
        value = self._unwrap(token, purpose)
        if not isinstance(value, str):
            raise LinkRefused
        return value

    def session_value(self, link_id: str, *, now: datetime) -> str:
        """What the short session's cookie holds after a link was opened at ``now``."""
        ends = int((now + SESSION_LIFE).timestamp())
        return self._wrap([link_id, ends], "session")

    def read_session(self, value: str, *, now: datetime) -> str:
        """The link id of a session that has not ended. Raises LinkRefused."""
        content = self._unwrap(value, "session")
        if not (isinstance(content, list) and len(content) == 2):
            raise LinkRefused
        link_id, ends = content
        if not isinstance(link_id, str) or not isinstance(ends, int) or now.timestamp() >= ends:
            raise LinkRefused
        return link_id

    def session_name(self, link_id: str) -> str:
        """16 hex characters for the clean address and the cookie's name: useless alone.

        Made with the first key, so that adding a key at the end ends no session."""
        key = self._keys[0].encode()
        return hmac.new(key, f"session-name:{link_id}".encode(), hashlib.sha256).hexdigest()[:16]

    def form_token(self, link_id: str) -> str:
        return self.token(link_id, purpose="form")

    def check_form_token(self, link_id: str, value: str) -> None:
        """Raises LinkRefused unless ``value`` was issued for this link's form."""
        if self._unwrap(value, "form") != link_id:
            raise LinkRefused

    def _wrap(self, value: object, purpose: str) -> str:
        return _text(_serializer(self._keys, purpose).dumps(value))

    def _unwrap(self, token: str, purpose: str) -> object:
        payload = token.rpartition(".")[0]
        if not (token.isascii() and payload):
            raise LinkRefused
        if not any(
            hmac.compare_digest(signer.sign(payload), token.encode())
            for signer in self._ready(purpose)
        ):
            raise LinkRefused
        value: object = json.loads(base64_decode(payload))  # signed here, so written here
        return value

    def _ready(self, purpose: str) -> list[Signer]:
        """One for each key, the last for signing."""
        signers = self._signers.get(purpose)
        if signers is None:
            signers = [_ready_signer(key, purpose) for key in self._keys]
            self._signers[purpose] = signers
        return signers


class ShortenedLinks(LinkSigner):
    """For mails that are shown to somebody else than their reader: the beginning of each token, so
    that it can be compared, and not enough of it to open anything."""

    def token(self, link_id: str, *, purpose: str) -> str:
        return f"{super().token(link_id, purpose=purpose)[:_SHOWN]}..."


def _serializer(keys: list[str], purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        keys,
        salt=_SALT.format(purpose=purpose),
        signer_kwargs={"digest_method": hashlib.sha256},
    )


def _ready_signer(key: str, purpose: str) -> Signer:
    """Signs as the purpose's serializer does with ``key``, without deriving it anew each time."""
    derived = _serializer([key], purpose).make_signer(_SALT.format(purpose=purpose)).derive_key()
    return Signer(derived, key_derivation="none", algorithm=_HmacSha256())


class _HmacSha256(SigningAlgorithm):
    """The same bytes as itsdangerous' own with SHA-256, in one call."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")


def _text(token: str | bytes) -> str:
    return token if isinstance(token, str) else token.decode("ascii")
