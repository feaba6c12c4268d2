"""What coordinators change of their own account."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors
from outreach.services.api_keys import revoke_keys_of
from outreach.services.keep_session import OpenSession, list_sessions
from outreach.services.note_activity import note_activity
from outreach.services.set_up_account import clean_name, is_zone
from outreach.store import coordinators, desk_sessions, passkeys, recovery_codes
from outreach.store.desk_tables import Coordinator


@dataclass(frozen=True)
class OwnPasskey:
    """One line of the account page."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class Account:
    """All that one's own page shows."""

    email: str
    name: str
    zone: str
    wants_digest: bool
    has_app: bool
    passkeys: tuple[OwnPasskey, ...]
    codes_left: int
    sessions: tuple[OpenSession, ...]


def find_account(session: Session, coordinator_id: int, *, now: datetime) -> Account:
    coordinator = coordinators.find_coordinator(session, coordinator_id)
    assert coordinator is not None
    return Account(
        email=coordinator.email,
        name=coordinator.name,
        zone=coordinator.zone,
        wants_digest=coordinator.wants_digest,
        has_app=coordinator.totp_secret != "",
        passkeys=tuple(
            OwnPasskey(one.id, one.name, one.created_at, one.last_used_at)
            for one in passkeys.list_passkeys(session, coordinator_id)
            if one.id is not None
        ),
        codes_left=recovery_codes.count_left(session, coordinator_id),
        sessions=tuple(list_sessions(session, coordinator_id, now=now)),
    )


def change_details(
    session: Session, *, by: Actor, name: str, zone: str, wants_digest: bool, now: datetime
) -> None:
    """Raises FieldErrors."""
    errors, plain = {}, clean_name(name)
    if not plain:
        errors["name"] = "Please say how your colleagues know you."
    if not is_zone(zone):
        errors["zone"] = "Please choose a zone from the list."
    if errors:
        raise FieldErrors(errors)
    assert by.coordinator_id is not None
    coordinator = _require(session, by.coordinator_id)
    coordinator.name, coordinator.zone, coordinator.wants_digest = plain, zone, wants_digest
    coordinators.save(session, coordinator)
    note_activity(session, by=by, action="account.change", now=now)


def change_password(
    session: Session, *, by: Actor, password_hash: str, but: str, now: datetime
) -> None:
    """Ends every session but this one, and every API key."""
    assert by.coordinator_id is not None
    coordinator = _require(session, by.coordinator_id)
    coordinator.password_hash = password_hash
    coordinators.save(session, coordinator)
    desk_sessions.end_all(session, by.coordinator_id, but=but, now=now)
    revoke_keys_of(session, by.coordinator_id, by=by, now=now)
    note_activity(session, by=by, action="account.password", now=now)


def _require(session: Session, coordinator_id: int) -> Coordinator:
    """Of a session that stands, so it is there."""
    coordinator = coordinators.lock_coordinator(session, coordinator_id)
    assert coordinator is not None
    return coordinator
