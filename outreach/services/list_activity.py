"""The activity log, a page at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from outreach.store import activities, notices
from outreach.store.activities import ActivityRow

PAGE_SIZE = 50
_TOLD_FOR = timedelta(days=7)


@dataclass(frozen=True)
class ActivityPage:
    """``campaigns`` and ``people`` are what one can filter by."""

    rows: tuple[ActivityRow, ...]
    total: int
    page: int
    pages: int
    campaigns: tuple[tuple[str, str], ...]
    people: tuple[tuple[int, str], ...]


def list_undelivered(session: Session, *, now: datetime) -> list[tuple[str, int]]:
    """To whom how many digests and alerts of the last week did not arrive, or nobody knows."""
    return notices.undelivered(session, since=now - _TOLD_FOR)


def list_activity(
    session: Session, *, campaign_slug: str = "", coordinator_id: int | None = None, page: int = 1
) -> ActivityPage:
    """Past the last page is the last page."""
    total = activities.count_activities(
        session, campaign_slug=campaign_slug, coordinator_id=coordinator_id
    )
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    rows = activities.list_activities(
        session,
        campaign_slug=campaign_slug,
        coordinator_id=coordinator_id,
        offset=(page - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
    )
    return ActivityPage(
        rows=tuple(rows),
        total=total,
        page=page,
        pages=pages,
        campaigns=tuple(activities.named_campaigns(session)),
        people=tuple(activities.named_people(session)),
    )
