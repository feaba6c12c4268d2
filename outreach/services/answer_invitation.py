"""What happens on Sign, Decline, Withdraw and Correct.

Each holds the campaign and locks the invitation first, so that of several answers at once the
first stands, and none slips in behind a close; the unique index on standing signatures is the last
guard.
"""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignState, last_moment, takes_answers
from outreach.domain.errors import (
    AlreadyAnswered,
    CampaignNotOpen,
    DeadlinePassed,
    FieldErrors,
    LinkRefused,
    MoveRefused,
    TextChanged,
)
from outreach.domain.invitation import InvitationEvent, InvitationState
from outreach.domain.message import MessageKind
from outreach.domain.notice import AlertEvent
from outreach.domain.views import AUTHORITY_SENTENCE
from outreach.domain.webhook import WebhookEvent
from outreach.services.alert_coordinators import alert_of_answer
from outreach.services.append_event import append_answer
from outreach.services.queue_receipts import queue_receipts
from outreach.services.tell_webhooks import tell_of_answer
from outreach.store import campaigns, invitations, messages, signatures
from outreach.store.invitations import Linked
from outreach.store.tables import Answer, Signature

_NAME_LIMIT = 200
_REASON_LIMIT = 2_000


@dataclass(frozen=True)
class SignForm:
    """What a person typed and ticked."""

    credit_line: str
    sort_name: str
    signer_name: str
    capacity: str
    authority: bool
    statement_sha256: str


def sign(
    session: Session, *, link_id: str, form: SignForm, mail_domain: str, now: datetime
) -> None:
    """Records the organization's yes and queues its receipts.

    Raises FieldErrors, DeadlinePassed, CampaignNotOpen, AlreadyAnswered, TextChanged, LinkRefused.
    """
    linked = _require_answering(session, link_id, now=now)
    form = _checked(form)
    version = campaigns.current_version(session, linked.invitation.campaign_id)
    if form.statement_sha256 != version.sha256:
        raise TextChanged("the statement was changed after this page was opened; read it again")
    _move(session, linked, InvitationEvent.SIGN, now=now)
    assert version.id is not None
    signature = signatures.record_signature(
        session,
        Signature(
            invitation_id=_id(linked),
            contact_id=_contact_id(linked),
            statement_version_id=version.id,
            credit_line=form.credit_line,
            sort_name=form.sort_name,
            signer_name=form.signer_name,
            capacity=form.capacity,
            authority=AUTHORITY_SENTENCE.format(organization=linked.organization.name),
            signed_at=now,
        ),
    )
    answer = _record(
        session,
        linked,
        "sign",
        version.sha256,
        signature=signature,
        mail_domain=mail_domain,
        now=now,
    )
    _tell(session, WebhookEvent.SIGNED, linked, answer, now=now)
    _stop_asking(session, linked, "the organization has signed")
    queue_receipts(
        session, linked, MessageKind.RECEIPT, answer=answer, mail_domain=mail_domain, now=now
    )


def decline(
    session: Session, *, link_id: str, reason: str, mail_domain: str, now: datetime
) -> None:
    """Records the organization's no; it may still sign until the deadline."""
    linked = _require_answering(session, link_id, now=now)
    version = campaigns.current_version(session, linked.invitation.campaign_id)
    _move(session, linked, InvitationEvent.DECLINE, now=now)
    reason = _clean_text(reason)[:_REASON_LIMIT]
    answer = _record(
        session, linked, "decline", version.sha256, reason=reason, mail_domain=mail_domain, now=now
    )
    _tell(session, WebhookEvent.DECLINED, linked, answer, now=now)
    _stop_asking(session, linked, "the organization has declined")
    kind = MessageKind.DECLINE_RECEIPT
    queue_receipts(session, linked, kind, answer=answer, mail_domain=mail_domain, now=now)
    _alert(session, linked, AlertEvent.DECLINED, answer, now=now)


def withdraw(session: Session, *, link_id: str, mail_domain: str, now: datetime) -> None:
    """Ends the standing signature, at any time: a consent can always be taken back.

    Raises AlreadyAnswered where none stands.
    """
    linked = _require_locked(session, link_id, now=now)
    signature = signatures.find_standing(session, _id(linked))
    if signature is None:
        raise AlreadyAnswered(state=linked.invitation.state)
    _move(session, linked, InvitationEvent.WITHDRAW, now=now)
    signatures.end_signature(session, signature, now=now)
    version = campaigns.current_version(session, linked.invitation.campaign_id)
    answer = _record(
        session,
        linked,
        "withdraw",
        version.sha256,
        signature=signature,
        mail_domain=mail_domain,
        now=now,
    )
    _tell(session, WebhookEvent.WITHDRAWN, linked, answer, now=now)
    kind = MessageKind.WITHDRAWAL_RECEIPT
    queue_receipts(session, linked, kind, answer=answer, mail_domain=mail_domain, now=now)
    _alert(session, linked, AlertEvent.WITHDRAWN, answer, now=now)


def correct(
    session: Session,
    *,
    link_id: str,
    credit_line: str,
    sort_name: str,
    mail_domain: str,
    now: datetime,
) -> None:
    """Changes how the signed organization is printed, and sends a new receipt.

    Raises FieldErrors, DeadlinePassed, CampaignNotOpen, AlreadyAnswered where no signature stands.
    """
    linked = _require_answering(session, link_id, now=now)
    signature = signatures.find_standing(session, _id(linked))
    if signature is None:
        raise AlreadyAnswered(state=linked.invitation.state)
    line, sort_name = _clean_line(credit_line), _clean_line(sort_name)
    if errors := _length_errors(credit_line=line, sort_name=sort_name):
        raise FieldErrors(errors)
    signatures.rename_signature(session, signature, credit_line=line, sort_name=sort_name)
    version = campaigns.current_version(session, linked.invitation.campaign_id)
    answer = _record(
        session,
        linked,
        "correct",
        version.sha256,
        signature=signature,
        mail_domain=mail_domain,
        now=now,
    )
    queue_receipts(
        session, linked, MessageKind.RECEIPT, answer=answer, mail_domain=mail_domain, now=now
    )


def _require_locked(session: Session, link_id: str, *, now: datetime) -> Linked:
    linked = invitations.require_linked(session, link_id, now=now)
    campaigns.hold_campaign(session, linked.invitation.campaign_id)
    linked = invitations.require_linked(session, link_id, now=now)  # revoked while we waited
    if linked.contact.role != "signs" or linked.campaign.state == CampaignState.CANCELLED:
        raise LinkRefused
    invitations.lock_invitation(session, _id(linked))
    return linked


def _require_answering(session: Session, link_id: str, *, now: datetime) -> Linked:
    linked = _require_locked(session, link_id, now=now)
    state, deadline = CampaignState(linked.campaign.state), linked.campaign.deadline
    open_until = linked.invitation.open_until
    if takes_answers(state, deadline=deadline, open_until=open_until, now=now):
        return linked
    last = last_moment(state, deadline=deadline, open_until=open_until)
    if now >= last:
        raise DeadlinePassed(deadline=last)
    raise CampaignNotOpen(state=state)


def _move(session: Session, linked: Linked, event: InvitationEvent, *, now: datetime) -> None:
    try:
        invitations.move_invitation(session, linked.invitation, event, now=now)
    except MoveRefused:
        state = InvitationState(linked.invitation.state)
        raise AlreadyAnswered(state=state.value) from None


def _record(
    session: Session,
    linked: Linked,
    kind: str,
    sha256: str,
    *,
    signature: Signature | None = None,
    reason: str = "",
    mail_domain: str,
    now: datetime,
) -> Answer:
    facts = Answer(
        invitation_id=_id(linked),
        contact_id=_contact_id(linked),
        kind=kind,
        statement_sha256=sha256,
        reason=reason,
        at=now,
    )
    if signature is not None:
        facts.signature_id = signature.id
        facts.credit_line = signature.credit_line
        facts.sort_name = signature.sort_name
        facts.signer_name = signature.signer_name
        facts.capacity = signature.capacity
        facts.authority = signature.authority
    answer = signatures.record_answer(session, facts)
    append_answer(session, linked, answer, signature=signature, mail_domain=mail_domain, now=now)
    return answer


def _tell(
    session: Session, event: WebhookEvent, linked: Linked, answer: Answer, *, now: datetime
) -> None:
    campaign, invitation = linked.campaign, linked.invitation
    tell_of_answer(
        session, event, campaign=campaign, invitation=invitation, answer_id=answer.id, now=now
    )


def _alert(
    session: Session, linked: Linked, event: AlertEvent, answer: Answer, *, now: datetime
) -> None:
    assert linked.organization.id is not None
    assert answer.id is not None
    alert_of_answer(
        session,
        event,
        campaign_id=linked.invitation.campaign_id,
        organization_id=linked.organization.id,
        answer_id=answer.id,
        now=now,
    )


def _stop_asking(session: Session, linked: Linked, reason: str) -> None:
    messages.cancel_queued(session, invitation_id=_id(linked), reason=reason)


def _checked(form: SignForm) -> SignForm:
    """The form with its spaces in order. Raises FieldErrors with all that is missing."""
    form = replace(
        form,
        credit_line=_clean_line(form.credit_line),
        sort_name=_clean_line(form.sort_name),
        signer_name=_clean_line(form.signer_name),
        capacity=_clean_line(form.capacity),
    )
    errors = _length_errors(
        credit_line=form.credit_line,
        sort_name=form.sort_name,
        signer_name=form.signer_name,
        capacity=form.capacity,
    )
    if not form.signer_name:
        errors["signer_name"] = "Please type the name of the person who signs."
    if not form.capacity:
        errors["capacity"] = "Please say in what capacity, for example: Director."
    if not form.authority:
        errors["authority"] = "Please tick this box: without it we cannot count the signature."
    if errors:
        raise FieldErrors(errors)
    return form


def _length_errors(**lines: str) -> dict[str, str]:
    errors = {
        name: f"Please shorten this to {_NAME_LIMIT} characters."
        for name, line in lines.items()
        if len(line) > _NAME_LIMIT
    }
    if not lines["credit_line"]:
        errors["credit_line"] = "Please type the organization's name as it should be printed."
    return errors


def _clean_line(text: str) -> str:
    """One line, spaces collapsed, no control or bidi-override characters, NFC.

    Empty where nothing in it would be seen: zero-width characters alone are no name.
    """
    visible = "".join(
        " " if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") else character
        for character in text
        if character not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
    )
    if not any(unicodedata.category(character)[0] in "LNPS" for character in visible):
        return ""
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def _clean_text(text: str) -> str:
    return "\n".join(_clean_line(line) for line in text.splitlines()).strip()


def _id(linked: Linked) -> int:
    assert linked.invitation.id is not None
    return linked.invitation.id


def _contact_id(linked: Linked) -> int:
    assert linked.contact.id is not None
    return linked.contact.id
