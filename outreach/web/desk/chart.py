"""The chart of sign-ons, drawn by numbers: the template only puts them into elements.

The curve lies in a field of 1000 by 100 that is stretched to the page's width; words stand beside
it by percent, and keep their size.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.services.show_campaign import Course
from outreach.store.sign_on_curve import Change

WIDTH, HEIGHT = 1000.0, 100.0
_MOST_POINTS = 400
_MOST_TICKS = 5
# Two words closer than this would stand on each other on a phone.
_APART = 7.0
_BY_HAND = "by-hand"


@dataclass(frozen=True)
class Tick:
    """A word beside an axis, at so many percent of it."""

    at: float
    word: str


@dataclass(frozen=True)
class Mark:
    """A reminder: sent, or still to come. ``word`` is empty where it would hide another one."""

    at: float
    word: str
    title: str
    is_sent: bool


@dataclass(frozen=True)
class Day:
    """One row of the table that says the same."""

    day: date
    signed: int
    withdrawn: int
    total: int
    reminders: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """Paths in the field, everything else in percent. ``now`` and ``forecast`` are None or empty
    once the deadline is over."""

    curve: str
    area: str
    forecast: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    deadline: float
    now: float | None
    total: int
    days: tuple[Day, ...]


@dataclass(frozen=True)
class _Field:
    begins: datetime
    ends: datetime
    top: int

    def x(self, moment: datetime) -> float:
        share = (moment - self.begins) / (self.ends - self.begins)
        return min(max(share, 0.0), 1.0) * WIDTH

    def y(self, number: int) -> float:
        return HEIGHT - HEIGHT * number / self.top

    def percent(self, moment: datetime) -> float:
        return round(self.x(moment) / WIDTH * 100, 2)


def draw_chart(
    course: Course, *, begins: datetime, deadline: datetime, zone: str, now: datetime
) -> Chart:
    """From the launch to the deadline, in the days of ``zone``."""
    changes = course.changes
    last = changes[-1].at if changes else begins
    ends = max(deadline, last, begins + timedelta(minutes=1))
    total, most = sum(change.by for change in changes), _most(changes)
    expected = course.forecast.signed if course.forecast else 0
    field = _Field(begins, ends, _round_number(max(most, expected, 4)))
    until = min(now, ends)
    points = list(_points(changes, field, until=until))
    curve = _path(points)
    is_running = now < deadline
    return Chart(
        curve=curve,
        area=f"{curve} L{_n(points[-1][0])} {_n(HEIGHT)} L{_n(points[0][0])} {_n(HEIGHT)} Z",
        forecast=_forecast(points[-1], field, deadline, expected) if expected else "",
        x_ticks=tuple(_x_ticks(field, ZoneInfo(zone))),
        y_ticks=tuple(
            Tick(round(field.y(number), 2), f"{number:,}") for number in (field.top // 2, field.top)
        ),
        marks=tuple(_marks(course, field)),
        deadline=field.percent(deadline),
        now=field.percent(now) if is_running else None,
        total=total,
        days=tuple(_days(course, begins, until, ZoneInfo(zone))),
    )


def _most(changes: Sequence[Change]) -> int:
    total = most = 0
    for change in changes:
        total += change.by
        most = max(most, total)
    return most


def _round_number(number: int) -> int:
    """The next even one that people count with: 4, 10, 20, 50, 100 …"""
    size = 1
    while True:
        for step in (4, 6, 8, 10, 12, 16, 20, 30):
            if step * size >= number:
                return step * size
        size *= 10


def _points(
    changes: Sequence[Change], field: _Field, *, until: datetime
) -> Iterator[tuple[float, float]]:
    """The corners of the steps, so many as can be seen."""
    yield 0.0, HEIGHT
    total, drawn = 0, -1.0
    for change in changes:
        x = round(field.x(change.at) * _MOST_POINTS / WIDTH) * WIDTH / _MOST_POINTS
        if x != drawn:
            yield x, field.y(total)
        total += change.by
        yield x, field.y(total)
        drawn = x
    yield max(field.x(until), drawn), field.y(total)


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Of corners with the same place on the field only the first and the last are drawn."""
    parts: list[str] = []
    for place, (x, y) in enumerate(points):
        follows = place + 1 < len(points) and points[place + 1][0] == x
        leads = place > 0 and points[place - 1][0] == x
        if not (follows and leads):
            parts.append(f"{_n(x)} {_n(y)}")
    return "M" + " L".join(parts)


def _forecast(last: tuple[float, float], field: _Field, deadline: datetime, expected: int) -> str:
    x, y = last
    return f"M{_n(x)} {_n(y)} L{_n(field.x(deadline))} {_n(field.y(expected))}"


def _x_ticks(field: _Field, zone: ZoneInfo) -> Iterator[Tick]:
    """Midnights, or the hours of a campaign that is over in two days."""
    length = field.ends - field.begins
    begins = field.begins.astimezone(zone)
    if length > timedelta(days=2):
        step = -(-length // timedelta(days=_MOST_TICKS))
        day = begins.date() + timedelta(days=1)
        while (moment := datetime.combine(day, time(), tzinfo=zone)) < field.ends:
            yield Tick(field.percent(moment), f"{day.day} {day:%b}")
            day += timedelta(days=step)
        return
    for share in range(1, _MOST_TICKS):
        moment = field.begins + length * share / _MOST_TICKS
        local = moment.astimezone(zone)
        yield Tick(field.percent(moment), f"{local:%H:%M}")


def _marks(course: Course, field: _Field) -> Iterator[Mark]:
    came = -100.0
    sent = [(wave.begun, _name(wave.step), wave.asked, True) for wave in course.waves]
    coming = [(one.at, one.step, 0, False) for one in course.plan if one.state == "planned"]
    for at, name, asked, is_sent in [*sent, *coming]:
        place = field.percent(at)
        title = (
            f"Reminder {name}: {asked:,} organizations" if is_sent else f"Reminder {name}, to come"
        )
        fits = place - came >= _APART
        yield Mark(place, name if fits else "", title, is_sent)
        came = place if fits else came


def _name(step: str) -> str:
    """'3d/0' is the plan's 3d; what a person asked for has its day in its name."""
    return "by hand" if step.startswith(_BY_HAND) else step.partition("/")[0]


def _days(course: Course, begins: datetime, until: datetime, zone: ZoneInfo) -> Iterator[Day]:
    """Every day on which something happened, and the first and the last."""
    signed: dict[date, int] = {}
    withdrawn: dict[date, int] = {}
    reminders: dict[date, list[str]] = {}
    for change in course.changes:
        counts = signed if change.by > 0 else withdrawn
        day = change.at.astimezone(zone).date()
        counts[day] = counts.get(day, 0) + 1
    for wave in course.waves:
        reminders.setdefault(wave.begun.astimezone(zone).date(), []).append(_name(wave.step))
    edges = {begins.astimezone(zone).date(), until.astimezone(zone).date()}
    total = 0
    for day in sorted({*signed, *withdrawn, *reminders, *edges}):
        total += signed.get(day, 0) - withdrawn.get(day, 0)
        names = tuple(reminders.get(day, ()))
        yield Day(day, signed.get(day, 0), withdrawn.get(day, 0), total, names)


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
