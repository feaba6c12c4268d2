"""Coordinators, their keys and their webhooks, made by the real services."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from outreach.domain.api_key import Scope
from outreach.domain.coordinator import Actor, Role
from outreach.sealing import Sealer
from outreach.services.api_keys import create_key
from outreach.services.webhooks import add_webhook
from outreach.store import coordinators
from outreach.store.desk_tables import Activity, Coordinator, WebhookCall
from tests.factories import NOW

SEALER = Sealer(["k" * 40])
SOMEBODY = Actor("Clara Example")


def a_coordinator(
    session: Session, *, role: Role = Role.OWNER, email: str = "clara@coalition.example"
) -> Coordinator:
    """The one with that address, who is added where there is none."""
    found = coordinators.find_by_email(session, email)
    return found or coordinators.add_coordinator(
        session, email=email, role=role, name="Clara Example", now=NOW
    )


def a_key(
    session: Session,
    *scopes: str,
    role: Role = Role.OWNER,
    email: str = "clara@coalition.example",
    name: str = "Newsletter",
    life: timedelta | None = None,
    now: datetime = NOW,
) -> str:
    """The whole text of a key with those scopes, or with all that its coordinator may give."""
    coordinator = a_coordinator(session, role=role, email=email)
    assert coordinator.id is not None
    all_scopes = [one for one in Scope if role is not Role.VIEWER or one in ("read", "export")]
    return create_key(
        session,
        name=name,
        scopes=scopes or all_scopes,
        life=life,
        coordinator_id=coordinator.id,
        by=SOMEBODY,
        now=now,
    )


def a_webhook(
    session: Session,
    *events: str,
    url: str = "https://hooks.example.org/in",
    sealer: Sealer = SEALER,
) -> tuple[int, str]:
    """Its id and its secret."""
    coordinator = a_coordinator(session)
    assert coordinator.id is not None
    return add_webhook(
        session,
        sealer,
        url=url,
        events=events or ("signed", "declined", "withdrawn", "closed", "published"),
        private=True,
        coordinator_id=coordinator.id,
        by=SOMEBODY,
        now=NOW,
    )


def the_calls(session: Session) -> list[WebhookCall]:
    query = select(WebhookCall).order_by(col(WebhookCall.id))
    return list(session.exec(query.execution_options(populate_existing=True)))


def the_actions(session: Session) -> list[tuple[str, str, str]]:
    """(who, what, detail) of all that was noted."""
    rows = session.exec(select(Activity).order_by(col(Activity.id)))
    return [(one.actor, one.action, one.detail) for one in rows]
