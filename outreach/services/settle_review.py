"""A coordinator settles a review: the first answer stands, or the later one takes its place.

Only the second changes anything, by the same rules as if that contact answered now.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.credit_line import line_of
from outreach.domain.errors import InvitationNotFound, Refused
from outreach.domain.message import MessageKind
from outreach.domain.review import ReviewEvent, ReviewState
from outreach.services.answer_form import SignForm
from outreach.services.answer_invitation import take_signature, take_withdrawal
from outreach.services.clean_typing import clean_text
from outreach.services.note_activity import note_activity
from outreach.services.open_review import stop_telling
from outreach.services.queue_receipts import queue_review_mails
from outreach.store import campaigns, invitations, reviews
from outreach.store.invitations import Asked
from outreach.store.review_tables import Review
from outreach.store.tables import Contact

_NOTE_LIMIT: Final = 2_000


class ReviewRefused(Refused):
    """It cannot be settled so; ``str()`` says why."""


def let_first_stand(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    review_id: int,
    note: str,
    by: Actor,
    mail_domain: str,
    now: datetime,
) -> None:
    """Puts the later answer aside, with a note, and tells the organization's contacts.

    Raises CampaignNotFound, InvitationNotFound where there is no such review, ReviewRefused.
    """
    asked, review = _require(session, slug, organization_id, review_id)
    _settle(session, review, ReviewEvent.KEEP, note=note, by=by, now=now)
    if asked.invitation.state == review.standing:
        queue_review_mails(
            session,
            asked,
            MessageKind.REVIEW_RESULT,
            review_id=review_id,
            mail_domain=mail_domain,
            now=now,
        )
    _note(session, review, "review.keep", by=by, now=now)


def let_later_replace(
    session: Session,
    *,
    slug: str,
    organization_id: int,
    review_id: int,
    note: str,
    by: Actor,
    mail_domain: str,
    now: datetime,
) -> None:
    """The later answer becomes the organization's; its receipts tell the contacts.

    Raises CampaignNotFound, InvitationNotFound, ReviewRefused.
    """
    asked, review = _require(session, slug, organization_id, review_id)
    found = reviews.find_reviewed(session, review_id, now=now)
    if found is not None and found.hindrance is not None:
        raise ReviewRefused(found.hindrance)
    _settle(session, review, ReviewEvent.REPLACE, note=note, by=by, now=now)
    asked = replace(asked, contact=session.get_one(Contact, review.contact_id))
    _take(session, asked, review, mail_domain=mail_domain, now=now)
    _note(session, review, "review.replace", by=by, now=now)


def _take(
    session: Session, asked: Asked, review: Review, *, mail_domain: str, now: datetime
) -> None:
    if review.kind != "sign":
        take_withdrawal(session, asked, mail_domain=mail_domain, now=now)
        return
    version = campaigns.current_version(session, review.campaign_id)
    form = SignForm(
        credit_line=line_of(review).name,
        acronym=review.acronym,
        country=review.country,
        url=review.url,
        sort_name=review.sort_name,
        signer_name=review.signer_name,
        capacity=review.capacity,
        authority=True,
        statement_sha256=version.sha256,
        privacy=review.privacy,
    )
    take_signature(
        session,
        asked,
        version,
        form,
        authority=review.authority,
        mail_domain=mail_domain,
        now=now,
    )


def _require(
    session: Session, slug: str, organization_id: int, review_id: int
) -> tuple[Asked, Review]:
    """Both held until the transaction ends, and the review still to be settled."""
    asked = invitations.hold_asked(session, slug, organization_id)
    review = reviews.lock_review(
        session,
        campaign_id=asked.invitation.campaign_id,
        organization_id=organization_id,
        review_id=review_id,
    )
    if review is None:
        raise InvitationNotFound
    if review.state != ReviewState.WAITING:
        raise ReviewRefused("it was settled already")
    return asked, review


def _settle(
    session: Session, review: Review, event: ReviewEvent, *, note: str, by: Actor, now: datetime
) -> None:
    """Raises ReviewRefused for a note that is empty or too long."""
    words = clean_text(note)
    if not words or len(words) > _NOTE_LIMIT:
        raise ReviewRefused(f"say how you know, in {_NOTE_LIMIT:,} characters at most")
    reviews.settle_review(session, review, event, by=by.coordinator_id, note=words, now=now)
    stop_telling(session, review.invitation_id)


def _note(session: Session, review: Review, action: str, *, by: Actor, now: datetime) -> None:
    """That it was settled and how, and neither what was answered nor by whom."""
    note_activity(
        session,
        by=by,
        action=action,
        campaign_id=review.campaign_id,
        organization_id=review.organization_id,
        now=now,
    )
