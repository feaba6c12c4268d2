"""The reminders of a draft on a line from now to the deadline, as SVG.

The same moments stand in a table below it: the drawing is for the eye alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.localtime import format_brief
from outreach.services.show_setup import ReminderMoment, Setup

WIDTH = 960
_LEFT = 20.0
_RIGHT = 20.0
_ROW = 44
_TOP = 34
_FOOT = 40


@dataclass(frozen=True)
class Dot:
    """One reminder in one zone."""

    x: float
    label: str
    is_moved: bool
    is_over: bool
    title: str


@dataclass(frozen=True)
class Row:
    """A zone's line."""

    y: int
    zone: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Tick:
    """A day's beginning or another round moment."""

    x: float
    label: str


@dataclass(frozen=True)
class ReminderLine:
    """Everything in the drawing's own units."""

    width: int
    height: int
    left: float
    right: float
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]


def draw_reminders(
    setup: Setup, moments: Sequence[ReminderMoment], *, now: datetime
) -> ReminderLine | None:
    """None where there is nothing to draw: no reminders, or a deadline that is over."""
    deadline = setup.campaign.deadline
    if not moments or deadline <= now:
        return None
    begin = min(now, *(moment.at for moment in moments))
    span = deadline - begin

    def place(at: datetime) -> float:
        share = (at - begin) / span
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    zones = list(dict.fromkeys(moment.zone for moment in moments))
    rows = tuple(
        Row(_TOP + number * _ROW + 20, zone, _dots(moments, zone, place))
        for number, zone in enumerate(zones)
    )
    height = _TOP + len(zones) * _ROW + _FOOT
    return ReminderLine(
        width=WIDTH,
        height=height,
        left=place(begin),
        right=place(deadline),
        rows=rows,
        ticks=_ticks(begin, deadline, zone=setup.campaign.zone, place=place),
    )


Place = Callable[[datetime], float]


def _dots(moments: Sequence[ReminderMoment], zone: str, place: Place) -> tuple[Dot, ...]:
    return tuple(
        Dot(
            x=place(one.at),
            label=one.step.label,
            is_moved=one.is_moved,
            is_over=one.is_over,
            title=f"{one.step.label} before: {format_brief(one.at, language='en', zone=zone)}",
        )
        for one in moments
        if one.zone == zone
    )


def _ticks(begin: datetime, deadline: datetime, *, zone: str, place: Place) -> tuple[Tick, ...]:
    """Some moments at equal distances, the first and the last left to what stands there."""
    parts = 4
    step: timedelta = (deadline - begin) / parts
    return tuple(
        Tick(place(at), format_brief(at, language="en", zone=zone))
        for at in (begin + step * number for number in range(1, parts))
    )
