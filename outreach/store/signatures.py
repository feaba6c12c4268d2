"""Signatures, and the append-only record of every answer."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func
from sqlmodel import Session, col, select

from outreach.domain.campaign import CampaignState
from outreach.domain.credit_line import CreditLine
from outreach.domain.evidence import Method
from outreach.domain.invitation import InvitationState
from outreach.domain.privacy import Privacy
from outreach.domain.views import Signatory
from outreach.store.tables import Answer, Campaign, Invitation, Link, Signature


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


def change_signature(
    session: Session, signature: Signature, *, line: CreditLine, privacy: Privacy
) -> None:
    """What it said before stays in the record of answers."""
    signature.credit_line = line.printed
    signature.acronym = line.acronym
    signature.country = line.country
    signature.url = line.url
    signature.sort_name = line.sort_name
    signature.privacy = privacy
    session.add(signature)
    session.flush()


def record_answer(session: Session, answer: Answer) -> Answer:
    session.add(answer)
    session.flush()
    return answer


def newest_answers(session: Session, campaign_id: int) -> dict[int, tuple[int, str]]:
    """By invitation: the id and the kind of the answer given last."""
    newest = (
        select(func.max(col(Answer.id)))
        .join(Invitation, col(Invitation.id) == col(Answer.invitation_id))
        .where(col(Invitation.campaign_id) == campaign_id)
        .group_by(col(Answer.invitation_id))
    )
    query = select(Answer.invitation_id, Answer.id, Answer.kind).where(col(Answer.id).in_(newest))
    return {invitation: (key or 0, kind) for invitation, key, kind in session.exec(query)}


def newest_answer(session: Session, invitation_id: int) -> int:
    """The id of the last one that the organization gave; NoResultFound where it gave none."""
    query = select(Answer.id).where(col(Answer.invitation_id) == invitation_id)
    found = session.exec(query.order_by(col(Answer.id).desc()).limit(1)).one()
    assert found is not None
    return found


def standing_signatories(
    session: Session, campaign_id: int, *, privacy: Privacy = Privacy.PUBLIC
) -> list[Signatory]:
    """Those whose yes stands and who have made that choice, in no order."""
    query = (
        select(Signature.credit_line, Signature.sort_name, Signature.url)
        .join(Invitation, col(Invitation.id) == col(Signature.invitation_id))
        .where(_stands(campaign_id), col(Signature.privacy) == privacy)
    )
    return [Signatory(*row) for row in session.exec(query)]


def signatories_beside(session: Session, link_id: str) -> list[Signatory]:
    """Those of the same campaign that are named in public, but for the link's own, in no order."""
    asked = select(Invitation).join(Link, col(Link.invitation_id) == col(Invitation.id))
    asked = asked.where(col(Link.id) == link_id)
    own = session.exec(asked).one()
    query = (
        select(Signature.credit_line, Signature.sort_name, Signature.url)
        .join(Invitation, col(Invitation.id) == col(Signature.invitation_id))
        .where(
            _stands(own.campaign_id),
            col(Signature.privacy) == Privacy.PUBLIC,
            col(Invitation.id) != own.id,
        )
    )
    return [Signatory(*row) for row in session.exec(query)]


def count_standing(
    session: Session,
    campaign_id: int,
    *,
    privacies: Collection[Privacy] = tuple(Privacy),
    method: Method | None = None,
) -> int:
    """All, or those that came in by one method."""
    query = (
        select(func.count())
        .select_from(Signature)
        .join(Invitation, col(Invitation.id) == col(Signature.invitation_id))
        .where(_stands(campaign_id), col(Signature.privacy).in_(privacies))
    )
    if method is not None:
        query = query.where(col(Signature.method) == method)
    return session.exec(query).one()


def count_told(session: Session, campaign_id: int) -> int:
    """How many signatures the outside is told of: as many as the published list, once there is
    one, so that nothing follows from a mail and a list that differ."""
    published = col(Campaign.state) == CampaignState.PUBLISHED
    standing = (
        select(func.count())
        .select_from(Signature)
        .join(Invitation, col(Invitation.id) == col(Signature.invitation_id))
        .where(_stands(campaign_id), ~published | (col(Signature.privacy) == Privacy.PUBLIC))
        .correlate(Campaign)
        .scalar_subquery()
    )
    unnamed = case((published, col(Campaign.unnamed)), else_=0)
    query = select(unnamed + standing).where(col(Campaign.id) == campaign_id)
    told: int = session.exec(query).one()
    return told


def _stands(campaign_id: int) -> ColumnElement[bool]:
    return and_(
        col(Invitation.campaign_id) == campaign_id,
        col(Invitation.state) == InvitationState.SIGNED,
        col(Signature.withdrawn_at).is_(None),
    )
