"""Whom to chase next: what an organization without an answer calls for, and in which order."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

# Servers put mail off for minutes as a habit. What waits longer than this is a case for a call.
_SOON_THERE = timedelta(hours=2)
# Who was spoken to is given so long to keep their word.
_AFTER_A_TOUCH = timedelta(days=1)
_REMINDED_OFTEN = 2
_EARLY = datetime.min.replace(tzinfo=UTC)
_LATE = datetime.max.replace(tzinfo=UTC)


class Reason(StrEnum):
    """Why an organization stands where it does on the list; in the order of the list."""

    UNREACHED = "unreached"
    DUE = "due"
    VIEWED = "viewed"
    SILENT = "silent"
    WAITING = "waiting"
    TOUCHED = "touched"
    DEFERRED = "deferred"
    PLANNED = "planned"


_PLACE = {reason: place for place, reason in enumerate(Reason)}


class Asked(NamedTuple):  # not a dataclass: thousands are made for a page
    """The mails that ask an organization, in counts: those to addresses that are still in use.
    One reminder to several of its contacts is one.

    ``waiting`` are on their way and were never put off; ``put_off_since`` is of the oldest that a
    server has put off. ``failed`` are those that no more is done about by itself.
    """

    sent: int = 0
    reminders: int = 0
    waiting: int = 0
    failed: int = 0
    put_off_since: datetime | None = None
    last_at: datetime | None = None


class ChaseFacts(NamedTuple):
    """An organization that has not answered. ``viewed_at``: a person was at its answer page;
    ``touched_at``: somebody called, met or wrote to it; ``decides_on``: the day that it named, also
    when that is over."""

    organization_id: int
    asked: Asked
    viewed_at: datetime | None = None
    touched_at: datetime | None = None
    owner_id: int | None = None
    next_on: date | None = None
    has_deferred: bool = False
    decides_on: date | None = None


def is_unreached(asked: Asked, *, now: datetime) -> bool:
    """Whether no mail has arrived anywhere, and none will within hours."""
    if asked.sent or asked.waiting:
        return False
    return asked.put_off_since is None or now - asked.put_off_since >= _SOON_THERE


def reason_of(facts: ChaseFacts, *, today: date, now: datetime) -> Reason:
    """What is to be done next. ``today`` is by the coordinator's clocks.

    A step for a later day, and a talk not a day ago, take an organization off the top: somebody
    has seen to it.
    """
    is_due = facts.next_on is not None and facts.next_on <= today
    if facts.next_on is not None and not is_due:
        return Reason.PLANNED
    if _was_just_touched(facts, now=now) and not is_due:
        return Reason.TOUCHED
    if is_unreached(facts.asked, now=now):
        return Reason.UNREACHED
    return Reason.DUE if is_due else _reason_by_itself(facts)


def _reason_by_itself(facts: ChaseFacts) -> Reason:
    """Where no coordinator has planned or done anything."""
    if facts.has_deferred:
        return Reason.DEFERRED
    if facts.viewed_at is not None:
        return Reason.VIEWED
    return Reason.SILENT if facts.asked.reminders >= _REMINDED_OFTEN else Reason.WAITING


def _was_just_touched(facts: ChaseFacts, *, now: datetime) -> bool:
    """What they did after the talk counts more than the talk."""
    if facts.touched_at is None or now - facts.touched_at >= _AFTER_A_TOUCH:
        return False
    return facts.viewed_at is None or facts.viewed_at <= facts.touched_at


def in_order(
    everybody: Iterable[ChaseFacts], *, today: date, now: datetime
) -> list[tuple[ChaseFacts, Reason]]:
    """By what to do next; among equals, who has waited longest comes first."""
    judged = [(facts, reason_of(facts, today=today, now=now)) for facts in everybody]
    return sorted(judged, key=_place)


def _place(judged: tuple[ChaseFacts, Reason]) -> tuple[int, date, int, datetime, int]:
    facts, reason = judged
    many = -facts.asked.reminders if reason is Reason.SILENT else 0
    return (
        _PLACE[reason],
        facts.next_on or (facts.decides_on if reason is Reason.DEFERRED else None) or date.max,
        many,
        _since(facts, reason) or _LATE,
        facts.organization_id,
    )


def _since(facts: ChaseFacts, reason: Reason) -> datetime | None:
    match reason:
        case Reason.UNREACHED:
            # What has failed is not tried again; what was put off may still arrive.
            return facts.asked.put_off_since or facts.asked.last_at or _EARLY
        case Reason.VIEWED:
            return facts.viewed_at
        case Reason.TOUCHED:
            return facts.touched_at
        case _:
            return facts.asked.last_at
