"""A second coordinator confirms a recorded consent, or refuses it.

Only the confirmation makes a signature, by the same rules as a signature by link.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.credit_line import line_of
from outreach.domain.errors import InvitationNotFound, Refused
from outreach.domain.recorded_consent import ConsentEvent, ConsentState
from outreach.services.answer_form import SignForm
from outreach.services.answer_invitation import take_signature
from outreach.services.clean_typing import clean_text
from outreach.services.note_activity import note_activity
from outreach.store import campaigns, invitations, recorded_consents
from outreach.store.consent_tables import RecordedConsent
from outreach.store.invitations import Asked

_REASON_LIMIT: Final = 2_000


class ConsentRefused(Refused):
    """It cannot be settled so; ``str()`` says why."""


def confirm_consent(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    consent_id: int,
    by: Actor,
    mail_domain: str,
    now: datetime,
) -> None:
    """Makes it the organization's signature, and tells its contacts.

    Raises CampaignNotFound, InvitationNotFound where there is no such record, ConsentRefused.
    """
    asked, record = _require(session, slug, organization_id, consent_id)
    if by.coordinator_id in (None, record.recorded_by):
        raise ConsentRefused("who has recorded a consent cannot confirm it as well")
    found = recorded_consents.find_recorded(session, consent_id, now=now)
    if found is not None and found.obstacle is not None:  # an answer by link came first
        raise ConsentRefused(found.obstacle)
    version = campaigns.current_version(session, record.campaign_id)
    form = SignForm(
        credit_line=line_of(record).name,
        acronym=record.acronym,
        country=record.country,
        url=record.url,
        sort_name=record.sort_name,
        signer_name=record.person,
        capacity=record.capacity,
        authority=True,
        statement_sha256=version.sha256,
        privacy=record.privacy,
    )
    answer = take_signature(
        session,
        asked,
        version,
        form,
        authority=record.authority,
        recorded=record,
        mail_domain=mail_domain,
        now=now,
    )
    recorded_consents.settle_record(
        session, record, ConsentEvent.CONFIRM, by=by.coordinator_id, answer_id=answer.id, now=now
    )
    _note(session, record, "consent.confirm", by=by, now=now)


def refuse_consent(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    consent_id: int,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Puts it aside, with a reason; who recorded it may take it back so. It stays readable.

    Raises CampaignNotFound, InvitationNotFound, ConsentRefused.
    """
    _, record = _require(session, slug, organization_id, consent_id)
    words = clean_text(reason)
    if not words or len(words) > _REASON_LIMIT:
        raise ConsentRefused(f"say why, in {_REASON_LIMIT:,} characters at most")
    recorded_consents.settle_record(
        session, record, ConsentEvent.REFUSE, by=by.coordinator_id, reason=words, now=now
    )
    _note(session, record, "consent.refuse", by=by, now=now)


def _require(
    session: Session, slug: str, organization_id: int, consent_id: int
) -> tuple[Asked, RecordedConsent]:
    """Both held until the transaction ends, and the record still to be settled."""
    asked = invitations.hold_asked(session, slug, organization_id)
    record = recorded_consents.lock_record(
        session,
        campaign_id=asked.invitation.campaign_id,
        organization_id=organization_id,
        consent_id=consent_id,
    )
    if record is None:
        raise InvitationNotFound
    if record.state != ConsentState.WAITING:
        raise ConsentRefused(f"it was {record.state} already")
    return replace(asked, contact=recorded_consents.contact_of(session, record)), record


def _note(
    session: Session, record: RecordedConsent, action: str, *, by: Actor, now: datetime
) -> None:
    """How it came, and neither what was said nor by whom."""
    note_activity(
        session,
        by=by,
        action=action,
        campaign_id=record.campaign_id,
        organization_id=record.organization_id,
        detail=record.channel.replace("_", " "),
        now=now,
    )
