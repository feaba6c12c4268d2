"""A passkey's device in software, as a browser speaks of it (WebAuthn level 2)."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """Holds one passkey. ``verifies`` is whether its owner unlocked it."""

    origin: str
    verifies: bool = True
    counter: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: str) -> str:
        """What the browser sends after navigator.credentials.create."""
        asked = json.loads(options)
        data = self._data(asked["rp"]["id"], attested=True)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            {
                "clientDataJSON": _encoded(self._client("webauthn.create", asked)),
                "attestationObject": _encoded(attestation),
            }
        )

    def get(self, options: str) -> str:
        """What it sends after navigator.credentials.get."""
        asked = json.loads(options)
        self.counter += 1
        data, client = self._data(asked["rpId"]), self._client("webauthn.get", asked)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": _encoded(client),
                "authenticatorData": _encoded(data),
                "signature": _encoded(signature),
            }
        )

    def _client(self, kind: str, asked: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": asked["challenge"], "origin": self.origin}
        return json.dumps(said | {"crossOrigin": False}).encode()

    def _data(self, rp_id: str, *, attested: bool = False) -> bytes:
        flags = _PRESENT | (_VERIFIED if self.verifies else 0) | (_ATTESTED if attested else 0)
        head = hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self.counter)
        if not attested:
            return head
        named = struct.pack(">H", len(self.credential_id)) + self.credential_id
        return head + bytes(16) + named + cbor2.dumps(self._public_key())

    def _public_key(self) -> dict[int, Any]:
        """COSE: an EC2 key for ES256 on P-256."""
        numbers = self.key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}

    def _answer(self, response: dict[str, str]) -> str:
        name = _encoded(self.credential_id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )


def _encoded(content: bytes) -> str:
    return bytes_to_base64url(content)
