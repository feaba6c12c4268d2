"""Mails to coordinators and to those who ask to join: which there are, when the morning's is due,
what makes one pointless."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MORNING = time(8, 0)

_A_DAY = timedelta(days=1)
_LONGEST_NEWS = timedelta(days=7)


class NoticeKind(StrEnum):
    """ALERT goes out at once, DIGEST in the morning; JOIN_PROOF to who asks to join."""

    DIGEST = "digest"
    ALERT = "alert"
    JOIN_PROOF = "join_proof"


class AlertEvent(StrEnum):
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CONTRADICTED = "contradicted"
    PAUSED = "paused"


def digest_due(now: datetime, *, zone: str, joined_at: datetime, last: date | None) -> date | None:
    """The day whose digest is due in ``zone``, where ``last`` was the last day to have one.

    A day's is due from eight in the morning by the clocks of the place, whatever they do that day,
    until midnight: what was missed then is told by the next. None for who joined after that
    morning, nor a second one for a day.
    """
    day = _morning_of(now, zone)
    if day is None or _morning_of(joined_at, zone) == day:
        return None
    return day if last is None or day > last else None


def _morning_of(moment: datetime, zone: str) -> date | None:
    """The day whose morning has come and whose midnight has not."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.date() if local.time() >= MORNING else None


def news_since(last_at: datetime | None, *, now: datetime) -> datetime:
    """From when on things are news: the last digest on, a day where there was none yet, and a week
    at most, for who switched it off for long."""
    return max(last_at or now - _A_DAY, now - _LONGEST_NEWS)


def alert_key(event: AlertEvent, number: int | str) -> str:
    """Unique for what is told of: the answer's or review's id, or the moment of a pause."""
    return f"{event.value}/{number}"


def read_alert_key(key: str) -> tuple[AlertEvent, str]:
    event, _, number = key.partition("/")
    return AlertEvent(event), number


@dataclass(frozen=True)
class NoticeLook:
    """What is true of a notice at the moment it would be sent. ``is_void``: what it would prove is
    proven, too old, or asked of a door that is shut."""

    kind: NoticeKind
    is_disabled: bool
    wants_digest: bool
    suppressed: str
    answered_later: bool
    is_void: bool = False


def why_pointless(look: NoticeLook) -> str:
    """Why it must not go out; empty where it may."""
    if look.is_disabled:
        return "the account is closed"
    if look.suppressed:
        return f"the address gets no mail: {look.suppressed}"
    if look.kind is NoticeKind.DIGEST and not look.wants_digest:
        return "the digest was switched off"
    if look.answered_later:
        return "a later answer took its place"
    if look.is_void:
        return "there is nothing left to prove"
    return ""
