"""All that mails need to be written and judged: one query for a batch, not one for a mail."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy
from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from outreach.domain.campaign import CONCLUDED_STATES
from outreach.domain.message import RECEIPT_KINDS, REVIEW_KINDS, MessageKind, answer_of
from outreach.domain.reminder import decision_day
from outreach.store import ledger, signatures, wordings
from outreach.store.consent_tables import RecordedConsent
from outreach.store.ledger import StoredEvent
from outreach.store.review_tables import Review
from outreach.store.tables import (
    Answer,
    Campaign,
    Contact,
    Invitation,
    Link,
    Message,
    Organization,
    Signature,
    StatementVersion,
)
from outreach.store.wordings import OwnWording

_Row = sqlalchemy.Row[Any]


@dataclass(frozen=True)
class CampaignText:
    """What the mails of a campaign have in common, as it stands now. With ``open_until`` they are
    for a late signer, to whom a concluded list is open until then: that is their deadline."""

    id: int
    slug: str
    state: str
    title: str
    addressee: str
    occasion: str
    occasion_date: date
    reply_to: str
    deadline: datetime
    zone: str
    asks: str
    body: str
    sha256: str
    sender_name: str = ""
    discreet: bool = False
    wordings: tuple[OwnWording, ...] = ()
    open_until: datetime | None = None

    def __hash__(self) -> int:
        return hash((self.id, self.state, self.deadline, self.sha256))


@dataclass(frozen=True)
class GivenAnswer:
    """What a mail says was answered; empty where it speaks of no answer. ``channel`` is how a
    consent came that was recorded by hand, ``at`` then the moment when it was given. ``standing``
    is the answer that stands against a colleague's, given ``at``."""

    credit_line: str = ""
    url: str = ""
    signer_name: str = ""
    capacity: str = ""
    at: datetime | None = None
    decides_on: date | None = None
    privacy: str = ""
    channel: str = ""
    standing: str = ""


@dataclass(frozen=True)
class Outgoing:
    """One mail's facts, without its wording. ``discreet``: it says nothing of the matter."""

    kind: MessageKind
    message_id: str
    campaign: CampaignText
    organization: str
    contact_name: str
    contact_email: str
    language: str
    zone: str
    role: str
    link_id: str
    answer: GivenAnswer = field(default_factory=GivenAnswer)
    in_reply_to: str = ""
    signatory_count: int = 0
    logged: StoredEvent | None = None
    passed_by: str = ""
    discreet: bool = False


def load_outgoing(session: Session, message_pks: Sequence[int]) -> dict[int, Outgoing]:
    """By the message's key. One whose contact has no live link, or whose answer is not to be
    found, has none."""
    rows = session.connection().execute(_letters().where(col(Message.id).in_(message_pks))).all()
    by_kind: dict[str, list[_Row]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    texts = {key: campaign_text(session, key) for key in {row.campaign_id for row in rows}}
    answers = _answers(session, by_kind)
    logged = _logged(session, by_kind)
    threads = _invitation_ids(session, by_kind.get(MessageKind.REMINDER, ()))
    counts = _signatory_counts(session, by_kind.get(MessageKind.CLOSING_NOTICE, ()))
    return {
        row.id: Outgoing(
            kind=MessageKind(row.kind),
            message_id=row.message_id,
            campaign=_for_reader(texts[row.campaign_id], open_until=row.open_until),
            organization=row.organization,
            contact_name=row.name,
            contact_email=row.email,
            language=row.language,
            zone=row.zone,
            role=row.role,
            link_id=row.link_id,
            answer=answers.get(row.id, _NO_ANSWER),
            in_reply_to=threads.get((row.invitation_id, row.contact_id), "")
            if row.kind == MessageKind.REMINDER
            else "",
            signatory_count=counts.get(row.campaign_id, 0)
            if row.kind == MessageKind.CLOSING_NOTICE
            else 0,
            logged=logged.get(row.id),
            discreet=row.discreet or texts[row.campaign_id].discreet,
            passed_by=row.passed_by if row.kind == MessageKind.INVITATION else "",
        )
        for row in rows
        if row.kind not in RECEIPT_KINDS or row.id in answers
    }


_NO_ANSWER = GivenAnswer()
_colleague = aliased(Contact)


def _letters() -> sqlalchemy.Select[*tuple[Any, ...]]:
    return (
        sqlalchemy.select(
            col(Message.id),
            col(Message.campaign_id),
            col(Message.invitation_id),
            col(Message.contact_id),
            col(Message.kind),
            col(Message.step),
            col(Message.message_id),
            col(Contact.name),
            col(Contact.email),
            col(Contact.language),
            col(Contact.zone),
            col(Contact.role),
            col(Contact.discreet),
            col(Organization.name).label("organization"),
            col(Link.id).label("link_id"),
            func.coalesce(func.nullif(col(_colleague.name), ""), col(_colleague.email), "").label(
                "passed_by"
            ),
            col(Invitation.open_until),
        )
        .join(Invitation, col(Invitation.id) == col(Message.invitation_id))
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .outerjoin(_colleague, col(_colleague.id) == col(Contact.passed_by))
        .join(Link, (col(Link.contact_id) == col(Contact.id)) & col(Link.revoked_at).is_(None))
    )


def _for_reader(text: CampaignText, *, open_until: datetime | None) -> CampaignText:
    if open_until is None or text.state not in CONCLUDED_STATES:
        return text
    return replace(text, deadline=open_until, open_until=open_until)


def campaign_text(session: Session, campaign_id: int) -> CampaignText:
    """With the statement's newest version, and the campaign's own words."""
    query: sqlalchemy.Select[*tuple[Any, ...]] = (
        sqlalchemy.select(
            col(Campaign.id),
            col(Campaign.slug),
            col(Campaign.state),
            col(Campaign.title),
            col(Campaign.addressee),
            col(Campaign.occasion),
            col(Campaign.occasion_date),
            col(Campaign.reply_to),
            col(Campaign.deadline),
            col(Campaign.zone),
            col(StatementVersion.asks),
            col(StatementVersion.body),
            col(StatementVersion.sha256),
            col(Campaign.sender_name),
            col(Campaign.discreet),
        )
        .join(StatementVersion, col(StatementVersion.campaign_id) == col(Campaign.id))
        .where(col(Campaign.id) == campaign_id)
        .order_by(col(StatementVersion.number).desc())
    )
    facts = session.connection().execute(query.limit(1)).one()
    text = CampaignText(*facts)
    return replace(text, wordings=wordings.list_wordings(session, campaign_id))


def _answers(session: Session, by_kind: dict[str, list[_Row]]) -> dict[int, GivenAnswer]:
    """A receipt's answer as it was given; a closing notice's as it stands, and that of a review's
    mail; of a reminder the day that it was put off to."""
    receipts = [row for kind in RECEIPT_KINDS for row in by_kind.get(kind, ())]
    given = _answers_given(session, _answer_ids(receipts))
    notices = by_kind.get(MessageKind.CLOSING_NOTICE, [])
    standing = _answers_standing(session, [row.invitation_id for row in notices])
    reviewed = [row for kind in REVIEW_KINDS for row in by_kind.get(kind, ())]
    reviews = _answers_reviewed(session, _answer_ids(reviewed))
    return {
        **{row.id: reviews[key] for row in reviewed if (key := answer_of(row.step)) in reviews},
        **{row.id: given[key] for row in receipts if (key := answer_of(row.step)) in given},
        **{row.id: standing[row.invitation_id] for row in notices if row.invitation_id in standing},
        **{
            row.id: GivenAnswer(decides_on=day)
            for row in by_kind.get(MessageKind.REMINDER, ())
            if (day := decision_day(row.step)) is not None
        },
    }


def _logged(session: Session, by_kind: dict[str, list[_Row]]) -> dict[int, StoredEvent]:
    """A receipt's answer as it stands in the ledger."""
    receipts = [row for kind in RECEIPT_KINDS for row in by_kind.get(kind, ())]
    found = ledger.events_of_answers(session, _answer_ids(receipts))
    return {row.id: found[key] for row in receipts if (key := answer_of(row.step)) in found}


def _answer_ids(receipts: Iterable[_Row]) -> list[int]:
    return [key for row in receipts if (key := answer_of(row.step)) is not None]


def _answers_given(session: Session, answer_ids: Sequence[int]) -> dict[int, GivenAnswer]:
    if not answer_ids:
        return {}
    query: sqlalchemy.Select[*tuple[Any, ...]] = sqlalchemy.select(
        col(Answer.id),
        col(Answer.credit_line),
        col(Answer.url),
        col(Answer.signer_name),
        col(Answer.capacity),
        func.coalesce(col(RecordedConsent.given_at), col(Answer.at)),
        col(Answer.decides_on),
        col(Answer.privacy),
        func.coalesce(col(RecordedConsent.channel), ""),
    )
    query = query.outerjoin(RecordedConsent, col(RecordedConsent.answer_id) == col(Answer.id))
    query = query.where(col(Answer.id).in_(answer_ids))
    return {key: GivenAnswer(*facts) for key, *facts in session.connection().execute(query)}


def _answers_reviewed(session: Session, review_ids: Sequence[int]) -> dict[int, GivenAnswer]:
    """By the review: the answer that stands."""
    if not review_ids:
        return {}
    query: sqlalchemy.Select[*tuple[Any, ...]] = sqlalchemy.select(
        col(Review.id), col(Review.standing), col(Review.standing_at)
    ).where(col(Review.id).in_(review_ids))
    rows = session.connection().execute(query)
    return {key: GivenAnswer(at=at, standing=standing) for key, standing, at in rows}


def _answers_standing(session: Session, invitation_ids: Sequence[int]) -> dict[int, GivenAnswer]:
    if not invitation_ids:
        return {}
    query: sqlalchemy.Select[*tuple[Any, ...]] = sqlalchemy.select(
        col(Signature.invitation_id),
        col(Signature.credit_line),
        col(Signature.url),
        col(Signature.signer_name),
        col(Signature.capacity),
        col(Signature.signed_at),
        sqlalchemy.null(),
        col(Signature.privacy),
    ).where(col(Signature.invitation_id).in_(invitation_ids), col(Signature.withdrawn_at).is_(None))
    return {key: GivenAnswer(*facts) for key, *facts in session.connection().execute(query)}


def _invitation_ids(session: Session, reminders: Iterable[_Row]) -> dict[tuple[int, int], str]:
    """The Message-ID of the invitation that each reminder follows."""
    contacts = [row.contact_id for row in reminders]
    if not contacts:
        return {}
    query = sqlalchemy.select(
        col(Message.invitation_id), col(Message.contact_id), col(Message.message_id)
    ).where(col(Message.contact_id).in_(contacts), col(Message.kind) == MessageKind.INVITATION)
    found = session.connection().execute(query)
    return {(invitation, contact): message_id for invitation, contact, message_id in found}


def _signatory_counts(session: Session, notices: Iterable[_Row]) -> dict[int, int]:
    """How many signatures each campaign's notices tell of."""
    campaigns = {row.campaign_id for row in notices}
    return {campaign: signatures.count_told(session, campaign) for campaign in campaigns}
