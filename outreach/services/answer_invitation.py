"""What happens on Sign, Decline, Defer, Withdraw, Correct and Protect.

Each holds the campaign and locks the invitation first, so that of several answers at once the
first stands, and none slips in behind a close or by a link that was just revoked; the unique index
on standing signatures is the last guard. What contradicts a colleague's answer waits for a
coordinator (``open_review``).
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from outreach.domain.campaign import CampaignState, last_moment, takes_answers
from outreach.domain.credit_line import line_of
from outreach.domain.errors import (
    AlreadyAnswered,
    CampaignNotOpen,
    DeadlinePassed,
    FieldErrors,
    LinkRefused,
    MoveRefused,
    TextChanged,
)
from outreach.domain.evidence import Method
from outreach.domain.invitation import InvitationEvent, InvitationState
from outreach.domain.message import MessageKind
from outreach.domain.notice import AlertEvent
from outreach.domain.privacy import Privacy, protects_more
from outreach.domain.reminder import asks_again_at
from outreach.domain.review import Taken
from outreach.domain.views import AUTHORITY_SENTENCE
from outreach.domain.webhook import WebhookEvent
from outreach.services.answer_form import (
    PrintedLine,
    SignForm,
    checked,
    checked_line,
    read_privacy,
)
from outreach.services.clean_typing import LineForm, clean_text
from outreach.services.keep_answer import alert, keep_answer, tell_others
from outreach.services.open_review import (
    Given,
    close_if_agreed,
    keep_if_contradicting,
    take_back_own,
)
from outreach.services.queue_receipts import queue_receipts
from outreach.store import campaigns, invitations, messages, signatures
from outreach.store.consent_tables import RecordedConsent
from outreach.store.invitations import Asked, Linked
from outreach.store.tables import Answer, Signature, StatementVersion

_REASON_LIMIT = 2_000


def sign(
    session: Session, *, link_id: str, form: SignForm, mail_domain: str, now: datetime
) -> Taken:
    """Records the organization's yes and queues its receipts, unless a colleague's no stands.

    Raises FieldErrors, DeadlinePassed, CampaignNotOpen, AlreadyAnswered, TextChanged, LinkRefused.
    """
    linked = require_answering(session, link_id, now=now)
    form = checked(form)
    version = campaigns.current_version(session, linked.invitation.campaign_id)
    if form.statement_sha256 != version.sha256:
        raise TextChanged("the statement was changed after this page was opened; read it again")
    authority = AUTHORITY_SENTENCE.format(organization=linked.organization.name)
    given = Given(InvitationEvent.SIGN, form=form, authority=authority)
    if keep_if_contradicting(session, linked, given, mail_domain=mail_domain, now=now):
        return Taken.WAITS
    take_signature(
        session, linked, version, form, authority=authority, mail_domain=mail_domain, now=now
    )
    return Taken.COUNTS


def take_signature(
    session: Session,
    asked: Asked,
    version: StatementVersion,
    form: SignForm,
    *,
    authority: str,
    recorded: RecordedConsent | None = None,
    mail_domain: str,
    now: datetime,
) -> Answer:
    """The yes itself, with all that follows from it; ``recorded`` is what it was recorded by hand
    as. The campaign and the invitation are held, and the form is in order.

    Raises AlreadyAnswered.
    """
    _move(session, asked, InvitationEvent.SIGN, now=now)
    assert version.id is not None
    signature = signatures.record_signature(
        session,
        Signature(
            invitation_id=_id(asked),
            contact_id=asked.contact.id if asked.contact else None,
            statement_version_id=version.id,
            credit_line=form.line.printed,
            acronym=form.acronym,
            country=form.country,
            url=form.url,
            sort_name=form.sort_name,
            signer_name=form.signer_name,
            capacity=form.capacity,
            authority=authority,
            privacy=form.privacy,
            method=Method.BY_HAND if recorded else Method.LINK,
            signed_at=now,
        ),
    )
    answer = keep_answer(
        session,
        asked,
        "sign",
        version.sha256,
        signature=signature,
        recorded=recorded,
        mail_domain=mail_domain,
        now=now,
    )
    tell_others(session, WebhookEvent.SIGNED, asked, answer, now=now)
    _stop_asking(session, asked, "the organization has signed")
    kind = MessageKind.RECORDED_RECEIPT if recorded else MessageKind.RECEIPT
    queue_receipts(session, asked, kind, answer=answer, mail_domain=mail_domain, now=now)
    return answer


def decline(
    session: Session, *, link_id: str, reason: str, mail_domain: str, now: datetime
) -> Taken:
    """Records the organization's no, unless a colleague's yes stands; it may still sign until the
    deadline."""
    linked = require_answering(session, link_id, now=now)
    version = campaigns.current_version(session, linked.invitation.campaign_id)
    reason = clean_text(reason)[:_REASON_LIMIT]
    given = Given(InvitationEvent.DECLINE, reason=reason)
    if take_back_own(session, linked, given, mail_domain=mail_domain, now=now):
        return Taken.COUNTS
    if keep_if_contradicting(session, linked, given, mail_domain=mail_domain, now=now):
        return Taken.WAITS
    _move(session, linked, InvitationEvent.DECLINE, now=now)
    answer = keep_answer(
        session, linked, "decline", version.sha256, reason=reason, mail_domain=mail_domain, now=now
    )
    tell_others(session, WebhookEvent.DECLINED, linked, answer, now=now)
    _stop_asking(session, linked, "the organization has declined")
    kind = MessageKind.DECLINE_RECEIPT
    queue_receipts(session, linked, kind, answer=answer, mail_domain=mail_domain, now=now)
    alert(session, linked, AlertEvent.DECLINED, answer, now=now)
    return Taken.COUNTS


def defer(
    session: Session, *, link_id: str, decides_on: date, mail_domain: str, now: datetime
) -> None:
    """Records the day on which the organization decides: until then it is not asked.

    Raises FieldErrors for a day that is no later day, or on which it can no longer be asked before
    the deadline; DeadlinePassed, CampaignNotOpen, AlreadyAnswered, LinkRefused.
    """
    linked = require_answering(session, link_id, now=now)
    deadline, zone = linked.campaign.deadline, linked.contact.zone
    if now >= deadline:  # a late signer, to whom alone the list is open
        raise DeadlinePassed(deadline=deadline)
    if decides_on <= now.astimezone(ZoneInfo(zone)).date():
        raise FieldErrors({"decides_on": "Please choose a day after today."})
    again = asks_again_at(decides_on, zone=zone, deadline=deadline)
    if again >= deadline:
        raise FieldErrors({"decides_on": "Please choose a day before the deadline."})
    version = campaigns.current_version(session, linked.invitation.campaign_id)
    _move(session, linked, InvitationEvent.DEFER, now=now)
    invitations.ask_again(session, linked.invitation, decides_on, at=again)
    answer = keep_answer(
        session,
        linked,
        "defer",
        version.sha256,
        decides_on=decides_on,
        mail_domain=mail_domain,
        now=now,
    )
    _stop_asking(session, linked, "the organization decides on a later day")
    kind = MessageKind.DEFERRAL_RECEIPT
    queue_receipts(session, linked, kind, answer=answer, mail_domain=mail_domain, now=now)


def withdraw(session: Session, *, link_id: str, mail_domain: str, now: datetime) -> Taken:
    """Ends the standing signature, at any time: a consent can always be taken back by who gave it.
    A colleague's taking it back waits for a coordinator.

    Raises AlreadyAnswered where none stands.
    """
    linked = _require_locked(session, link_id, now=now)
    _require_signature(session, linked)
    given = Given(InvitationEvent.WITHDRAW)
    if keep_if_contradicting(session, linked, given, mail_domain=mail_domain, now=now):
        return Taken.WAITS
    take_withdrawal(session, linked, mail_domain=mail_domain, now=now)
    return Taken.COUNTS


def take_withdrawal(session: Session, asked: Asked, *, mail_domain: str, now: datetime) -> None:
    """The withdrawal itself, with all that follows from it. The campaign and the invitation are
    held.

    Raises AlreadyAnswered.
    """
    signature = _require_signature(session, asked)
    _move(session, asked, InvitationEvent.WITHDRAW, now=now)
    signatures.end_signature(session, signature, now=now)
    version = campaigns.current_version(session, asked.invitation.campaign_id)
    answer = keep_answer(
        session,
        asked,
        "withdraw",
        version.sha256,
        signature=signature,
        mail_domain=mail_domain,
        now=now,
    )
    tell_others(session, WebhookEvent.WITHDRAWN, asked, answer, now=now)
    kind = MessageKind.WITHDRAWAL_RECEIPT
    queue_receipts(session, asked, kind, answer=answer, mail_domain=mail_domain, now=now)
    alert(session, asked, AlertEvent.WITHDRAWN, answer, now=now)


def correct(
    session: Session,
    *,
    link_id: str,
    form: LineForm,
    privacy: str = "",
    mail_domain: str,
    now: datetime,
) -> None:
    """Changes how the signed organization is printed, and sends a new receipt. ``privacy`` says who
    may see its name from now on; empty leaves it as it stands.

    Raises FieldErrors, DeadlinePassed, CampaignNotOpen, AlreadyAnswered where no signature stands.
    """
    linked = require_answering(session, link_id, now=now)
    signature = _require_signature(session, linked)
    wanted = checked_line(form, privacy=privacy or signature.privacy)
    _change(session, linked, signature, wanted, mail_domain=mail_domain, now=now)


def protect(
    session: Session, *, link_id: str, privacy: str, mail_domain: str, now: datetime
) -> None:
    """Lets fewer people learn the organization's name, at any time: a protection can always be
    taken, and after the deadline it can no longer be given up.

    Raises FieldErrors for a choice that protects no more, AlreadyAnswered where no signature
    stands, LinkRefused.
    """
    linked = _require_locked(session, link_id, now=now)
    signature = _require_signature(session, linked)
    wanted = read_privacy(privacy)
    if not protects_more(wanted, than=Privacy(signature.privacy)):
        raise FieldErrors({"privacy": "Please choose who may still see your name."})
    line = PrintedLine(line_of(signature), wanted)
    _change(session, linked, signature, line, mail_domain=mail_domain, now=now)


def _require_signature(session: Session, asked: Asked) -> Signature:
    signature = signatures.find_standing(session, _id(asked))
    if signature is None:
        raise AlreadyAnswered(state=asked.invitation.state)
    return signature


def _change(
    session: Session,
    linked: Linked,
    signature: Signature,
    wanted: PrintedLine,
    *,
    mail_domain: str,
    now: datetime,
) -> None:
    signatures.change_signature(session, signature, line=wanted.line, privacy=wanted.privacy)
    version = campaigns.current_version(session, linked.invitation.campaign_id)
    answer = keep_answer(
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
    invitations.require_still_live(session, linked.link, now=now)
    if linked.contact.role != "signs" or linked.campaign.state == CampaignState.CANCELLED:
        raise LinkRefused
    invitations.lock_invitation(session, _id(linked))
    return linked


def require_answering(session: Session, link_id: str, *, now: datetime) -> Linked:
    """What the link leads to, held until the transaction ends.

    Raises LinkRefused, DeadlinePassed, CampaignNotOpen.
    """
    linked = _require_locked(session, link_id, now=now)
    require_taking(linked, now=now)
    return linked


def require_taking(asked: Asked, *, now: datetime) -> None:
    """Raises DeadlinePassed, CampaignNotOpen where an answer given now would not count."""
    state, deadline = CampaignState(asked.campaign.state), asked.campaign.deadline
    open_until = asked.invitation.open_until
    if takes_answers(state, deadline=deadline, open_until=open_until, now=now):
        return
    last = last_moment(state, deadline=deadline, open_until=open_until)
    if now >= last:
        raise DeadlinePassed(deadline=last)
    raise CampaignNotOpen(state=state)


def _move(session: Session, asked: Asked, event: InvitationEvent, *, now: datetime) -> None:
    try:
        invitations.move_invitation(session, asked.invitation, event, now=now)
    except MoveRefused:
        state = InvitationState(asked.invitation.state)
        raise AlreadyAnswered(state=state.value) from None
    close_if_agreed(session, _id(asked), now=now)


def _stop_asking(session: Session, asked: Asked, reason: str) -> None:
    messages.cancel_queued(session, invitation_id=_id(asked), reason=reason)


def _id(asked: Asked) -> int:
    assert asked.invitation.id is not None
    return asked.invitation.id
