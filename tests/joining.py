"""Requests to join, made by the real services."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor, Role
from outreach.services.ask_to_join import JoinForm, ask_to_join, check_request
from outreach.services.prove_request import prove_request
from outreach.services.settle_requests import set_door
from outreach.store import coordinators
from outreach.store.join_tables import JoinRequest
from tests.factories import NOW, a_launched_campaign

SLUG = "visit"


def a_join_form(**changes: str) -> JoinForm:
    facts = {
        "organization": "Beta Rights",
        "country": "Germany",
        "person": "Bea Example",
        "capacity": "Director",
        "email": "bea@beta.example",
        "words": "",
    }
    return JoinForm(**(facts | changes))


def nora(session: Session) -> Actor:
    email = "nora@coalition.example"
    found = coordinators.find_by_email(session, email) or coordinators.add_coordinator(
        session, email=email, role=Role.EDITOR, name="Nora Feld", zone="UTC", now=NOW
    )
    return Actor("Nora Feld", found.id)


def an_open_door(session: Session, *organizations: str) -> None:
    """An open campaign with these, whose door is open."""
    a_launched_campaign(session, *(organizations or ("Alpha",)))
    set_door(session, slug=SLUG, is_on=True, by=nora(session), now=NOW)


def a_request(
    session: Session, *, slug: str = SLUG, now: datetime = NOW, **changes: str
) -> JoinRequest:
    """One that nobody has proven."""
    ask_to_join(session, slug=slug, form=check_request(a_join_form(**changes)), now=now)
    return the_requests(session)[-1]


def a_waiting_request(
    session: Session, *, slug: str = SLUG, now: datetime = NOW, **changes: str
) -> JoinRequest:
    request = a_request(session, slug=slug, now=now, **changes)
    prove_request(session, link_id=request.link_id, now=now)
    return request


def three_who_ask(session: Session, *, slug: str, known: str, now: datetime) -> list[int]:
    """Through a door that is opened for them. The last is called as an organization that the
    campaign has."""
    set_door(session, slug=slug, is_on=True, by=nora(session), now=now)
    return [
        a_waiting_request(session, slug=slug, now=now, organization=name, email=email).id or 0
        for name, email in (
            ("Beta Rights", "bea@beta.example"),
            ("Gamma", "cleo@gamma.example"),
            (known.lower(), "new@delta.example"),
        )
    ]


def the_requests(session: Session) -> list[JoinRequest]:
    query = select(JoinRequest).order_by(col(JoinRequest.id))
    return list(session.exec(query, execution_options={"populate_existing": True}))


def states(session: Session) -> list[Any]:
    return [one.state for one in the_requests(session)]
