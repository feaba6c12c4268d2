"""Taking out who has given a consent that was recorded by hand: what they said, what they sent,
and what the signature that came of it says of them."""

import base64
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, update
from sqlmodel import Session, col, select

from outreach.domain.evidence import PERSONAL_FIELDS
from outreach.domain.moves import next_state
from outreach.domain.recorded_consent import CONSENT_MOVES, ConsentEvent, ConsentState
from outreach.store.consent_tables import ConsentFile, RecordedConsent
from outreach.store.erasures import forget_mails
from outreach.store.ledger_tables import LedgerEvent, LedgerOpening
from outreach.store.mentions import ERASED, Sought
from outreach.store.tables import Answer, Contact, Signature


def recorded_as(session: Session, contact_ids: Collection[int]) -> set[str]:
    """The whole names that these contacts were recorded with."""
    query = select(RecordedConsent.person).where(col(RecordedConsent.contact_id).in_(contact_ids))
    return set(session.exec(query.distinct()))


def recorded_of(
    session: Session, contact_ids: Collection[int], sought: Sought
) -> list[RecordedConsent]:
    """What was recorded of these contacts, and of whoever is called exactly so, unless that is
    another contact of the same name."""
    query = (
        select(RecordedConsent, Contact.name)
        .outerjoin(Contact, col(Contact.id) == col(RecordedConsent.contact_id))
        .order_by(col(RecordedConsent.id))
        .execution_options(populate_existing=True)
    )
    return [
        record
        for record, contact_name in session.exec(query)
        if record.contact_id in contact_ids
        or (sought.is_name(record.person) and not sought.is_name(contact_name or ""))
    ]


def recorded_in(session: Session, campaign_id: int) -> list[RecordedConsent]:
    query = select(RecordedConsent).where(col(RecordedConsent.campaign_id) == campaign_id)
    return list(session.exec(query.execution_options(populate_existing=True)))


def tell(session: Session, record: RecordedConsent) -> dict[str, Any]:
    """All that is kept, as plain values, but for who has recorded it."""
    told = record.model_dump(mode="json", exclude={"recorded_by", "settled_by"})
    file = session.get(ConsentFile, record.id)
    kept = {"kind": file.kind, "base64": base64.b64encode(file.content).decode()} if file else None
    return {**told, "file": kept}


def erase_recorded(session: Session, records: Sequence[RecordedConsent], *, now: datetime) -> None:
    """One that still waits is refused: there is nothing left to confirm. What the organization has
    consented to stays."""
    for record in records:
        if record.state == ConsentState.WAITING:
            record.state = next_state(CONSENT_MOVES, ConsentState.WAITING, ConsentEvent.REFUSE)
            record.settled_at, record.reason = now, ERASED
        record.person = record.capacity = ERASED
        record.quote = ""
        session.add(record)
        session.flush()
        _do(session, delete(ConsentFile).where(col(ConsentFile.consent_id) == record.id))
        _erase_openings(session, record)
        _erase_counted(session, record)


def _erase_counted(session: Session, record: RecordedConsent) -> None:
    """What says of the person that they have signed: the signature, what was answered under it
    since, and the mails about them."""
    signed = select(Answer.signature_id).where(col(Answer.id) == record.answer_id)
    unnamed = {"signer_name": ERASED, "capacity": ERASED}
    _do(session, update(Signature).where(col(Signature.id).in_(signed)).values(unnamed))
    _do(session, update(Answer).where(col(Answer.signature_id).in_(signed)).values(unnamed))
    if record.answer_id is not None:
        forget_mails(session, record.invitation_id)


def _erase_openings(session: Session, record: RecordedConsent) -> None:
    logged = select(LedgerEvent.position).where(
        col(LedgerEvent.campaign_id) == record.campaign_id,
        or_(
            col(LedgerEvent.position) == record.event_position,
            col(LedgerEvent.answer_id) == record.answer_id,
        ),
    )
    openings = delete(LedgerOpening).where(
        col(LedgerOpening.campaign_id) == record.campaign_id,
        col(LedgerOpening.position).in_(logged),
        col(LedgerOpening.field).in_(sorted(PERSONAL_FIELDS)),
    )
    _do(session, openings)


def _do(session: Session, statement: Any) -> None:
    session.connection().execute(statement)
