"""Factories that name only what matters; the rest is plausible."""

import secrets
from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session, col, select

from outreach.domain.delivery import LastLook
from outreach.domain.message import MessageEvent, MessageKind
from outreach.services import answer_invitation
from outreach.services.answer_form import SignForm
from outreach.services.create_campaign import create_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.statement.source import parse_statement
from outreach.store import claims, rounds
from outreach.store.rounds import Result
from outreach.store.tables import (
    Campaign,
    Contact,
    Invitation,
    Link,
    Message,
    Organization,
    Signature,
)

# A Wednesday, in nobody's night between Berlin and New York.
NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
DEADLINE = NOW + timedelta(days=14)
DOMAIN = "coalition.example"

STATEMENT = """---
title: Joint statement on the visit
addressee: Secretary of State Jane Doe
occasion: visit to Examplia
occasion_date: 2026-04-24
reply_to: coordinator@coalition.example
asks:
  - Call for the release of all political prisoners
---
Human rights *must not* be set aside.
"""


def a_campaign(
    session: Session,
    *,
    slug: str = "visit",
    deadline: datetime = DEADLINE,
    remind: str = "7d,3d,1d,4h",
    zone: str = "Europe/Berlin",
    publish_at_close: bool = False,
) -> Campaign:
    return create_campaign(
        session,
        source=STATEMENT,
        slug=slug,
        deadline=deadline,
        zone=zone,
        remind=remind,
        default_reply_to="outreach@coalition.example",
        publish_at_close=publish_at_close,
        now=NOW,
    )


def a_contact(
    session: Session,
    campaign: Campaign,
    *,
    organization: str = "Hong Kong Watch",
    email: str = "",
    role: str = "signs",
    zone: str = "Europe/Berlin",
    language: str = "en",
) -> Contact:
    """A contact of that organization, which is added where it is new."""
    assert campaign.id is not None
    key = organization.casefold().replace(" ", "")
    query = select(Organization).where(
        col(Organization.campaign_id) == campaign.id, col(Organization.name_key) == key
    )
    found = session.exec(query).first() or Organization(
        campaign_id=campaign.id, name=organization, name_key=key, created_at=NOW
    )
    session.add(found)
    session.flush()
    assert found.id is not None
    address = email or f"{secrets.token_hex(4)}@{key.encode('ascii', 'ignore').decode()}.example"
    contact = Contact(
        campaign_id=campaign.id,
        organization_id=found.id,
        name="Ada Example",
        email=address,
        email_key=address.lower(),
        language=language,
        zone=zone,
        role=role,
        created_at=NOW,
    )
    session.add(contact)
    session.flush()
    return contact


def a_launched_campaign(session: Session, *organizations: str, **facts: object) -> Campaign:
    """Open, with one contact for each organization, their invitations queued."""
    campaign = a_campaign(session, **facts)  # type: ignore[arg-type]
    for organization in organizations or ("Hong Kong Watch",):
        a_contact(session, campaign, organization=organization)
    launch_campaign(session, slug=campaign.slug, mail_domain=DOMAIN, now=NOW)
    return campaign


def the_link(session: Session, organization: str) -> Link:
    """The link of the organization's first contact."""
    query = (
        select(Link)
        .join(Contact, col(Contact.id) == col(Link.contact_id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .where(col(Organization.name) == organization)
        .order_by(col(Contact.id))
    )
    return session.exec(query).first()  # type: ignore[return-value]


def the_invitation(session: Session, organization: str) -> Invitation:
    query = (
        select(Invitation)
        .join(Organization, col(Organization.id) == col(Invitation.organization_id))
        .where(col(Organization.name) == organization)
    )
    return session.exec(query).one()


def the_messages(
    session: Session, organization: str = "", *, kind: MessageKind | None = None
) -> list[Message]:
    """All, or the organization's; all kinds, or one; in the order in which they were queued."""
    query = (
        select(Message)
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .order_by(col(Message.id))
    )
    if organization:
        query = query.where(col(Organization.name) == organization)
    if kind:
        query = query.where(col(Message.kind) == kind)
    return list(session.exec(query.execution_options(populate_existing=True)))


def send_what_is_due(session: Session, *, now: datetime = NOW) -> int:
    """As a sender whose server accepts all. Returns how many."""
    won = claims.claim_due(session, owner="sender", many=1000, lease=timedelta(minutes=5), now=now)
    for claimed in won:
        result = Result(claimed.id, MessageEvent.ACCEPTED, code=250, words="ok")
        assert record_result(session, result, owner="sender", now=now)
    return len(won)


def record_result(session: Session, result: Result, *, owner: str, now: datetime = NOW) -> bool:
    """As its sender's next round does. Returns whether the row was still ``owner``'s."""
    ours, _ = rounds.last_looks(session, [result.message_pk], (), owner=owner)
    if ours:
        rounds.record_results(session, [result], now=now)
    return bool(ours)


def the_last_look(session: Session, message: Message) -> LastLook:
    """What the sender who wins it now sees of it just before its body."""
    assert message.id is not None
    with session.begin_nested() as savepoint:
        message.state, message.owner, message.lease_until = "sending", "looker", DEADLINE
        session.add(message)
        session.flush()
        _, looks = rounds.last_looks(session, [], [message.id], owner="looker")
        savepoint.rollback()
    session.refresh(message)
    return looks[message.id]


def a_form(**changes: object) -> SignForm:
    """Filled in and ticked, for the statement above."""
    facts: dict[str, object] = {
        "credit_line": "Hong Kong Watch",
        "sort_name": "",
        "signer_name": "Ada Example",
        "capacity": "Director",
        "authority": True,
        "statement_sha256": parse_statement(STATEMENT).sha256,
    }
    return SignForm(**(facts | changes))  # type: ignore[arg-type]


def sign(session: Session, organization: str, *, now: datetime = NOW, **form: object) -> None:
    """By the organization's first contact, through the use case."""
    answer_invitation.sign(
        session,
        link_id=the_link(session, organization).id,
        form=a_form(**{"credit_line": organization} | form),
        mail_domain=DOMAIN,
        now=now,
    )


def decline(session: Session, organization: str, *, now: datetime = NOW) -> None:
    link = the_link(session, organization).id
    answer_invitation.decline(session, link_id=link, reason="", mail_domain=DOMAIN, now=now)


def defer(session: Session, organization: str, decides_on: date, *, now: datetime = NOW) -> None:
    link = the_link(session, organization).id
    answer_invitation.defer(
        session, link_id=link, decides_on=decides_on, mail_domain=DOMAIN, now=now
    )


def withdraw(session: Session, organization: str, *, now: datetime = NOW) -> None:
    link = the_link(session, organization).id
    answer_invitation.withdraw(session, link_id=link, mail_domain=DOMAIN, now=now)


def the_signatures(session: Session) -> list[Signature]:
    return list(session.exec(select(Signature).order_by(col(Signature.id))))
