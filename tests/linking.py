"""Links replaced and ended, and what is found of that afterwards."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import LinkRefused
from outreach.services.reissue_links import reissue_links
from outreach.services.revoke_links import revoke_links
from outreach.services.view_invitation import find_answer_page
from outreach.store import outgoing
from outreach.store.audience import Audience
from outreach.store.tables import Contact, Link
from tests.factories import (
    DOMAIN,
    NOW,
    a_launched_campaign,
    send_what_is_due,
    the_invitation,
    the_messages,
)
from tests.noticing import a_coordinator

NORA = Actor("Nora Feld", 1)
LATER = NOW + timedelta(hours=2)
ALPHA, BETA = "Alpha", "Beta"


def invited(session: Session, *organizations: str) -> None:
    """Their invitations were sent."""
    a_coordinator(session)
    a_launched_campaign(session, *(organizations or (ALPHA,)))
    send_what_is_due(session)


def organization_of(session: Session, name: str) -> int:
    return the_invitation(session, name).organization_id


def reissue(
    session: Session,
    *,
    slug: str = "visit",
    at: str = "",
    expected: int | None = None,
    now: datetime = LATER,
) -> Audience:
    return reissue_links(
        session,
        slug=slug,
        organization_id=organization_of(session, at) if at else None,
        expected=expected,
        mail_domain=DOMAIN,
        by=NORA,
        now=now,
    )


def revoke(session: Session, name: str) -> int:
    return revoke_links(
        session,
        slug="visit",
        organization_id=organization_of(session, name),
        by=NORA,
        now=LATER,
    )


def live_links(session: Session, name: str) -> list[str]:
    query = (
        select(Link.id)
        .join(Contact, col(Contact.id) == col(Link.contact_id))
        .where(
            col(Contact.organization_id) == organization_of(session, name),
            col(Link.revoked_at).is_(None),
        )
        .order_by(col(Contact.id))
    )
    return list(session.exec(query))


def mails(session: Session, name: str) -> list[tuple[str, str]]:
    return [(one.kind, one.state) for one in the_messages(session, name)]


def carried(session: Session, name: str) -> list[str]:
    """The link in each of the organization's mails that wait, as a sender finds it."""
    waiting = [one for one in the_messages(session, name) if one.state == "queued"]
    found = outgoing.load_outgoing(session, [one.id or 0 for one in waiting])
    assert len(found) == len(waiting)
    return [one.link_id for one in found.values()]


def works(session: Session, link_id: str, *, now: datetime = LATER) -> bool:
    try:
        find_answer_page(session.connection(), link_id=link_id, now=now)
    except LinkRefused:
        return False
    return True
