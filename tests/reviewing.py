"""Two contacts of one organization who answer differently, through the use cases."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from outreach.domain.review import Taken
from outreach.links import new_link_id
from outreach.services import answer_invitation
from outreach.services.launch_campaign import launch_campaign
from outreach.services.settle_review import let_first_stand, let_later_replace
from outreach.store.invitations import create_links
from outreach.store.review_tables import Review
from outreach.store.tables import Campaign, Contact, Link
from tests.factories import DOMAIN, NOW, a_campaign, a_contact, a_form, the_invitation
from tests.recording import NAME, a_person


def two_contacts(session: Session, *, more: int = 0) -> None:
    """Of one organization, launched; each has a link that signs."""
    campaign = a_campaign(session)
    for number in range(2 + more):
        a_contact(session, campaign, email=f"contact{number}@watch.example")
    launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)


def link_of(session: Session, number: int) -> str:
    """Of the first contact (0), the second (1), and so on."""
    query = (
        select(Link.id)
        .join(Contact, col(Contact.id) == col(Link.contact_id))
        .where(col(Contact.email) == f"contact{number}@watch.example")
        .where(col(Link.revoked_at).is_(None))
    )
    return session.exec(query).one()


def sign_as(session: Session, number: int, *, now: datetime = NOW, **form: Any) -> Taken:
    return answer_invitation.sign(
        session,
        link_id=link_of(session, number),
        form=a_form(**{"credit_line": NAME} | form),
        mail_domain=DOMAIN,
        now=now,
    )


def decline_as(
    session: Session, number: int, *, reason: str = "The board says no", now: datetime = NOW
) -> Taken:
    link = link_of(session, number)
    return answer_invitation.decline(
        session, link_id=link, reason=reason, mail_domain=DOMAIN, now=now
    )


def withdraw_as(session: Session, number: int, *, now: datetime = NOW) -> Taken:
    link = link_of(session, number)
    return answer_invitation.withdraw(session, link_id=link, mail_domain=DOMAIN, now=now)


def the_reviews(session: Session) -> list[Review]:
    query = select(Review).order_by(col(Review.id))
    return list(session.exec(query.execution_options(populate_existing=True)))


def let_stand(session: Session, *, now: datetime = NOW, note: str = "Both say so") -> None:
    _settle(session, let_first_stand, now=now, note=note)


def let_replace(session: Session, *, now: datetime = NOW, note: str = "Both say so") -> None:
    _settle(session, let_later_replace, now=now, note=note)


def _settle(session: Session, settle: Callable[..., None], *, now: datetime, note: str) -> None:
    review = the_reviews(session)[-1]
    settle(
        session,
        slug="visit",
        organization_id=review.organization_id,
        review_id=review.id,
        note=note,
        by=a_person(session, "Otto"),
        mail_domain=DOMAIN,
        now=now,
    )


def contradict(session: Session, organization: str) -> None:
    """Another contact of one that has signed, asked since, takes the signature back."""
    invitation = the_invitation(session, organization)
    assert invitation.id is not None
    campaign = session.get_one(Campaign, invitation.campaign_id)
    colleague = a_contact(session, campaign, organization=organization)
    link = new_link_id()
    create_links(session, [(link, colleague.id or 0, invitation.id)], now=NOW)
    answer_invitation.withdraw(session, link_id=link, mail_domain=DOMAIN, now=NOW)
