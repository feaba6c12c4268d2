"""Campaigns before their launch: the text that may still change, and whom they would reach."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from outreach.domain.campaign import CampaignEvent, CampaignState
from outreach.domain.errors import MoveRefused
from outreach.store.campaigns import lock_campaign
from outreach.store.tables import Campaign, Contact, StatementVersion, Suppression


def lock_draft(session: Session, slug: str) -> Campaign:
    """Held until the transaction ends, so that no launch comes between.

    Raises CampaignNotFound, and MoveRefused for what is no draft any more.
    """
    campaign = lock_campaign(session, slug)
    if campaign.state != CampaignState.DRAFT:
        raise MoveRefused(state=campaign.state, event=CampaignEvent.LAUNCH)
    return campaign


def first_version(session: Session, campaign_id: int) -> StatementVersion:
    """The only one that a draft has. Nobody can have signed it: a draft has no links."""
    query = select(StatementVersion).where(
        col(StatementVersion.campaign_id) == campaign_id, col(StatementVersion.number) == 1
    )
    return session.exec(query).one()


def contacts_by_zone(session: Session, campaign_id: int) -> Sequence[tuple[str, int]]:
    """Zone and how many read there, most first."""
    return _counted(session, campaign_id, column="zone")


def contacts_by_language(session: Session, campaign_id: int) -> Sequence[tuple[str, int]]:
    return _counted(session, campaign_id, column="language")


def _counted(session: Session, campaign_id: int, *, column: str) -> Sequence[tuple[str, int]]:
    which = col(getattr(Contact, column))
    query = (
        core_select(which, func.count())
        .where(col(Contact.campaign_id) == campaign_id)
        .group_by(which)
        .order_by(func.count().desc(), which)
    )
    return [(str(name), int(many)) for name, many in session.connection().execute(query)]


def suppressed_contacts(
    session: Session, campaign_id: int, *, most: int
) -> tuple[int, Sequence[str]]:
    """How many of the campaign's addresses get no mail from us, and the first of them."""
    where = (
        core_select(col(Contact.email))
        .join(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .where(col(Contact.campaign_id) == campaign_id)
    )
    connection = session.connection()
    total = connection.execute(core_select(func.count()).select_from(where.subquery())).scalar_one()
    first = connection.execute(where.order_by(col(Contact.id)).limit(most)).scalars().all()
    return int(total), [str(email) for email in first]


def settle_step(session: Session, campaign: Campaign, step: str) -> None:
    """A coordinator has decided it: it is no proposal of ours any more."""
    left = [one for one in campaign.open_steps.split() if one != step]
    campaign.open_steps = " ".join(left)
    session.add(campaign)
    session.flush()
