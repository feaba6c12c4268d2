"""All campaigns at a glance: one statement for a kind of count, however many there are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from outreach.domain.message import MessageState
from outreach.store.desk_lists import is_not_reached
from outreach.store.mail_lists import still_matters
from outreach.store.tables import Campaign, Contact, Invitation, Message, Organization


def organizations_by_campaign(session: Session) -> dict[int, int]:
    query = select(col(Organization.campaign_id), func.count()).group_by(
        col(Organization.campaign_id)
    )
    return {row[0]: row[1] for row in session.connection().execute(query)}


def answers_by_campaign(session: Session) -> dict[int, dict[str, int]]:
    """Invitations by state."""
    query = select(col(Invitation.campaign_id), col(Invitation.state), func.count()).group_by(
        col(Invitation.campaign_id), col(Invitation.state)
    )
    return _nested(session, query)


def troubles_by_campaign(
    session: Session, campaigns: Sequence[Campaign], *, now: datetime
) -> dict[int, dict[str, int]]:
    """Messages that a person may have to settle, by state: those that the list of mails says need
    attention."""
    query = (
        select(col(Message.campaign_id), col(Message.state), func.count())
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .join(Invitation, col(Invitation.id) == col(Message.invitation_id))
        .where(
            col(Message.campaign_id).in_([one.id for one in campaigns]),
            col(Message.state).in_((MessageState.FAILED, MessageState.UNCERTAIN)),
            still_matters(campaigns, now=now),
        )
        .group_by(col(Message.campaign_id), col(Message.state))
    )
    return _nested(session, query)


def not_reached_by_campaign(session: Session, campaign_ids: Sequence[int]) -> dict[int, int]:
    """Organizations that owe an answer and whom no mail has reached, with none on its way."""
    query = (
        select(col(Invitation.campaign_id), func.count())
        .where(col(Invitation.campaign_id).in_(campaign_ids), is_not_reached())
        .group_by(col(Invitation.campaign_id))
    )
    return {row[0]: row[1] for row in session.connection().execute(query)}


def _nested(session: Session, query: Select[int, str, int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for campaign_id, state, count in session.connection().execute(query):
        found.setdefault(campaign_id, {})[state] = count
    return found
