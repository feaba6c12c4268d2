"""A receipt for every answer: to who gave it, and to the organization's other contacts."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.message import MessageKind, receipt_step
from outreach.store import invitations, messages
from outreach.store.invitations import Asked
from outreach.store.tables import Answer


def queue_receipts(
    session: Session,
    asked: Asked,
    kind: MessageKind,
    *,
    answer: Answer,
    mail_domain: str,
    now: datetime,
) -> int:
    """One for each contact of the organization; ``answer`` makes them unique."""
    assert answer.id is not None
    step = receipt_step(answer.id)
    return _queue(session, asked, kind, step=step, mail_domain=mail_domain, now=now)


def queue_review_mails(
    session: Session,
    asked: Asked,
    kind: MessageKind,
    *,
    review_id: int,
    mail_domain: str,
    now: datetime,
) -> int:
    """That an answer contradicts a colleague's, or that the first stands: to each contact."""
    return _queue(session, asked, kind, step=str(review_id), mail_domain=mail_domain, now=now)


def _queue(
    session: Session, asked: Asked, kind: MessageKind, *, step: str, mail_domain: str, now: datetime
) -> int:
    assert asked.invitation.id is not None
    contacts = invitations.linked_contact_ids(session, asked.invitation.id)
    return messages.queue_messages(
        session,
        asked.campaign,
        kind,
        [messages.Addressee(contact, asked.invitation.id) for contact in contacts],
        step=step,
        mail_domain=mail_domain,
        now=now,
    )
