"""How many will have signed by the deadline: what is known, carried on, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.domain.reminder import by_hand_day

# So long after a reminder most who sign because of it have signed.
SETTLED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Wave:
    """A reminder that went out: ``begun`` when, to how many organizations, and how many of these
    signed before they were asked again."""

    step: str
    begun: datetime
    asked: int
    signed: int


@dataclass(frozen=True)
class Forecast:
    """``signed`` by the deadline, from the share ``rate`` of the asked who signed after each of
    ``waves`` reminders, and ``to_come`` more reminders. ``deferred`` of those who are reckoned with
    have named a day of their own, on which they are asked."""

    signed: int
    rate: float
    waves: int
    to_come: int
    deferred: int = 0


def settled(waves: Sequence[Wave], *, now: datetime) -> list[Wave]:
    """Those of the plan that have had their effect: the plan's next one has followed, or a day has
    passed. A reminder by hand goes to whom somebody chose: it settles none, and is none."""
    planned = [wave for wave in waves if by_hand_day(wave.step) is None]
    ordered = sorted(planned, key=lambda wave: wave.begun)
    return [
        wave
        for place, wave in enumerate(ordered)
        if place + 1 < len(ordered) or wave.begun + SETTLED_AFTER <= now
    ]


def forecast(
    *,
    signed: int,
    waiting: int,
    deferred: int = 0,
    waves: Sequence[Wave],
    to_come: int,
    now: datetime,
) -> Forecast | None:
    """None where there is nothing to carry on: no reminder has had its effect, or none is left."""
    known = settled(waves, now=now)
    asked = sum(wave.asked for wave in known)
    if not asked or not ((waiting and to_come) or deferred):
        return None
    rate = min(sum(wave.signed for wave in known) / asked, 1.0)
    more = waiting * (1 - (1 - rate) ** to_come) + deferred * (1 - (1 - rate) ** max(to_come, 1))
    return Forecast(signed + round(more), rate, len(known), to_come, deferred)
