"""One line in the activity log, in the transaction of what it tells of."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.store import activities
from outreach.store.desk_tables import Activity


def note_activity(
    session: Session,
    *,
    by: Actor,
    action: str,
    campaign_id: int | None = None,
    organization_id: int | None = None,
    detail: str = "",
    now: datetime,
) -> None:
    """``action`` is a stable word, ``<noun>.<verb>``; ``detail`` is for people, and holds neither
    a link nor a secret."""
    activities.add_activity(
        session,
        Activity(
            at=now,
            coordinator_id=by.coordinator_id,
            actor=by.name,
            campaign_id=campaign_id,
            organization_id=organization_id,
            action=action,
            detail=detail,
        ),
    )
