"""When a message that a server put off is tried again.

RFC 5321 4.5.4.1: twice in the first hour, then every two to three hours, for four to five days.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from outreach.domain.errors import Refused
from outreach.domain.reminder import SpanRefused, parse_span

DEFAULT_RETRY = "12m,30m,2h"

# A server that cannot be reached says nothing about a message: it costs no attempt.
UNREACHABLE_PAUSE = timedelta(seconds=30)

# Half would let 12m and 30m miss the first hour by three minutes.
_SPREAD = 1 / 3
_PATIENCE = timedelta(days=4)
_LONGEST = timedelta(days=7)


class RetryRefused(Refused):
    """Pauses that cannot be read: ``what`` is wrong and where, and the ``fix``."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.fix = (
            f"write the pauses after the 1st, 2nd, … refusal as in {DEFAULT_RETRY};"
            " the last one repeats"
        )
        super().__init__(f"{what}; {self.fix}")


@dataclass(frozen=True)
class RetrySchedule:
    """The pauses after the 1st, 2nd, … refusal for now; the last one repeats. One at least."""

    pauses: tuple[timedelta, ...]

    @classmethod
    def parse(cls, text: str) -> "RetrySchedule":
        """``12m,30m,2h``. Raises RetryRefused."""
        if not text.strip():
            raise RetryRefused("there is no pause")
        return cls(tuple(_pause(*one) for one in enumerate(text.split(","), start=1)))

    def next_attempt(self, attempts: int, *, now: datetime, jitter: float) -> datetime:
        """When to try again after ``attempts`` refusals for now (1 at least).

        ``jitter`` in [0, 1) spreads what was put off together, over a third of the pause.
        """
        pause = self.pauses[min(attempts, len(self.pauses)) - 1]
        return now + pause + pause * _SPREAD * jitter

    @property
    def give_up_after(self) -> int:
        """The refusal that is the last: four days have passed by then, whatever the jitter."""
        left = _PATIENCE
        for number, pause in enumerate(self.pauses, start=1):
            left -= pause
            if left <= timedelta(0):
                return number + 1
        return len(self.pauses) + ceil(left / self.pauses[-1]) + 1


def _pause(number: int, text: str) -> timedelta:
    try:
        pause = parse_span(text)
    except SpanRefused:
        raise RetryRefused(f"pause {number}: '{text.strip()}' is no length of time") from None
    if pause > _LONGEST:
        raise RetryRefused(f"pause {number}: '{text.strip()}' is longer than a week")
    return pause


def may_try_again(at: datetime, *, deadline: datetime) -> bool:
    """Whether what asks for an answer may still be tried at ``at``: nobody could answer it later.

    What may not stays queued and is shown to the coordinator, who calls; the deadline cancels it.
    """
    return at < deadline
