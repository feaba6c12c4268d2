"""Keep an answer that counts: the append-only row, its event in the ledger, and who is told."""

from datetime import date, datetime

from sqlmodel import Session

from outreach.domain.notice import AlertEvent
from outreach.domain.webhook import WebhookEvent
from outreach.services.alert_coordinators import alert_of_answer
from outreach.services.append_event import append_answer
from outreach.services.tell_webhooks import tell_of_answer
from outreach.store import signatures
from outreach.store.consent_tables import RecordedConsent
from outreach.store.invitations import Asked
from outreach.store.tables import Answer, Signature


def keep_answer(
    session: Session,
    asked: Asked,
    kind: str,
    sha256: str,
    *,
    signature: Signature | None = None,
    recorded: RecordedConsent | None = None,
    reason: str = "",
    decides_on: date | None = None,
    mail_domain: str,
    now: datetime,
) -> Answer:
    facts = Answer(
        invitation_id=_id(asked),
        contact_id=asked.contact.id if asked.contact else None,
        kind=kind,
        statement_sha256=sha256,
        reason=reason,
        decides_on=decides_on,
        at=now,
    )
    if signature is not None:
        facts.signature_id = signature.id
        facts.credit_line = signature.credit_line
        facts.url = signature.url
        facts.sort_name = signature.sort_name
        facts.signer_name = signature.signer_name
        facts.capacity = signature.capacity
        facts.authority = signature.authority
        facts.privacy = signature.privacy
    answer = signatures.record_answer(session, facts)
    append_answer(
        session,
        asked,
        answer,
        signature=signature,
        recorded=recorded,
        mail_domain=mail_domain,
        now=now,
    )
    return answer


def tell_others(
    session: Session, event: WebhookEvent, asked: Asked, answer: Answer, *, now: datetime
) -> None:
    campaign, invitation = asked.campaign, asked.invitation
    tell_of_answer(
        session, event, campaign=campaign, invitation=invitation, answer_id=answer.id, now=now
    )


def alert(
    session: Session, asked: Asked, event: AlertEvent, answer: Answer, *, now: datetime
) -> None:
    assert asked.organization.id is not None
    assert answer.id is not None
    alert_of_answer(
        session,
        event,
        campaign_id=asked.invitation.campaign_id,
        organization_id=asked.organization.id,
        answer_id=answer.id,
        now=now,
    )


def _id(asked: Asked) -> int:
    assert asked.invitation.id is not None
    return asked.invitation.id
