"""Plan the morning's digests: one for a coordinator and a day, where there is something to tell."""

from datetime import date, datetime

from sqlmodel import Session

from outreach.domain.notice import NoticeKind, digest_due, news_since
from outreach.services.read_news import NewsReader
from outreach.store import notices
from outreach.store.notices import Told


def plan_digests(session: Session, *, now: datetime) -> int:
    """Queues what is due. Returns how many.

    A day on which there is nothing to tell is remembered: what comes later is the next day's. Of
    two planners at once the second finds the key taken.
    """
    reader = NewsReader(session, now=now)
    wanted = notices.who_wants_digests(session)
    return sum(_plan(session, told, reader, now=now) for told in wanted)


def _day(told: Told, *, now: datetime) -> date | None:
    return digest_due(now, zone=told.zone, joined_at=told.joined_at, last=told.last_day)


def _plan(session: Session, told: Told, reader: NewsReader, *, now: datetime) -> int:
    day = _day(told, now=now)
    if day is None:
        return 0
    since = news_since(told.last_at, now=now)
    key = day.isoformat()
    if not reader.read_all(zone=told.zone, since=since, until=now):
        notices.note_nothing_to_tell(
            session, told.coordinator_id, NoticeKind.DIGEST, key=key, now=now
        )
        return 0
    return notices.queue_notices(
        session, [told.coordinator_id], NoticeKind.DIGEST, key=key, now=now
    )
