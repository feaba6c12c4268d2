"""Tell the coordinators at once, in the transaction of what they are told of."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.notice import AlertEvent, NoticeKind, alert_key
from outreach.store import notices


def alert_of_answer(
    session: Session,
    event: AlertEvent,
    *,
    campaign_id: int,
    organization_id: int,
    answer_id: int,
    now: datetime,
) -> int:
    """An organization has declined or withdrawn, by this answer. Returns how many are told."""
    return notices.queue_notices(
        session,
        notices.who_is_told(session),
        NoticeKind.ALERT,
        key=alert_key(event, answer_id),
        campaign_id=campaign_id,
        organization_id=organization_id,
        now=now,
    )


def alert_of_pause(session: Session, *, campaign_id: int, now: datetime) -> int:
    """The service itself has paused a campaign: once for each time. Returns how many are told."""
    return notices.queue_notices(
        session,
        notices.who_is_told(session),
        NoticeKind.ALERT,
        key=alert_key(AlertEvent.PAUSED, f"{campaign_id}/{now.isoformat(timespec='microseconds')}"),
        campaign_id=campaign_id,
        now=now,
    )
