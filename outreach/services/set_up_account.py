"""From a one-time link to an account with a name, a password and a zone.

The same link serves who comes for the first time and who has lost everything: what let them in
before is gone once it is used.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlmodel import Session

from outreach.domain.coordinator import Actor, Role
from outreach.domain.errors import FieldErrors, Refused
from outreach.links import LinkSigner, new_link_id
from outreach.localtime import DeadlineRefused, require_zone
from outreach.passwords import why_refused
from outreach.services.api_keys import revoke_keys_of
from outreach.services.note_activity import note_activity
from outreach.store import coordinators, desk_sessions, passkeys, recovery_codes, setup_links
from outreach.store.desk_tables import Coordinator, SetupLink

SETUP = "setup"
SETUP_LIFE = timedelta(days=3)
_NAME_LIMIT = 100


class SetupRefused(Refused):
    """Unknown, altered, used or expired: one answer for all."""

    def __init__(self) -> None:
        super().__init__("this set-up link does not work (any more)")


@dataclass(frozen=True)
class SetupPage:
    """What the page begins with. ``email`` is empty for the very first account, which chooses."""

    email: str
    name: str
    zone: str


@dataclass(frozen=True)
class AccountForm:
    """What a person typed."""

    email: str
    name: str
    password: str
    zone: str


def issue_setup_link(session: Session, coordinator_id: int, *, now: datetime) -> str:
    """The id of a new link; earlier ones that were not used work no more."""
    setup_links.retire(session, coordinator_id, now=now)
    link = SetupLink(
        id=new_link_id(),
        coordinator_id=coordinator_id,
        created_at=now,
        expires_at=now + SETUP_LIFE,
    )
    setup_links.add_setup_link(session, link)
    return link.id


def setup_address(links: LinkSigner, link_id: str, *, public_url: str) -> str:
    """Where the link leads: absolute, from PUBLIC_URL."""
    return f"{public_url}/desk/setup/{links.token(link_id, purpose=SETUP)}"


def offer_first_account(session: Session, *, now: datetime) -> str | None:
    """The id of a link to the first owner's account; None where somebody was asked in already."""
    known = coordinators.list_coordinators(session)
    if any(one.email or one.password_hash for one in known):
        return None
    first = (
        known[0]
        if known
        else coordinators.add_coordinator(session, email="", role=Role.OWNER, now=now)
    )
    assert first.id is not None
    return issue_setup_link(session, first.id, now=now)


def find_setup(session: Session, *, link_id: str, now: datetime) -> SetupPage:
    """Changes nothing. Raises SetupRefused."""
    coordinator = _require(session, link_id, now=now)
    return SetupPage(email=coordinator.email, name=coordinator.name, zone=coordinator.zone)


def checked_form(form: AccountForm, *, email: str) -> AccountForm:
    """The form as it will be kept; ``email`` is the link's, empty where the form says it.

    Raises FieldErrors.
    """
    address, errors = email, {}
    if not email:
        address = checked_email(form.email)
        if not address:
            errors["email"] = "Please give your e-mail address, as in nora@example.org."
    name = clean_name(form.name)
    if not name:
        errors["name"] = "Please say how your colleagues know you."
    if refusal := why_refused(form.password, email=address):
        errors["password"] = refusal
    if not is_zone(form.zone):
        errors["zone"] = "Please choose a zone from the list."
    if errors:
        raise FieldErrors(errors)
    return replace(form, email=address, name=name)


def set_up(
    session: Session, *, link_id: str, form: AccountForm, password_hash: str, now: datetime
) -> int:
    """Uses the link up and makes the account anew, as ``checked_form`` gave it. Returns whose.

    What let somebody in before (sessions, second factors, recovery codes, API keys) is gone.
    Raises SetupRefused, FieldErrors.
    """
    coordinator = _require(session, link_id, now=now)
    assert coordinator.id is not None
    if not setup_links.use(session, link_id, now=now):
        raise SetupRefused
    if not coordinator.email:
        _name_first(session, coordinator, form.email)
    coordinator.name, coordinator.zone = form.name, form.zone
    coordinator.password_hash = password_hash
    coordinator.totp_secret, coordinator.totp_step = "", 0
    coordinators.save(session, coordinator)
    desk_sessions.end_all(session, coordinator.id, now=now)
    passkeys.remove_all(session, coordinator.id)
    recovery_codes.remove_codes(session, coordinator.id)
    by = Actor(form.name, coordinator.id)
    revoke_keys_of(session, coordinator.id, by=by, now=now)
    note_activity(session, by=by, action="account.set_up", now=now)
    return coordinator.id


def checked_email(typed: str) -> str:
    """The address as written, tidied; empty where it is none."""
    try:
        return validate_email(
            typed.strip(), check_deliverability=False, test_environment=True
        ).normalized
    except EmailNotValidError:
        return ""


def clean_name(typed: str) -> str:
    """One line, as it will be shown; cut where it is very long."""
    plain = "".join(
        " " if unicodedata.category(one) in ("Cc", "Zl", "Zp") else one for one in typed
    )
    return re.sub(r"\s+", " ", plain).strip()[:_NAME_LIMIT]


def is_zone(name: str) -> bool:
    try:
        require_zone(name)
    except DeadlineRefused:
        return False
    return True


def _name_first(session: Session, coordinator: Coordinator, email: str) -> None:
    """Raises FieldErrors where somebody was given this address in the meantime."""
    if coordinators.find_by_email(session, email):
        raise FieldErrors({"email": "There is an account with this address already."})
    coordinator.email, coordinator.email_key = email, coordinators.email_key(email)


def _require(session: Session, link_id: str, *, now: datetime) -> Coordinator:
    found = setup_links.find_usable(session, link_id, now=now)
    if found is None:
        raise SetupRefused
    return found[1]
