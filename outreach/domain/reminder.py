"""Which reminder is due: steps before the deadline, out of the reader's night and weekend."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from outreach.domain.errors import Refused

DEFAULT_STEPS = "7d,3d,1d,4h"
MORNING = time(8, 0)
EVENING = time(21, 0)

# However close a plan's steps are moved together, nobody is asked twice within this.
_QUIET = timedelta(hours=1)
_BY_HAND = "by-hand-"
DECISION = "decision-"  # how the step of a mail begins that asks again on a day named

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SPAN = re.compile(r"(\d{1,4})([dhms])")


class SpanRefused(Refused):
    """A length of time that cannot be read."""

    def __init__(self, text: str) -> None:
        super().__init__(f"'{text}' is no length of time; write 7d, 4h, 10m or 45s")


@dataclass(frozen=True)
class Step:
    """One reminder, ``before`` the deadline. ``label`` is as the coordinator wrote it."""

    label: str
    before: timedelta

    def key(self, deadline_round: int) -> str:
        """Unique for this step of this deadline: an extended one is reminded of anew."""
        return f"{self.label}/{deadline_round}"


def parse_span(text: str) -> timedelta:
    """``7d``, ``4h``, ``10m``, ``45s``. Raises SpanRefused; nothing of no length is one."""
    match = _SPAN.fullmatch(text.strip().lower())
    if not match or int(match[1]) == 0:
        raise SpanRefused(text)
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def parse_steps(text: str) -> tuple[Step, ...]:
    """``7d,3d,1d,4h`` as steps, earliest first, each once; empty for no reminders."""
    labels = {label.strip().lower() for label in text.split(",") if label.strip()}
    steps = {parse_span(label): Step(label, parse_span(label)) for label in sorted(labels)}
    return tuple(steps[before] for before in sorted(steps, reverse=True))


def quiet_time(steps: Sequence[Step]) -> timedelta:
    """For how long nobody is asked again: an hour, or half the plan's shortest stretch, between
    its steps and from the last one to the deadline. ``steps`` as parse_steps orders them."""
    marks = [*(step.before for step in steps), timedelta(0)]
    stretches = [before - after for before, after in pairwise(marks)]
    return min([_QUIET, *(stretch / 2 for stretch in stretches)])


def by_hand_step(now: datetime, *, earlier: int) -> str:
    """The step of a reminder that a coordinator asks for, after ``earlier`` ones of that day."""
    day = f"{_BY_HAND}{now.astimezone(UTC).date().isoformat()}"
    return f"{day}-{earlier + 1}" if earlier else day


def decision_step(decides_on: date) -> str:
    """The step of the mail that asks again on the day of which they said that they decide."""
    return f"{DECISION}{decides_on.isoformat()}"


def decision_day(step: str) -> date | None:
    """The day they had named; None for any other step."""
    if not step.startswith(DECISION):
        return None
    return date.fromisoformat(step.removeprefix(DECISION))


def asks_again_at(decides_on: date, *, zone: str, deadline: datetime) -> datetime:
    """The morning of that day for a reader in ``zone``; of the next working day, where that is
    still before the deadline."""
    morning = datetime.combine(decides_on, MORNING, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    moved = _next_waking(morning, zone)
    return moved if moved < deadline else morning


def can_ask_again(*, zone: str, deadline: datetime, now: datetime) -> bool:
    """Whether there is a later day on which a reader in ``zone`` could still be asked."""
    tomorrow = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return asks_again_at(tomorrow, zone=zone, deadline=deadline) < deadline


def by_hand_day(step: str) -> date | None:
    """The day on which a coordinator asked for it, in UTC; None for a step of the plan."""
    if not step.startswith(_BY_HAND):
        return None
    return date.fromisoformat(step.removeprefix(_BY_HAND)[: len("2026-03-04")])


def step_instant(step: Step, following: Step | None, *, deadline: datetime, zone: str) -> datetime:
    """When ``step`` is due for a reader in ``zone``.

    Moved from their night or weekend to the next working morning, unless that is no longer
    before the ``following`` step (or the deadline): then a reminder at night is better than none.
    """
    planned = deadline - step.before
    limit = deadline - following.before if following else deadline
    moved = _next_waking(planned, zone)
    return moved if moved < limit else planned


def due_step(
    steps: Sequence[Step], *, deadline: datetime, zone: str, since: datetime, now: datetime
) -> Step | None:
    """The latest step that is due at ``now``, or None.

    Only one, however many were missed; none that was over at ``since``, when the
    invitation arrived or the deadline moved; none
    at or after the deadline.
    """
    if now >= deadline:
        return None
    followers = [*steps, None][1:]
    for step, following in reversed(list(zip(steps, followers, strict=True))):
        if deadline - step.before <= since:
            continue
        if step_instant(step, following, deadline=deadline, zone=zone) <= now:
            return step
    return None


def next_step(
    steps: Sequence[Step], *, deadline: datetime, zone: str, since: datetime, now: datetime
) -> tuple[Step, datetime] | None:
    """The step that a reader in ``zone`` waits for, and when it comes; None where none is left.

    As ``due_step`` has it, what was over at ``since`` is not made up for.
    """
    followers = [*steps, None][1:]
    for step, following in zip(steps, followers, strict=True):
        at = step_instant(step, following, deadline=deadline, zone=zone)
        if deadline - step.before > since and at > now:
            return step, at
    return None


def _next_waking(moment: datetime, zone: str) -> datetime:
    local = moment.astimezone(ZoneInfo(zone))
    day = local.date()
    if MORNING <= local.time() < EVENING and day.weekday() < 5:
        return moment
    if local.time() >= MORNING:
        day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, MORNING, tzinfo=ZoneInfo(zone)).astimezone(moment.tzinfo)
