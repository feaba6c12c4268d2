"""Signing in: a password, then a second factor; or a passkey, which is both."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import Refused
from outreach.passwords import Passwords
from outreach.services.keep_session import begin_session
from outreach.services.note_activity import note_activity
from outreach.store import coordinators, passkeys
from outreach.store.database import Database
from outreach.store.desk_tables import Coordinator


class SignInRefused(Refused):
    """Unknown address, wrong password, disabled: one answer for all."""

    def __init__(self) -> None:
        super().__init__("the e-mail address or the password is not right")


@dataclass(frozen=True)
class HalfWay:
    """Who has shown a password. ``password`` ends this half way when the password is changed."""

    coordinator_id: int
    email: str
    password: str
    has_app: bool
    has_passkey: bool

    @property
    def has_factor(self) -> bool:
        return self.has_app or self.has_passkey


def check_password(
    database: Database, passwords: Passwords, *, email: str, password: str
) -> HalfWay:
    """Takes as long for an address that nobody has. No transaction is open while it is hashed.

    Raises SignInRefused.
    """
    is_address = email.strip() and email.isprintable()  # PostgreSQL refuses to look for a NUL
    with database.reading() as session:
        coordinator = coordinators.find_by_email(session, email) if is_address else None
    kept = coordinator.password_hash if coordinator and not coordinator.disabled_at else ""
    if not passwords.matches(password, kept) or coordinator is None:
        raise SignInRefused
    with database.reading() as session:
        return _half_way(session, coordinator)


def find_half_way(session: Session, *, coordinator_id: int, password: str) -> HalfWay:
    """Raises SignInRefused where the account was disabled or its password changed meanwhile."""
    coordinator = coordinators.find_coordinator(session, coordinator_id)
    if coordinator is None or coordinator.disabled_at or not coordinator.password_hash:
        raise SignInRefused
    found = _half_way(session, coordinator)
    if found.password != password:
        raise SignInRefused
    return found


def enter(session: Session, *, coordinator_id: int, device: str, way: str, now: datetime) -> str:
    """A new session's secret; ``way`` is what was shown, in the log's words.

    Who has just come in has shown all that the account asks for. Raises SignInRefused.
    """
    coordinator = coordinators.lock_coordinator(session, coordinator_id)
    if coordinator is None or coordinator.disabled_at:
        raise SignInRefused
    by = Actor(coordinator.name or coordinator.email, coordinator_id)
    note_activity(session, by=by, action="account.sign_in", detail=f"{way}; {device}", now=now)
    return begin_session(
        session, coordinator_id=coordinator_id, device=device, proven=True, now=now
    )


def _half_way(session: Session, coordinator: Coordinator) -> HalfWay:
    assert coordinator.id is not None
    return HalfWay(
        coordinator_id=coordinator.id,
        email=coordinator.email,
        password=hashlib.sha256(coordinator.password_hash.encode()).hexdigest()[:16],
        has_app=coordinator.totp_secret != "",
        has_passkey=bool(passkeys.list_passkeys(session, coordinator.id)),
    )
