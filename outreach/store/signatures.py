"""Signatures, and the append-only record of every answer."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from outreach.domain.evidence import Method
from outreach.domain.invitation import InvitationState
from outreach.domain.views import Signatory
from outreach.store.tables import Answer, Invitation, Signature


def find_standing(session: Session, invitation_id: int) -> Signature | None:
    query = select(Signature).where(
        col(Signature.invitation_id) == invitation_id, col(Signature.withdrawn_at).is_(None)
    )
    return session.exec(query).first()


def record_signature(session: Session, signature: Signature) -> Signature:
    session.add(signature)
    session.flush()
    return signature


def end_signature(session: Session, signature: Signature, *, now: datetime) -> None:
    signature.withdrawn_at = now
    session.add(signature)
    session.flush()


def rename_signature(
    session: Session, signature: Signature, *, credit_line: str, sort_name: str
) -> None:
    """The former line stays in the record of answers."""
    signature.credit_line = credit_line
    signature.sort_name = sort_name
    session.add(signature)
    session.flush()


def record_answer(session: Session, answer: Answer) -> Answer:
    session.add(answer)
    session.flush()
    return answer


def standing_signatories(session: Session, campaign_id: int) -> Iterable[Signatory]:
    """Those whose yes stands, in no order."""
    query = (
        select(Signature.credit_line, Signature.sort_name)
        .join(Invitation, col(Invitation.id) == col(Signature.invitation_id))
        .where(
            col(Invitation.campaign_id) == campaign_id,
            col(Invitation.state) == InvitationState.SIGNED,
            col(Signature.withdrawn_at).is_(None),
        )
    )
    return [Signatory(*row) for row in session.exec(query)]


def count_standing(session: Session, campaign_id: int, *, method: Method | None = None) -> int:
    """All, or those that came in by one method."""
    query = (
        select(func.count())
        .select_from(Signature)
        .join(Invitation, col(Invitation.id) == col(Signature.invitation_id))
        .where(
            col(Invitation.campaign_id) == campaign_id,
            col(Invitation.state) == InvitationState.SIGNED,
            col(Signature.withdrawn_at).is_(None),
        )
    )
    if method is not None:
        query = query.where(col(Signature.method) == method)
    return session.exec(query).one()
