"""Facts of consent, written into their campaign's ledger in the transaction that makes them.

What is personal goes beside the event, as openings of its salted commitments.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from sqlmodel import Session

from outreach.domain.evidence import EventKind, Method
from outreach.ledger.commitment import openings_of
from outreach.ledger.event import EventFacts, event_text, utc_text
from outreach.ledger.tree import Peaks, leaf_hash
from outreach.store import campaigns, ledger, signatures
from outreach.store.consent_tables import RecordedConsent
from outreach.store.invitations import Asked, Linked
from outreach.store.ledger import EventRow, Tip
from outreach.store.review_tables import Review
from outreach.store.tables import Answer, Campaign, Signature, StatementVersion

_ANSWERS = MappingProxyType(
    {
        "sign": EventKind.SIGNED,
        "decline": EventKind.DECLINED,
        "defer": EventKind.DEFERRED,
        "correct": EventKind.CORRECTED,
        "withdraw": EventKind.WITHDRAWN,
    }
)


@dataclass(frozen=True)
class Fact:
    """What is to be logged. ``personal`` is committed to, each field with a salt of its own."""

    kind: EventKind
    at: datetime
    statement: StatementVersion
    method: Method
    personal: Mapping[str, str] = field(default_factory=dict)
    of: int | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    contact_id: int | None = None
    answer_id: int | None = None
    message_pk: int | None = None


def append_event(
    session: Session, campaign: Campaign, fact: Fact, *, mail_domain: str, now: datetime
) -> int:
    """Writes one event at the ledger's end. Returns its position."""
    return append_events(session, campaign, [fact], mail_domain=mail_domain, now=now)


def append_events(
    session: Session, campaign: Campaign, facts: Sequence[Fact], *, mail_domain: str, now: datetime
) -> int:
    """Writes them in order, held against all others who append. Returns the first position.

    The campaign, and the invitation where there is one, is held already: the log comes last.
    """
    assert campaign.id is not None
    origin = origin_of(campaign, mail_domain=mail_domain)
    log = ledger.open_log(session, campaign.id, origin=origin, now=now)
    peaks = grown(ledger.find_tip(session, campaign.id))
    first, rows = peaks.size, []
    for fact in facts:
        row = _row(fact, log=log.origin, before=peaks)
        rows.append(row)
        peaks = peaks.append(row.leaf)
    ledger.append_rows(session, campaign.id, rows, now=now)
    return first


def append_answer(
    session: Session,
    asked: Asked,
    answer: Answer,
    *,
    signature: Signature | None,
    recorded: RecordedConsent | None = None,
    mail_domain: str,
    now: datetime,
) -> int:
    """Writes what an organization has just answered: by a personal link, or, ``recorded``, by
    another way, of which the event speaks that this one names.

    Who signs has typed a name, or was recorded with one; who changes or withdraws a signature is
    known by their link alone, and whose it was stands in the event that it is ``of``.
    """
    is_signing = answer.kind == "sign"
    by_link = asked.contact if recorded is None else None
    name, email = (by_link.name, by_link.email) if by_link else ("", "")
    campaign_id = asked.invitation.campaign_id
    of = recorded.event_position if recorded else None
    if signature is not None and not is_signing:
        assert signature.id is not None
        of = ledger.signed_position(session, campaign_id, signature.id)
    fact = Fact(
        kind=_ANSWERS[answer.kind],
        at=answer.at,
        statement=campaigns.version_of(session, campaign_id, sha256=answer.statement_sha256),
        method=Method.BY_HAND if recorded else Method.LINK,
        personal={
            "organization": asked.organization.name,
            "person": answer.signer_name if is_signing else name,
            "email": email,
            "capacity": answer.capacity if is_signing else "",
            "authority": answer.authority if is_signing else "",
            "credit_line": answer.credit_line,
            "url": answer.url,
            "sort_name": answer.sort_name,
            "privacy": answer.privacy,
            "reason": answer.reason,
            "decides_on": answer.decides_on.isoformat() if answer.decides_on else "",
            "channel": recorded.channel if recorded else "",
        },
        of=of,
        contact_id=answer.contact_id,
        answer_id=answer.id,
    )
    return append_event(session, asked.campaign, fact, mail_domain=mail_domain, now=now)


def append_recording(
    session: Session,
    asked: Asked,
    recorded: RecordedConsent,
    *,
    statement: StatementVersion,
    file_sha256: str,
    mail_domain: str,
    now: datetime,
) -> int:
    """Writes that a consent was recorded by hand: it counts for nothing yet."""
    fact = Fact(
        kind=EventKind.RECORDED,
        at=now,
        statement=statement,
        method=Method.BY_HAND,
        personal={
            "organization": asked.organization.name,
            "person": recorded.person,
            "capacity": recorded.capacity,
            "authority": recorded.authority,
            "credit_line": recorded.credit_line,
            "url": recorded.url,
            "sort_name": recorded.sort_name,
            "privacy": recorded.privacy,
            "channel": recorded.channel,
            "given_at": utc_text(recorded.given_at),
            "quote": recorded.quote,
            "file_hash": file_sha256,
        },
        contact_id=recorded.contact_id,
    )
    return append_event(session, asked.campaign, fact, mail_domain=mail_domain, now=now)


def append_contradiction(
    session: Session,
    linked: Linked,
    review: Review,
    *,
    signature: Signature | None,
    mail_domain: str,
    now: datetime,
) -> int:
    """Writes an answer that contradicts the organization's standing one: it changes nothing yet.
    Where that is a signature, the event names the one that it speaks against."""
    campaign_id = review.campaign_id
    of = None
    if signature is not None:
        assert signature.id is not None
        of = ledger.signed_position(session, campaign_id, signature.id)
    fact = Fact(
        kind=EventKind.CONTRADICTED,
        at=now,
        statement=campaigns.version_of(session, campaign_id, sha256=review.statement_sha256),
        method=Method.LINK,
        personal={
            "organization": linked.organization.name,
            "person": review.signer_name or linked.contact.name,
            "email": linked.contact.email,
            "answer": review.kind,
            "capacity": review.capacity,
            "authority": review.authority,
            "credit_line": review.credit_line,
            "url": review.url,
            "sort_name": review.sort_name,
            "privacy": review.privacy,
            "reason": review.reason,
        },
        of=of,
        contact_id=review.contact_id,
    )
    return append_event(session, linked.campaign, fact, mail_domain=mail_domain, now=now)


def append_view(session: Session, linked: Linked, *, mail_domain: str, now: datetime) -> int:
    """Writes that a person was at the page that a personal link leads to."""
    fact = Fact(
        kind=EventKind.VIEWED,
        at=now,
        statement=campaigns.current_version(session, linked.invitation.campaign_id),
        method=Method.LINK,
        personal={
            "organization": linked.organization.name,
            "person": linked.contact.name,
            "email": linked.contact.email,
        },
        contact_id=linked.contact.id,
    )
    return append_event(session, linked.campaign, fact, mail_domain=mail_domain, now=now)


def append_closing(session: Session, campaign: Campaign, *, mail_domain: str, now: datetime) -> int:
    """Writes that the list was closed, and with how many signatures."""
    fact = _milestone(session, campaign, EventKind.CLOSED, now=now)
    return append_event(session, campaign, fact, mail_domain=mail_domain, now=now)


def append_publication(session: Session, campaign: Campaign, *, now: datetime) -> int | None:
    """Writes that the list was published. None for one that was closed before there were
    ledgers: what has no history gets none."""
    assert campaign.id is not None
    if ledger.find_log(session, campaign.id) is None:
        return None
    fact = _milestone(session, campaign, EventKind.PUBLISHED, now=now)
    return append_event(session, campaign, fact, mail_domain="", now=now)


def append_erasure(session: Session, campaign: Campaign, *, mail_domain: str, now: datetime) -> int:
    """Writes that persons were erased; who, is not said."""
    assert campaign.id is not None
    fact = Fact(
        kind=EventKind.ERASED,
        at=now,
        statement=campaigns.current_version(session, campaign.id),
        method=Method.SERVICE,
    )
    return append_event(session, campaign, fact, mail_domain=mail_domain, now=now)


def origin_of(campaign: Campaign, *, mail_domain: str) -> str:
    """The name of a new log: unique, and saying nothing of the campaign."""
    digest = hashlib.sha256(f"ledger|{campaign.key}".encode()).hexdigest()[:32]
    return f"{mail_domain}/ledger/{digest}"


def grown(tip: Tip | None) -> Peaks:
    """The tree that ends with the newest event."""
    if tip is None:
        return Peaks()
    return Peaks.unpacked(tip.position, tip.before).append(tip.leaf)


def _milestone(session: Session, campaign: Campaign, kind: EventKind, *, now: datetime) -> Fact:
    assert campaign.id is not None
    return Fact(
        kind=kind,
        at=now,
        statement=campaigns.current_version(session, campaign.id),
        method=Method.SERVICE,
        numbers={"signatures": signatures.count_standing(session, campaign.id)},
    )


def _row(fact: Fact, *, log: str, before: Peaks) -> EventRow:
    openings = openings_of(fact.personal)
    text = event_text(
        EventFacts(
            log=log,
            kind=fact.kind,
            at=fact.at,
            statement_sha256=fact.statement.sha256,
            statement_language=fact.statement.language,
            method=fact.method,
            of=fact.of,
            numbers=fact.numbers,
        ),
        openings,
    )
    return EventRow(
        position=before.size,
        kind=fact.kind,
        event=text,
        leaf=leaf_hash(text.encode()),
        before=before.packed(),
        openings=tuple((one.field, one.value, one.salt) for one in openings),
        contact_id=fact.contact_id,
        answer_id=fact.answer_id,
        message_pk=fact.message_pk,
    )
