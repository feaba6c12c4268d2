"""What was done, by whom: appended, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select
from sqlmodel import Session, col, func, select

from outreach.store.desk_tables import Activity, Coordinator
from outreach.store.tables import Campaign, Organization


@dataclass(frozen=True)
class ActivityRow:
    """One line of the log, with the names of what it is about."""

    at: datetime
    actor: str
    action: str
    detail: str
    campaign_slug: str
    campaign_title: str
    organization_id: int | None
    organization: str


def add_activity(session: Session, activity: Activity) -> None:
    session.add(activity)
    session.flush()


def list_activities(
    session: Session,
    *,
    campaign_slug: str = "",
    coordinator_id: int | None = None,
    offset: int,
    limit: int,
) -> list[ActivityRow]:
    """Newest first."""
    query = (
        select(
            col(Activity.at),
            col(Activity.actor),
            col(Activity.action),
            col(Activity.detail),
            func.coalesce(col(Campaign.slug), ""),
            func.coalesce(col(Campaign.title), ""),
            col(Activity.organization_id),
            func.coalesce(col(Organization.name), ""),
        )  # type: ignore[call-overload]
        .join(Campaign, col(Campaign.id) == col(Activity.campaign_id), isouter=True)
        .join(Organization, col(Organization.id) == col(Activity.organization_id), isouter=True)
    )
    query = _filtered(query, campaign_slug=campaign_slug, coordinator_id=coordinator_id)
    query = query.order_by(col(Activity.at).desc(), col(Activity.id).desc())
    rows: Sequence[Any] = session.exec(query.offset(offset).limit(limit)).all()
    return [ActivityRow(*row) for row in rows]


def count_activities(
    session: Session, *, campaign_slug: str = "", coordinator_id: int | None = None
) -> int:
    query = (
        select(func.count())
        .select_from(Activity)
        .join(Campaign, col(Campaign.id) == col(Activity.campaign_id), isouter=True)
    )
    query = _filtered(query, campaign_slug=campaign_slug, coordinator_id=coordinator_id)
    found: int = session.exec(query).one()
    return found


def named_campaigns(session: Session) -> list[tuple[str, str]]:
    """Slug and title, to choose from."""
    query = select(Campaign.slug, Campaign.title).order_by(col(Campaign.id).desc())
    return [(slug, title) for slug, title in session.exec(query)]


def named_people(session: Session) -> list[tuple[int, str]]:
    """Id and name, to choose from."""
    query = select(Coordinator.id, Coordinator.name, Coordinator.email)
    rows = session.exec(query.order_by(col(Coordinator.email_key)))
    return [(number, name or email) for number, name, email in rows if number and (name or email)]


def _filtered(query: Any, *, campaign_slug: str, coordinator_id: int | None) -> Any:
    wanted: list[ColumnElement[bool]] = []
    if campaign_slug:
        wanted.append(col(Campaign.slug) == campaign_slug)
    if coordinator_id is not None:
        wanted.append(col(Activity.coordinator_id) == coordinator_id)
    filtered: Select[Any] = query.where(*wanted)
    return filtered
