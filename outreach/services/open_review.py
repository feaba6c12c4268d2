"""An answer that contradicts what a colleague has answered: kept as it was given, for a
coordinator to settle (``settle_review``). What stands is not touched by it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.invitation import InvitationEvent
from outreach.domain.message import MessageKind
from outreach.domain.notice import AlertEvent
from outreach.domain.review import ReviewEvent, contradicts
from outreach.services.alert_coordinators import alert_of_answer
from outreach.services.answer_form import SignForm
from outreach.services.append_event import append_contradiction
from outreach.services.queue_receipts import queue_review_mails
from outreach.store import campaigns, messages, reviews, signatures
from outreach.store.invitations import Linked
from outreach.store.review_tables import Review


@dataclass(frozen=True)
class Given:
    """An answer as it was given, before it is known whether it counts. ``form`` is a yes's."""

    event: InvitationEvent
    reason: str = ""
    form: SignForm | None = None
    authority: str = ""


def keep_if_contradicting(
    session: Session, linked: Linked, given: Given, *, mail_domain: str, now: datetime
) -> bool:
    """Whether it contradicts a colleague's answer. It is kept then, the coordinators and the
    organization's contacts are told, and what stands stays. The campaign and the invitation are
    held.

    While one waits, another contact's goes into the ledger, once, and opens no second review; the
    same person's, said again, is kept once, and as it was said last: a yes may protect more.
    """
    assert linked.contact.id is not None
    standing, standing_at = reviews.find_standing(session, linked.invitation)
    if not contradicts(given.event, standing, contact_id=linked.contact.id):
        return False
    review = _review(session, linked, given, now=now)
    review.standing, review.standing_by = standing.state, standing.contact_id
    review.standing_at = standing_at or now
    open_one = reviews.find_waiting(session, review.invitation_id)
    if open_one is not None and open_one.contact_id == review.contact_id:
        if not reviews.say_anew(session, open_one, review):
            return True
    elif open_one is not None and reviews.was_logged(session, review, since=open_one.given_at):
        return True
    if open_one is None:
        number = reviews.add_review(session, review)
        queue_review_mails(
            session,
            linked,
            MessageKind.REVIEW_NOTICE,
            review_id=number,
            mail_domain=mail_domain,
            now=now,
        )
        _alert(session, review, now=now)
    _log(session, linked, review, mail_domain=mail_domain, now=now)
    return True


def take_back_own(
    session: Session, linked: Linked, given: Given, *, mail_domain: str, now: datetime
) -> bool:
    """Whether this no takes back the yes that waits, by who gave it: it waits for nobody any more,
    and what stands is what it said. The campaign and the invitation are held."""
    assert linked.invitation.id is not None
    waiting = reviews.find_waiting(session, linked.invitation.id)
    is_own_yes = (
        waiting is not None
        and waiting.contact_id == linked.contact.id
        and waiting.kind == InvitationEvent.SIGN
    )
    if waiting is None or not is_own_yes:
        return False
    close_if_agreed(session, linked.invitation.id, now=now)
    taken_back = _review(session, linked, given, now=now)
    _log(session, linked, taken_back, mail_domain=mail_domain, now=now)
    return True


def close_if_agreed(session: Session, invitation_id: int, *, now: datetime) -> None:
    """The organization's answer has just been changed by who may change it: what contradicted the
    one before waits for nobody any more."""
    waiting = reviews.find_waiting(session, invitation_id)
    if waiting is not None:
        reviews.settle_review(session, waiting, ReviewEvent.AGREE, by=None, now=now)
        stop_telling(session, invitation_id)


def stop_telling(session: Session, invitation_id: int) -> None:
    """What still waits to say that it is to be settled comes too late."""
    messages.cancel_queued(
        session,
        invitation_id=invitation_id,
        reason="it was settled",
        kinds=frozenset({MessageKind.REVIEW_NOTICE}),
    )


def _review(session: Session, linked: Linked, given: Given, *, now: datetime) -> Review:
    assert linked.invitation.id is not None
    assert linked.contact.id is not None
    version = campaigns.current_version(session, linked.invitation.campaign_id)
    review = Review(
        campaign_id=linked.invitation.campaign_id,
        organization_id=linked.invitation.organization_id,
        invitation_id=linked.invitation.id,
        contact_id=linked.contact.id,
        kind=given.event,
        statement_sha256=version.sha256,
        reason=given.reason,
        authority=given.authority,
        given_at=now,
        standing="",
        standing_at=now,
    )
    if form := given.form:
        review.credit_line, review.sort_name = form.line.printed, form.sort_name
        review.acronym, review.country, review.url = form.acronym, form.country, form.url
        review.signer_name, review.capacity = form.signer_name, form.capacity
        review.privacy = form.privacy
    return review


def _alert(session: Session, review: Review, *, now: datetime) -> None:
    assert review.id is not None
    alert_of_answer(
        session,
        AlertEvent.CONTRADICTED,
        campaign_id=review.campaign_id,
        organization_id=review.organization_id,
        answer_id=review.id,
        now=now,
    )


def _log(
    session: Session, linked: Linked, review: Review, *, mail_domain: str, now: datetime
) -> None:
    append_contradiction(
        session,
        linked,
        review,
        signature=signatures.find_standing(session, review.invitation_id),
        mail_domain=mail_domain,
        now=now,
    )
