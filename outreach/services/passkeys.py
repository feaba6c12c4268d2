"""Passkeys (WebAuthn level 2): made, and shown to come in.

A passkey that was unlocked by its owner (user verification) is two factors at once: the device,
and what unlocks it. So it comes in alone.
"""

import ipaddress
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import webauthn
from sqlmodel import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from outreach.domain.coordinator import Actor
from outreach.domain.errors import Refused
from outreach.services.note_activity import note_activity
from outreach.store import passkeys
from outreach.store.desk_tables import Passkey

_NAME: Final = "Outreach"
_NAME_LIMIT: Final = 60
_MOST: Final = 2**31 - 1
_ID: Final = re.compile("[A-Za-z0-9_-]{1,1400}")  # at most 1,023 bytes (WebAuthn), in base64url

Proof = TypeVar("Proof")


class PasskeyRefused(Refused):
    """What the browser sent does not prove that it holds one of our passkeys."""

    def __init__(self) -> None:
        super().__init__("this passkey was not accepted")


@dataclass(frozen=True)
class Party:
    """For whom passkeys are made: PUBLIC_URL's host, and the origin that pages must have."""

    rp_id: str
    origin: str

    @classmethod
    def of(cls, public_url: str) -> "Party | None":
        """None where browsers allow none: an IP address, or plain http but for localhost."""
        parts = urlsplit(public_url)
        host = parts.hostname or ""
        is_local = host == "localhost" or host.endswith(".localhost")
        if _is_address(host) or not (parts.scheme == "https" or is_local):
            return None
        return cls(rp_id=host, origin=f"{parts.scheme}://{parts.netloc}")


def new_challenge() -> str:
    return bytes_to_base64url(secrets.token_bytes(32))


def creation_options(
    session: Session, party: Party, *, by: Actor, email: str, challenge: str
) -> str:
    """What the browser is asked to make, as JSON."""
    assert by.coordinator_id is not None
    known = passkeys.list_passkeys(session, by.coordinator_id)
    options = webauthn.generate_registration_options(
        rp_id=party.rp_id,
        rp_name=_NAME,
        user_name=email,
        user_id=_user_handle(by.coordinator_id),
        user_display_name=by.name,
        challenge=base64url_to_bytes(challenge),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id)) for one in known
        ],
    )
    return options_to_json(options)


def request_options(party: Party, *, challenge: str) -> str:
    """For any passkey of ours that the browser has: nobody is named, so nobody is revealed."""
    options = webauthn.generate_authentication_options(
        rp_id=party.rp_id,
        challenge=base64url_to_bytes(challenge),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def add_passkey(
    session: Session,
    party: Party,
    *,
    by: Actor,
    answer: str,
    challenge: str,
    name: str,
    now: datetime,
) -> None:
    """Keeps what the browser made. Raises PasskeyRefused."""
    assert by.coordinator_id is not None
    verify = webauthn.verify_registration_response
    made = _proven(verify, party, credential=_parsed(answer), challenge=challenge)
    credential_id = bytes_to_base64url(made.credential_id)
    if passkeys.is_known(session, credential_id):
        raise PasskeyRefused
    passkey = Passkey(
        coordinator_id=by.coordinator_id,
        credential_id=credential_id,
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=_kept(made.sign_count),
        name=name[:_NAME_LIMIT] or "Passkey",
        created_at=now,
    )
    passkeys.add_passkey(session, passkey)
    note_activity(session, by=by, action="account.passkey_added", detail=passkey.name, now=now)


def use_passkey(
    session: Session, party: Party, *, answer: str, challenge: str, now: datetime
) -> int:
    """Whose it is, once it has proved itself. Raises PasskeyRefused."""
    credential = _parsed(answer)
    found = passkeys.find_passkey(session, credential["id"])
    if found is None:
        raise PasskeyRefused
    passkey, coordinator = found
    assert passkey.id is not None
    assert coordinator.id is not None
    verify = partial(
        webauthn.verify_authentication_response,
        credential_public_key=base64url_to_bytes(passkey.public_key),
        credential_current_sign_count=passkey.sign_count,
    )
    shown = _proven(verify, party, credential=credential, challenge=challenge)
    before, after = passkey.sign_count, _kept(shown.new_sign_count)
    if not passkeys.count_use(session, passkey.id, before=before, after=after, now=now):
        raise PasskeyRefused
    return coordinator.id


def remove_passkey(session: Session, passkey_id: int, *, by: Actor, now: datetime) -> None:
    assert by.coordinator_id is not None
    if passkeys.remove_passkey(session, passkey_id, coordinator_id=by.coordinator_id):
        note_activity(session, by=by, action="account.passkey_removed", now=now)


def _parsed(answer: str) -> dict[str, Any]:
    """With an id that a credential can have. Raises PasskeyRefused."""
    try:
        parsed = json.loads(answer)
    except (ValueError, RecursionError):
        raise PasskeyRefused from None
    credential: dict[str, Any] = parsed if isinstance(parsed, dict) else {}
    name = credential.get("id")
    if not (isinstance(name, str) and _ID.fullmatch(name)):
        raise PasskeyRefused
    return credential


def _proven(
    verify: Callable[..., Proof], party: Party, *, credential: dict[str, Any], challenge: str
) -> Proof:
    """What the library has found to be right. Raises PasskeyRefused."""
    try:
        return verify(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except Exception:  # over bytes that no authenticator makes, its parsers stumble in many ways
        raise PasskeyRefused from None


def _kept(sign_count: int) -> int:
    """A counter has 32 bits, a column one less: past that, only the challenge counts once."""
    return min(sign_count, _MOST)


def _user_handle(coordinator_id: int) -> bytes:
    return f"coordinator-{coordinator_id}".encode()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
