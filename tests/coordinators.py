"""Coordinators for tests: set up, with a password and an app for codes."""

from datetime import datetime, timedelta

import pyotp
from sqlmodel import Session

from outreach.domain.coordinator import Actor, Role
from outreach.sealing import Sealer
from outreach.store import coordinators
from outreach.store.desk_tables import Coordinator
from tests.factories import NOW

APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HALF_MINUTE = timedelta(seconds=30)
_NO_PASSWORD = "not a hash"
KEYS = ["k" * 40]


def a_coordinator(
    session: Session,
    *,
    email: str = "nora@coalition.example",
    name: str = "Nora Feld",
    role: Role = Role.OWNER,
    zone: str = "Europe/Berlin",
    password_hash: str = _NO_PASSWORD,
    has_app: bool = True,
    now: datetime = NOW,
) -> Coordinator:
    """Who has set up the account. The password is one that nobody knows."""
    coordinator = coordinators.add_coordinator(
        session, email=email, role=role, name=name, zone=zone, now=now
    )
    coordinator.password_hash = password_hash
    if has_app:
        coordinator.totp_secret = Sealer(KEYS).seal(APP_SECRET, purpose="totp")
    coordinators.save(session, coordinator)
    return coordinator


def actor(coordinator: Coordinator) -> Actor:
    return Actor(coordinator.name, coordinator.id)


def the_code(now: datetime, *, secret: str = APP_SECRET, later: int = 0) -> str:
    """What the app shows at ``now``, or some half minutes later."""
    return pyotp.TOTP(secret).at(now + later * HALF_MINUTE)
