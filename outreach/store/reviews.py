"""Answers that contradict the one that stands: kept, found with what is true now, settled once."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from outreach.domain.campaign import CampaignState
from outreach.domain.evidence import EventKind, Method
from outreach.domain.invitation import InvitationState
from outreach.domain.moves import next_state
from outreach.domain.review import (
    REVIEW_MOVES,
    Circumstances,
    Hindrance,
    ReviewEvent,
    ReviewState,
    Standing,
    find_hindrance,
)
from outreach.store import signatures
from outreach.store.desk_tables import Coordinator
from outreach.store.ledger_tables import LedgerEvent
from outreach.store.review_tables import Review
from outreach.store.tables import (
    Answer,
    Campaign,
    Contact,
    Invitation,
    Organization,
    StatementVersion,
)

_SAID = (
    *("kind", "statement_sha256", "credit_line", "acronym", "country", "url", "sort_name"),
    *("signer_name", "capacity", "authority", "privacy", "reason"),
)


@dataclass(frozen=True)
class Reviewed:
    """A review as the desk shows it: the answer that stands (``standing``), the one that
    contradicts it (``kind``), and what became of it. ``first`` and ``later`` name the contacts;
    ``first`` is empty for a consent recorded by hand, ``settler`` where nobody had to settle it.
    ``hindrance`` says why the later one cannot take the first one's place, while it waits."""

    id: int
    organization_id: int
    organization: str
    standing: str
    standing_at: datetime
    first: str
    kind: str
    given_at: datetime
    later: str
    credit_line: str
    sort_name: str
    signer_name: str
    capacity: str
    privacy: str
    reason: str
    state: ReviewState
    settler: str
    settled_at: datetime | None
    note: str
    hindrance: Hindrance | None

    @property
    def waits(self) -> bool:
        return self.state is ReviewState.WAITING


def find_standing(session: Session, invitation: Invitation) -> tuple[Standing, datetime | None]:
    """What the organization has said last, by whom of its contacts, and when."""
    assert invitation.id is not None
    state = InvitationState(invitation.state)
    who, at = _who_spoke(session, invitation.id, state)
    contact = session.get(Contact, who, populate_existing=True) if who is not None else None
    gone = contact is not None and is_gone(contact)
    return Standing(state, who, is_gone=gone), at


def _who_spoke(
    session: Session, invitation_id: int, state: InvitationState
) -> tuple[int | None, datetime | None]:
    """None for who it is where it was recorded by hand: that is undone as it was given, by any."""
    if state is InvitationState.SIGNED:
        signature = signatures.find_standing(session, invitation_id)
        if signature is not None:
            is_theirs = signature.method != Method.BY_HAND
            return (signature.contact_id if is_theirs else None), signature.signed_at
    query = select(Answer.contact_id, Answer.at).where(col(Answer.invitation_id) == invitation_id)
    row = session.exec(query.order_by(col(Answer.id).desc()).limit(1)).first()
    return row or (None, None)


def is_gone(contact: Contact) -> bool:
    """Whether the contact can answer no more: another took its place, or it is only copied."""
    return contact.replaced_at is not None or contact.role != "signs"


def add_review(session: Session, review: Review) -> int:
    """Raises IntegrityError where one of the invitation waits already."""
    session.add(review)
    session.flush()
    assert review.id is not None
    return review.id


def find_waiting(session: Session, invitation_id: int) -> Review | None:
    """As it is now, of an invitation that the caller holds."""
    query = select(Review).where(
        col(Review.invitation_id) == invitation_id, col(Review.state) == ReviewState.WAITING
    )
    return session.exec(query, execution_options={"populate_existing": True}).first()


def lock_review(
    session: Session, *, campaign_id: int, organization_id: int, review_id: int
) -> Review | None:
    """Held until the transaction ends; taken after the invitation."""
    query = (
        select(Review)
        .where(
            col(Review.id) == review_id,
            col(Review.campaign_id) == campaign_id,
            col(Review.organization_id) == organization_id,
        )
        .with_for_update()
    )
    return session.exec(query, execution_options={"populate_existing": True}).first()


def say_anew(session: Session, waiting: Review, review: Review) -> bool:
    """The waiting one as its giver has said it now. Returns whether that differs."""
    said = {name: getattr(review, name) for name in _SAID}
    if said == {name: getattr(waiting, name) for name in _SAID}:
        return False
    for name, value in said.items():
        setattr(waiting, name, value)
    waiting.given_at = review.given_at
    session.add(waiting)
    session.flush()
    return True


def was_logged(session: Session, review: Review, *, since: datetime) -> bool:
    """Whether the ledger tells already that this contact contradicts what stands."""
    query = select(LedgerEvent.position).where(
        col(LedgerEvent.campaign_id) == review.campaign_id,
        col(LedgerEvent.kind) == EventKind.CONTRADICTED,
        col(LedgerEvent.contact_id) == review.contact_id,
        col(LedgerEvent.at) >= since,
    )
    return session.exec(query).first() is not None


def organization_of(session: Session, campaign_id: int, review_id: int) -> int | None:
    query = select(Review.organization_id).where(
        col(Review.campaign_id) == campaign_id, col(Review.id) == review_id
    )
    return session.exec(query).first()


def settle_review(
    session: Session,
    review: Review,
    event: ReviewEvent,
    *,
    by: int | None,
    note: str = "",
    now: datetime,
) -> None:
    """Raises MoveRefused for one that was settled before."""
    review.state = next_state(REVIEW_MOVES, ReviewState(review.state), event)
    review.settled_by, review.settled_at, review.note = by, now, note
    session.add(review)
    session.flush()


def count_waiting(session: Session, campaign_id: int) -> int:
    query = select(func.count()).where(
        col(Review.campaign_id) == campaign_id, col(Review.state) == ReviewState.WAITING
    )
    return session.exec(query).one()


def list_reviews(
    session: Session,
    campaign_id: int,
    *,
    organization_id: int | None = None,
    only_waiting: bool = False,
    now: datetime,
) -> list[Reviewed]:
    """Of the campaign, or of one organization; the oldest first."""
    query = _query.where(col(Review.campaign_id) == campaign_id)
    if organization_id is not None:
        query = query.where(col(Review.organization_id) == organization_id)
    if only_waiting:
        query = query.where(col(Review.state) == ReviewState.WAITING)
    rows = session.connection().execute(query.order_by(col(Review.id)))
    return [_reviewed(row, now=now) for row in rows]


def find_reviewed(session: Session, review_id: int, *, now: datetime) -> Reviewed | None:
    row = session.connection().execute(_query.where(col(Review.id) == review_id)).first()
    return _reviewed(row, now=now) if row else None


_first, _later, _settler = aliased(Contact), aliased(Contact), aliased(Coordinator)
_current_sha256 = (
    sqlalchemy.select(col(StatementVersion.sha256))
    .where(col(StatementVersion.campaign_id) == col(Campaign.id))
    .order_by(col(StatementVersion.number).desc())
    .limit(1)
    .scalar_subquery()
)


def _name(person: Any) -> sqlalchemy.ColumnElement[str]:
    return func.coalesce(func.nullif(person.name, ""), person.email, "")


_query: sqlalchemy.Select[*tuple[Any, ...]] = (
    sqlalchemy.select(
        col(Review.id),
        col(Review.organization_id),
        col(Organization.name).label("organization"),
        col(Review.standing),
        col(Review.standing_at),
        _name(_first).label("first"),
        col(Review.kind),
        col(Review.given_at),
        _name(_later).label("later"),
        col(Review.credit_line),
        col(Review.sort_name),
        col(Review.signer_name),
        col(Review.capacity),
        col(Review.privacy),
        col(Review.reason),
        col(Review.state),
        _name(_settler).label("settler"),
        col(Review.settled_at),
        col(Review.note),
        col(Review.statement_sha256),
        col(_later.replaced_at),
        col(_later.role),
        col(Campaign.state).label("campaign_state"),
        col(Campaign.deadline),
        col(Invitation.open_until),
        col(Invitation.state).label("invitation_state"),
        _current_sha256.label("current_sha256"),
    )
    .join(Organization, col(Organization.id) == col(Review.organization_id))
    .join(Invitation, col(Invitation.id) == col(Review.invitation_id))
    .join(Campaign, col(Campaign.id) == col(Review.campaign_id))
    .join(_later, col(_later.id) == col(Review.contact_id))
    .outerjoin(_first, col(_first.id) == col(Review.standing_by))
    .outerjoin(_settler, col(_settler.id) == col(Review.settled_by))
)
_SHOWN = {one.name for one in fields(Reviewed)} - {"state", "hindrance"}


def _reviewed(row: Any, *, now: datetime) -> Reviewed:
    known = {name: getattr(row, name) for name in _SHOWN}
    state = ReviewState(row.state)
    hindrance = find_hindrance(_facts(row), now=now) if state is ReviewState.WAITING else None
    return Reviewed(**known, state=state, hindrance=hindrance)


def _facts(row: Any) -> Circumstances:
    return Circumstances(
        is_yes=row.kind == "sign",
        standing=InvitationState(row.standing),
        invitation_state=InvitationState(row.invitation_state),
        campaign_state=CampaignState(row.campaign_state),
        deadline=row.deadline,
        open_until=row.open_until,
        text_changed=row.statement_sha256 != row.current_sha256,
        is_gone=row.replaced_at is not None or row.role != "signs",
    )
