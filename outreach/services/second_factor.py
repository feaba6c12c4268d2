"""One-time codes from an app (RFC 6238), and recovery codes for the day when it is gone."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime
from typing import Final

import pyotp
from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import Refused
from outreach.sealing import SealBroken, Sealer
from outreach.services.note_activity import note_activity
from outreach.store import coordinators, recovery_codes

RECOVERY_CODES: Final = 10
_ISSUER: Final = "Outreach"
_SECONDS: Final = 30
_DRIFT: Final = (0, -1, 1)  # a telephone's clock may be half a minute off
_PURPOSE: Final = "totp"
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
_GROUPS, _GROUP = 4, 4


class CodeRefused(Refused):
    """Not the code of this moment, or one that has counted before."""

    def __init__(self) -> None:
        super().__init__("this code does not fit")


def new_secret() -> str:
    """160 bits in base32, as apps take it."""
    return pyotp.random_base32(32)


def app_address(secret: str, *, email: str) -> str:
    """What the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)


def confirm_app(
    session: Session, sealer: Sealer, *, by: Actor, secret: str, code: str, now: datetime
) -> None:
    """Keeps the secret, in place of one before, once a code shows that the app has it.

    Raises CodeRefused.
    """
    assert by.coordinator_id is not None
    step = _fitting_step(secret, code, now=now)
    coordinator = coordinators.lock_coordinator(session, by.coordinator_id)
    if step is None or coordinator is None:
        raise CodeRefused
    coordinator.totp_secret = sealer.seal(secret, purpose=_PURPOSE)
    coordinator.totp_step = step
    coordinators.save(session, coordinator)
    note_activity(session, by=by, action="account.app_added", now=now)


def remove_app(session: Session, *, by: Actor, now: datetime) -> None:
    assert by.coordinator_id is not None
    coordinator = coordinators.lock_coordinator(session, by.coordinator_id)
    if coordinator is None or not coordinator.totp_secret:
        return
    coordinator.totp_secret, coordinator.totp_step = "", 0
    coordinators.save(session, coordinator)
    note_activity(session, by=by, action="account.app_removed", now=now)


def use_code(
    session: Session, sealer: Sealer, *, coordinator_id: int, code: str, now: datetime
) -> None:
    """A code counts once, nor does any earlier one after it. Raises CodeRefused."""
    coordinator = coordinators.find_coordinator(session, coordinator_id)
    if coordinator is None or not coordinator.totp_secret:
        raise CodeRefused
    try:
        secret = sealer.open(coordinator.totp_secret, purpose=_PURPOSE)
    except SealBroken:  # the key that sealed it was taken out of SECRET_KEYS
        raise CodeRefused from None
    step = _fitting_step(secret, code, now=now)
    if step is None or not coordinators.take_totp_step(session, coordinator_id, step=step):
        raise CodeRefused


def new_recovery_codes(session: Session, *, by: Actor, now: datetime) -> list[str]:
    """Shown once: only hashes are kept. The earlier ones count no more."""
    assert by.coordinator_id is not None
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    hashes = [_hash(code, by.coordinator_id) for code in codes]
    recovery_codes.replace_codes(session, by.coordinator_id, hashes=hashes)
    note_activity(session, by=by, action="account.codes_made", now=now)
    return codes


def use_recovery_code(session: Session, *, coordinator_id: int, code: str, now: datetime) -> None:
    """It counts once. Raises CodeRefused."""
    code_hash = _hash(code, coordinator_id)
    if not recovery_codes.use_code(session, coordinator_id, code_hash=code_hash, now=now):
        raise CodeRefused


def _fitting_step(secret: str, code: str, *, now: datetime) -> int | None:
    typed = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", typed):
        return None
    step = int(now.timestamp()) // _SECONDS
    app = pyotp.TOTP(secret)
    fitting = [
        step + drift
        for drift in _DRIFT
        if hmac.compare_digest(app.generate_otp(step + drift), typed)
    ]
    return fitting[0] if fitting else None


def _new_code() -> str:
    """79 bits: nobody finds one by trying all, not even with the hashes at hand."""
    letters = [secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP)]
    return "-".join(
        "".join(letters[start : start + _GROUP]) for start in range(0, len(letters), _GROUP)
    )


def _hash(code: str, coordinator_id: int) -> str:
    plain = re.sub(r"[^a-z0-9]", "", code.casefold())
    return hashlib.sha256(f"{coordinator_id}:{plain}".encode()).hexdigest()
