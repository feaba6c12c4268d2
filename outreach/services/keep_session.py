"""A browser stays signed in: twelve hours without a sign of life, seven days at the most."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from outreach.domain.coordinator import Actor, Role
from outreach.services.note_activity import note_activity
from outreach.store import desk_sessions
from outreach.store.database import Database
from outreach.store.desk_tables import Coordinator, DeskSession

IDLE = timedelta(hours=12)
LIFE = timedelta(days=7)
FRESH = timedelta(minutes=15)
_KEPT = timedelta(days=30)
_TOUCH_EVERY = timedelta(minutes=5)  # a write a request would queue behind the sender's
_DEVICE_LENGTH = 200


@dataclass(frozen=True)
class SignedIn:
    """Whose session it is, as of now.

    ``is_proven`` while the second factor was shown just now, ``has_factor`` where there is one.
    """

    coordinator_id: int
    email: str
    name: str
    role: Role
    zone: str
    session_id: str
    is_proven: bool
    has_factor: bool

    @property
    def actor(self) -> Actor:
        return Actor(self.name or self.email, self.coordinator_id)


@dataclass(frozen=True)
class OpenSession:
    """One line of the account page."""

    id: str
    device: str
    created_at: datetime
    seen_at: datetime


def begin_session(
    session: Session, *, coordinator_id: int, device: str, proven: bool, now: datetime
) -> str:
    """What the cookie shall hold: a secret, of which only the hash is kept."""
    token = secrets.token_urlsafe(32)
    desk_sessions.forget_old(session, coordinator_id, before=now - _KEPT)
    desk_sessions.add_session(
        session,
        DeskSession(
            id=session_id_of(token),
            coordinator_id=coordinator_id,
            device=device[:_DEVICE_LENGTH],
            created_at=now,
            seen_at=now,
            expires_at=now + LIFE,
            proven_at=now if proven else None,
        ),
    )
    return token


def find_signed_in(database: Database, *, token: str, now: datetime) -> SignedIn | None:
    """Who holds this cookie; None where the session is over or the account disabled."""
    if not token:
        return None
    with database.reading() as session:
        found = desk_sessions.find_session(session, session_id_of(token))
    if found is None or not _stands(found[0], found[1], now=now):
        return None
    row, coordinator, has_passkey = found
    if now - row.seen_at >= _TOUCH_EVERY:
        with database.transaction() as session:
            desk_sessions.touch_session(session, row.id, now=now)
    return _signed_in(row, coordinator, has_passkey=has_passkey, now=now)


def prove(session: Session, session_id: str, *, now: datetime) -> None:
    """The second factor was shown once more."""
    desk_sessions.mark_proven(session, session_id, now=now)


def end_own(session: Session, session_id: str, *, by: Actor, now: datetime) -> None:
    """One of the coordinator's own sessions; another's is left as it is."""
    assert by.coordinator_id is not None
    desk_sessions.end_session(session, session_id, coordinator_id=by.coordinator_id, now=now)
    note_activity(session, by=by, action="account.session_end", now=now)


def end_others(session: Session, session_id: str, *, by: Actor, now: datetime) -> None:
    """All of the coordinator's sessions but this one."""
    assert by.coordinator_id is not None
    desk_sessions.end_all(session, by.coordinator_id, but=session_id, now=now)
    note_activity(session, by=by, action="account.sessions_end", now=now)


def list_sessions(session: Session, coordinator_id: int, *, now: datetime) -> list[OpenSession]:
    """Those that still let somebody in, the latest seen first."""
    rows = desk_sessions.list_standing(session, coordinator_id, now=now, idle_since=now - IDLE)
    return [OpenSession(row.id, row.device, row.created_at, row.seen_at) for row in rows]


def _stands(row: DeskSession, coordinator: Coordinator, *, now: datetime) -> bool:
    return (
        row.ended_at is None
        and coordinator.disabled_at is None
        and now < row.expires_at
        and now - row.seen_at < IDLE
    )


def _signed_in(
    row: DeskSession, coordinator: Coordinator, *, has_passkey: bool, now: datetime
) -> SignedIn:
    assert coordinator.id is not None
    return SignedIn(
        coordinator_id=coordinator.id,
        email=coordinator.email,
        name=coordinator.name,
        role=Role(coordinator.role),
        zone=coordinator.zone,
        session_id=row.id,
        is_proven=row.proven_at is not None and now - row.proven_at < FRESH,
        has_factor=has_passkey or coordinator.totp_secret != "",
    )


def session_id_of(token: str) -> str:
    """The row of this cookie."""
    return hashlib.sha256(token.encode()).hexdigest()
