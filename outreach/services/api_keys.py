"""Keys for programs: made, known again, ended."""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from outreach.domain.api_key import Scope, digest_of, new_key, prefix_in, scopes_of
from outreach.domain.coordinator import Actor, Role
from outreach.domain.errors import FieldErrors, Refused
from outreach.services.note_activity import note_activity
from outreach.store import api_keys, coordinators
from outreach.store.desk_tables import ApiKey

_NAME_LIMIT = 80
# A use is noted this exactly: not every request shall wait for a writer's turn.
_USE_GRAIN = timedelta(minutes=1)


class KeyRefused(Refused):
    """Unknown, altered, expired or revoked, or its coordinator is gone: one answer for all."""

    def __init__(self) -> None:
        super().__init__("this key does not work")


@dataclass(frozen=True)
class Caller:
    """The program behind a request. ``scopes`` are those that its coordinator may use now."""

    key_id: int
    name: str
    coordinator_id: int
    role: Role
    scopes: frozenset[Scope]
    expires_at: datetime | None
    wants_use_noted: bool = False

    @property
    def actor(self) -> Actor:
        return Actor(name=f"api:{self.name}", coordinator_id=self.coordinator_id)


@dataclass(frozen=True)
class ShownKey:
    """A key as the desk lists it. ``state`` is active, expired, revoked or stopped."""

    id: int
    prefix: str
    name: str
    scopes: tuple[str, ...]
    coordinator_id: int
    coordinator: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    state: str


def create_key(
    session: Session,
    *,
    name: str,
    scopes: Collection[str],
    life: timedelta | None,
    coordinator_id: int,
    by: Actor,
    now: datetime,
) -> str:
    """The whole key, to be shown once: it cannot be had again. Raises FieldErrors."""
    coordinator = coordinators.find_coordinator(session, coordinator_id)
    assert coordinator is not None, "who makes a key is signed in"
    name = " ".join(name.split())
    chosen = _checked(name, scopes, role=Role(coordinator.role))
    key = new_key()
    api_keys.add_key(
        session,
        ApiKey(
            prefix=key.prefix,
            key_hash=key.digest,
            name=name,
            scopes=" ".join(scope for scope in Scope if scope in chosen),
            coordinator_id=coordinator_id,
            created_at=now,
            expires_at=now + life if life else None,
        ),
    )
    note_activity(session, by=by, action="key.create", detail=name, now=now)
    return key.text


def _checked(name: str, scopes: Collection[str], *, role: Role) -> frozenset[Scope]:
    errors = {}
    if not name:
        errors["name"] = "Please name what will use the key, for example: Newsletter."
    if len(name) > _NAME_LIMIT or not name.isprintable():
        errors["name"] = f"Please use at most {_NAME_LIMIT} plain characters."
    known = {scope for scope in Scope if scope in scopes}
    if not known or len(known) != len(set(scopes)):
        errors["scopes"] = "Please choose at least one."
    elif not known <= scopes_of(role):
        errors["scopes"] = f"As a {role.value} you cannot give a key this much."
    if errors:
        raise FieldErrors(errors)
    return frozenset(known)


def require_caller(session: Session, *, text: str, now: datetime) -> Caller:
    """Whose request it is. Raises KeyRefused."""
    held = api_keys.find_key(session, prefix_in(text)) if prefix_in(text) else None
    expected = held.key.key_hash if held else digest_of("")
    if not hmac.compare_digest(expected, digest_of(text)) or held is None:
        raise KeyRefused
    key, coordinator = held.key, held.coordinator
    over = key.expires_at is not None and key.expires_at <= now
    if over or key.revoked_at is not None or coordinator.disabled_at is not None:
        raise KeyRefused
    assert key.id is not None
    role = Role(coordinator.role)
    return Caller(
        key_id=key.id,
        name=key.name,
        coordinator_id=key.coordinator_id,
        role=role,
        scopes=frozenset(Scope(word) for word in key.scopes.split()) & scopes_of(role),
        expires_at=key.expires_at,
        wants_use_noted=key.last_used_at is None or now - key.last_used_at >= _USE_GRAIN,
    )


def note_use(session: Session, *, key_id: int, now: datetime) -> None:
    """That the key was used, for a person to see which one nobody needs any more."""
    api_keys.note_use(session, key_id, now=now)


def list_keys(
    session: Session, *, coordinator_id: int | None = None, now: datetime
) -> Sequence[ShownKey]:
    """All keys, or one coordinator's."""
    return [
        _shown(one, now=now) for one in api_keys.list_keys(session, coordinator_id=coordinator_id)
    ]


def revoke_key(
    session: Session, *, key_id: int, coordinator_id: int | None = None, by: Actor, now: datetime
) -> None:
    """Ends a key for good; of one coordinator's where that is given. Raises KeyRefused."""
    key = api_keys.lock_key(session, key_id)
    if key is None or (coordinator_id is not None and key.coordinator_id != coordinator_id):
        raise KeyRefused
    if key.revoked_at is None:
        _revoke(session, key, by=by, now=now)


def revoke_keys_of(session: Session, coordinator_id: int, *, by: Actor, now: datetime) -> None:
    """Ends every key of a coordinator: whoever came in unasked may have made one to stay."""
    for key in api_keys.lock_keys_of(session, coordinator_id):
        _revoke(session, key, by=by, now=now)


def _revoke(session: Session, key: ApiKey, *, by: Actor, now: datetime) -> None:
    api_keys.end_key(session, key, now=now)
    note_activity(session, by=by, action="key.revoke", detail=key.name, now=now)


def _shown(held: api_keys.HeldKey, *, now: datetime) -> ShownKey:
    key, coordinator = held.key, held.coordinator
    assert key.id is not None
    return ShownKey(
        id=key.id,
        prefix=key.prefix,
        name=key.name,
        scopes=tuple(key.scopes.split()),
        coordinator_id=key.coordinator_id,
        coordinator=coordinator.name or coordinator.email,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        state=_state(held, now=now),
    )


def _state(held: api_keys.HeldKey, *, now: datetime) -> str:
    if held.key.revoked_at is not None:
        return "revoked"
    if held.key.expires_at is not None and held.key.expires_at <= now:
        return "expired"
    return "stopped" if held.coordinator.disabled_at is not None else "active"
