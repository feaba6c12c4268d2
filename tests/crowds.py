"""Campaigns with thousands of organizations, written in bulk, as large coalitions have them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, update
from sqlmodel import Session, col

from outreach.domain.invitation import InvitationState
from outreach.domain.message import MessageKind, MessageState
from outreach.links import new_link_id
from outreach.partners.keys import name_key
from outreach.services.create_campaign import create_campaign
from outreach.store import campaigns, invitations, messages
from outreach.store.partners import NewContact, NewOrganization, add_contacts, add_organizations
from outreach.store.tables import Answer, Campaign, Invitation, Message, Signature

_ZONE = "Europe/Berlin"


@dataclass(frozen=True)
class _Country:
    """What an organization there is called, and how its people read."""

    name: str
    code: str
    language: str
    zone: str


_COUNTRIES = (
    _Country("Archive Watch {}", "GB", "en", "Europe/London"),
    _Country("香港文獻保存協會 {}", "TW", "zh-Hant", "Asia/Taipei"),
    _Country("مركز الأرشيف والذاكرة {}", "LB", "ar", "Asia/Beirut"),
    _Country("བོད་ཀྱི་ཡིག་མཛོད {}", "IN", "bo", "Asia/Kolkata"),
    _Country(
        "Bundesverband für Menschenrechtsdokumentation und Erinnerungsarbeit {} e. V.",
        "DE",
        "de",
        _ZONE,
    ),
)
# By the last digit of an organization's number; the mail of what ends in 9 has failed.
_SINCE_THE_REMINDER = timedelta(days=2)
_BEFORE_THE_REMINDER = 0.7  # of those who sign
_SIGNED, _DECLINED, _FAILED = (0, 1, 3, 4), (2,), (9,)


@dataclass(frozen=True)
class _Asked:
    number: int
    contact_id: int
    invitation_id: int

    def is_one_of(self, digits: Sequence[int]) -> bool:
        return self.number % 10 in digits


def a_crowd(
    session: Session,
    *,
    source: str,
    slug: str,
    many: int,
    deadline: datetime,
    mail_domain: str,
    now: datetime,
) -> Campaign:
    """Launched eight days before ``now`` and reminded six days later. Of ten, four have signed, one
    has declined, one's mail has failed, and the rest wait."""
    began, reminded = now - timedelta(days=8), now - _SINCE_THE_REMINDER
    campaign = create_campaign(
        session,
        source=source,
        slug=slug,
        deadline=deadline,
        zone=_ZONE,
        remind="7d,3d,1d",
        default_reply_to="coordinator@coalition.example",
        now=began,
    )
    asked = _invite(session, campaign, many=many, now=began)
    session.connection().execute(
        update(Campaign)
        .where(col(Campaign.id) == campaign.id)
        .values(state="open", launched_at=began)
    )
    domain = mail_domain
    _send(session, campaign, MessageKind.INVITATION, asked, domain=domain, at=began)
    signing = [one for one in asked if one.is_one_of(_SIGNED)]
    soon = {one.number for one in signing[: int(len(signing) * _BEFORE_THE_REMINDER)]}
    owing = [one for one in asked if not one.is_one_of(_FAILED) and one.number not in soon]
    _send(session, campaign, MessageKind.REMINDER, owing, step="7d/0", domain=domain, at=reminded)
    _fail(session, [one.contact_id for one in asked if one.is_one_of(_FAILED)])
    _sign(session, campaign, signing, began, now)
    _decline(session, campaign, [one for one in asked if one.is_one_of(_DECLINED)], now)
    session.expire_all()
    return campaign


def _invite(session: Session, campaign: Campaign, *, many: int, now: datetime) -> list[_Asked]:
    assert campaign.id is not None
    new, people = [], []
    for number in range(many):
        country = _COUNTRIES[number % len(_COUNTRIES)]
        name = country.name.format(number)
        new.append(NewOrganization(name=name, name_key=name_key(name), country=country.code))
    ids = add_organizations(session, new, campaign_id=campaign.id, now=now)
    for number, one in enumerate(new):
        country = _COUNTRIES[number % len(_COUNTRIES)]
        email = f"contact{number}@org{number}.example"
        person = (f"Ada Example {number}", email, email, country.language, country.zone)
        people.append(NewContact(ids[one.name_key], *person))
    add_contacts(session, people, campaign_id=campaign.id, now=now)
    invitations.create_missing_invitations(session, campaign.id, now=now)
    linked = invitations.contacts_without_link(session, campaign.id)
    links = [(new_link_id(), contact, invitation) for contact, invitation in linked]
    invitations.create_links(session, links, now=now)
    return [_Asked(number, *pair) for number, pair in enumerate(linked)]


def _send(
    session: Session,
    campaign: Campaign,
    kind: MessageKind,
    to: Sequence[_Asked],
    *,
    step: str = "",
    domain: str,
    at: datetime,
) -> None:
    addressees = [messages.Addressee(one.contact_id, one.invitation_id) for one in to]
    messages.queue_messages(
        session, campaign, kind, addressees, step=step, mail_domain=domain, now=at
    )
    session.connection().execute(
        update(Message)
        .where(col(Message.campaign_id) == campaign.id, col(Message.state) == MessageState.QUEUED)
        .values(state=MessageState.SENT, sent_at=at)
    )


def _fail(session: Session, contact_ids: Sequence[int]) -> None:
    session.connection().execute(
        update(Message)
        .where(col(Message.contact_id).in_(contact_ids))
        .values(state=MessageState.FAILED, last_reply="550 5.1.1 no such mailbox")
    )


def _sign(
    session: Session, campaign: Campaign, who: Sequence[_Asked], began: datetime, now: datetime
) -> None:
    """Evenly over the time since the launch."""
    assert campaign.id is not None
    version = campaigns.current_version(session, campaign.id)
    same = {"signer_name": "Ada Example", "capacity": "Director", "authority": "I may sign."}
    rows = [
        {
            **same,
            "invitation_id": one.invitation_id,
            "contact_id": one.contact_id,
            "credit_line": f"Organization {one.number}",
            "sort_name": "",
        }
        for one in who
    ]
    first = max(int(len(who) * _BEFORE_THE_REMINDER), 1)
    reminded = now - _SINCE_THE_REMINDER
    times = [
        began + (reminded - began) * (place / first) ** 2
        if place < first
        else reminded + _SINCE_THE_REMINDER * ((place - first + 1) / (len(who) - first + 1))
        for place in range(len(who))
    ]
    _write(
        session,
        Signature,
        [
            {**row, "statement_version_id": version.id, "method": "link", "signed_at": at}
            for row, at in zip(rows, times, strict=True)
        ],
    )
    known = {"kind": "sign", "statement_sha256": version.sha256, "reason": ""}
    answers = [{**row, **known, "at": at} for row, at in zip(rows, times, strict=True)]
    _write(session, Answer, answers)
    _move(session, who, InvitationState.SIGNED, now)


def _decline(session: Session, campaign: Campaign, who: Sequence[_Asked], now: datetime) -> None:
    assert campaign.id is not None
    same = dict.fromkeys(("credit_line", "sort_name", "signer_name", "capacity", "authority"), "")
    version = campaigns.current_version(session, campaign.id)
    known = {"kind": "decline", "reason": "", "statement_sha256": version.sha256, "at": now}
    rows = [
        {**same, **known, "invitation_id": one.invitation_id, "contact_id": one.contact_id}
        for one in who
    ]
    _write(session, Answer, rows)
    _move(session, who, InvitationState.DECLINED, now)


def _write(
    session: Session, table: type[Signature | Answer], rows: Sequence[dict[str, object]]
) -> None:
    if rows:
        session.connection().execute(insert(table), rows)


def _move(session: Session, who: Sequence[_Asked], state: InvitationState, now: datetime) -> None:
    ids = [one.invitation_id for one in who]
    session.connection().execute(
        update(Invitation).where(col(Invitation.id).in_(ids)).values(state=state, answered_at=now)
    )
