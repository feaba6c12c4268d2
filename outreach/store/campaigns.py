"""Campaigns and their statement versions."""

from datetime import datetime

from sqlmodel import Session, col, select

from outreach.domain.campaign import (
    CAMPAIGN_MOVES,
    CampaignEvent,
    CampaignState,
)
from outreach.domain.errors import CampaignNotFound
from outreach.domain.moves import next_state
from outreach.domain.views import CampaignFacts
from outreach.store.tables import Campaign, StatementVersion


def find_campaign(session: Session, slug: str) -> Campaign | None:
    return session.exec(select(Campaign).where(col(Campaign.slug) == slug)).first()


def require_campaign(session: Session, slug: str) -> Campaign:
    """Raises CampaignNotFound."""
    campaign = find_campaign(session, slug)
    if campaign is None:
        raise CampaignNotFound(slug=slug)
    return campaign


def lock_campaign(session: Session, slug: str) -> Campaign:
    """The campaign, held until the transaction ends: its state is decided by one at a time."""
    query = select(Campaign).where(col(Campaign.slug) == slug).with_for_update()
    campaign = session.exec(query, execution_options={"populate_existing": True}).first()
    if campaign is None:
        raise CampaignNotFound(slug=slug)
    return campaign


def hold_campaign(session: Session, campaign_id: int) -> Campaign:
    """The campaign as it is now, its state held still until the transaction ends.

    Shared by any number of answers; who locks the campaign waits for them, and they for it. Taken
    before an invitation, as by everybody: the other order is a deadlock.
    """
    query = select(Campaign).where(col(Campaign.id) == campaign_id).with_for_update(read=True)
    return session.exec(query, execution_options={"populate_existing": True}).one()


def lock_all(session: Session) -> None:
    """Every campaign, in the order in which all lock, held until the transaction ends."""
    session.exec(select(Campaign.id).order_by(col(Campaign.id)).with_for_update()).all()


def list_campaigns(session: Session) -> list[Campaign]:
    return list(session.exec(select(Campaign).order_by(col(Campaign.deadline), col(Campaign.id))))


def move_campaign(session: Session, campaign: Campaign, event: CampaignEvent) -> None:
    """Moves a locked campaign. Raises MoveRefused."""
    campaign.state = next_state(CAMPAIGN_MOVES, CampaignState(campaign.state), event)
    session.add(campaign)
    session.flush()


def due_to_close(session: Session, *, now: datetime) -> list[str]:
    """Slugs of the campaigns whose deadline has come and that still run."""
    running = (CampaignState.OPEN, CampaignState.PAUSED)
    query = select(Campaign.slug).where(
        col(Campaign.state).in_(running), col(Campaign.deadline) <= now
    )
    return list(session.exec(query.order_by(col(Campaign.id))))  # the order in which all lock


def retained(session: Session, *, published_before: datetime) -> list[str]:
    """Slugs of the campaigns published before then that still have their contacts."""
    query = select(Campaign.slug).where(
        col(Campaign.state) == CampaignState.PUBLISHED,
        col(Campaign.published_at) <= published_before,
        col(Campaign.contacts_erased_at).is_(None),
        col(Campaign.contacts_kept).is_(False),
    )
    return list(session.exec(query.order_by(col(Campaign.id))))


def open_campaigns(session: Session, *, now: datetime) -> list[Campaign]:
    query = select(Campaign).where(
        col(Campaign.state) == CampaignState.OPEN, col(Campaign.deadline) > now
    )
    return list(session.exec(query.order_by(col(Campaign.id))))


def current_version(session: Session, campaign_id: int) -> StatementVersion:
    query = (
        select(StatementVersion)
        .where(col(StatementVersion.campaign_id) == campaign_id)
        .order_by(col(StatementVersion.number).desc())
    )
    return session.exec(query.limit(1)).one()


def version_of(session: Session, campaign_id: int, *, sha256: str) -> StatementVersion:
    """The wording with this hash; the newest, where one was taken up again."""
    query = (
        select(StatementVersion)
        .where(
            col(StatementVersion.campaign_id) == campaign_id,
            col(StatementVersion.sha256) == sha256,
        )
        .order_by(col(StatementVersion.number).desc())
    )
    return session.exec(query.limit(1)).one()


def campaign_facts(campaign: Campaign) -> CampaignFacts:
    return CampaignFacts(
        slug=campaign.slug,
        state=CampaignState(campaign.state),
        title=campaign.title,
        addressee=campaign.addressee,
        occasion=campaign.occasion,
        occasion_date=campaign.occasion_date,
        reply_to=campaign.reply_to,
        language=campaign.language,
        deadline=campaign.deadline,
        zone=campaign.zone,
        pause_reason=campaign.pause_reason,
        pause_note=campaign.pause_note,
    )


def is_still_due(campaign: Campaign, *, now: datetime) -> bool:
    """Looked at again under the lock: another sweep may have closed it, or it was extended."""
    return campaign.state in (CampaignState.OPEN, CampaignState.PAUSED) and campaign.deadline <= now
