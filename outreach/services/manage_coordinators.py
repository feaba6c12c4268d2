"""Who may come in, and as what. There is always an owner who can."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor, Role
from outreach.domain.errors import FieldErrors, Refused
from outreach.services.note_activity import note_activity
from outreach.services.set_up_account import checked_email, issue_setup_link
from outreach.store import coordinators, desk_sessions, setup_links
from outreach.store.desk_tables import Coordinator


class CoordinatorNotFound(Refused):
    def __init__(self, *, who: str) -> None:
        super().__init__(f"there is no coordinator {who}; `outreach coordinator list` names them")
        self.who = who


class LastOwner(Refused):
    """Without this one nobody could let anybody in."""

    def __init__(self) -> None:
        super().__init__(
            "this is the last owner: make somebody else an owner first, who has set up an account"
        )


@dataclass(frozen=True)
class Person:
    """One line of the list. ``link_until`` is set while a set-up link waits for them."""

    id: int
    email: str
    name: str
    role: Role
    is_set_up: bool
    is_disabled: bool
    link_until: datetime | None

    @property
    def standing(self) -> str:
        if self.is_disabled:
            return "disabled"
        if self.is_set_up:
            return "set up"
        return "invited" if self.link_until else "link expired"


def is_first(session: Session) -> bool:
    """Whether nobody was asked in yet."""
    return not any(one.email for one in coordinators.list_coordinators(session))


def list_people(session: Session, *, now: datetime) -> list[Person]:
    waiting = setup_links.invited(session, now=now)
    return [_person(one, waiting) for one in coordinators.list_coordinators(session)]


def find_person(session: Session, coordinator_id: int, *, now: datetime) -> Person:
    """Raises CoordinatorNotFound."""
    coordinator = coordinators.find_coordinator(session, coordinator_id)
    if coordinator is None:
        raise CoordinatorNotFound(who=str(coordinator_id))
    return _person(coordinator, setup_links.invited(session, now=now))


def invite(session: Session, *, email: str, role: Role, by: Actor, now: datetime) -> str:
    """Adds the account, and returns its set-up link's id. Raises FieldErrors."""
    address = checked_email(email)
    if not address:
        raise FieldErrors({"email": "Please give an e-mail address, as in nora@example.org."})
    if coordinators.find_by_email(session, address):
        raise FieldErrors({"email": "There is an account with this address already."})
    added = coordinators.add_coordinator(session, email=address, role=role, now=now)
    assert added.id is not None
    detail = f"{address} as {role}"
    note_activity(session, by=by, action="account.invite", detail=detail, now=now)
    return issue_setup_link(session, added.id, now=now)


def reset(session: Session, coordinator_id: int, *, by: Actor, now: datetime) -> str:
    """A new set-up link's id: until it is used, everything stays as it is.

    Raises CoordinatorNotFound, Refused where the account is disabled.
    """
    coordinator = _require(session, coordinator_id)
    if coordinator.disabled_at:
        raise Refused("this account is disabled; enable it first")
    _note(session, coordinator, by=by, action="account.reset", now=now)
    return issue_setup_link(session, coordinator_id, now=now)


def change_role(
    session: Session, coordinator_id: int, *, role: Role, by: Actor, now: datetime
) -> None:
    """Raises CoordinatorNotFound, LastOwner."""
    owners = coordinators.lock_owners(session)
    coordinator = _require(session, coordinator_id)
    if coordinator.role == role:
        return
    _require_another(owners, coordinator_id)
    coordinator.role = role
    coordinators.save(session, coordinator)
    _note(session, coordinator, by=by, action="account.role", detail=f" is {role}", now=now)


def disable(session: Session, coordinator_id: int, *, by: Actor, now: datetime) -> None:
    """Ends every session and the set-up link. Raises CoordinatorNotFound, LastOwner."""
    owners = coordinators.lock_owners(session)
    coordinator = _require(session, coordinator_id)
    if coordinator.disabled_at:
        return
    _require_another(owners, coordinator_id)
    coordinator.disabled_at = now
    coordinators.save(session, coordinator)
    desk_sessions.end_all(session, coordinator_id, now=now)
    setup_links.retire(session, coordinator_id, now=now)
    _note(session, coordinator, by=by, action="account.disable", now=now)


def enable(session: Session, coordinator_id: int, *, by: Actor, now: datetime) -> None:
    """Raises CoordinatorNotFound."""
    coordinator = _require(session, coordinator_id)
    if coordinator.disabled_at is None:
        return
    coordinator.disabled_at = None
    coordinators.save(session, coordinator)
    _note(session, coordinator, by=by, action="account.enable", now=now)


def require_by_email(session: Session, email: str) -> int:
    """Raises CoordinatorNotFound."""
    coordinator = coordinators.find_by_email(session, email)
    if coordinator is None or coordinator.id is None:
        raise CoordinatorNotFound(who=email)
    return coordinator.id


def _require(session: Session, coordinator_id: int) -> Coordinator:
    coordinator = coordinators.lock_coordinator(session, coordinator_id)
    if coordinator is None:
        raise CoordinatorNotFound(who=str(coordinator_id))
    return coordinator


def _require_another(owners: list[Coordinator], coordinator_id: int) -> None:
    if [one.id for one in owners] == [coordinator_id]:
        raise LastOwner


def _note(
    session: Session,
    coordinator: Coordinator,
    *,
    by: Actor,
    action: str,
    detail: str = "",
    now: datetime,
) -> None:
    who = coordinator.name or coordinator.email
    note_activity(session, by=by, action=action, detail=f"{who}{detail}", now=now)


def _person(coordinator: Coordinator, waiting: dict[int, datetime]) -> Person:
    assert coordinator.id is not None
    return Person(
        id=coordinator.id,
        email=coordinator.email,
        name=coordinator.name,
        role=Role(coordinator.role),
        is_set_up=coordinator.password_hash != "",
        is_disabled=coordinator.disabled_at is not None,
        link_until=waiting.get(coordinator.id),
    )
