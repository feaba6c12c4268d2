"""What a sender may do by itself while the others are out of sight."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property

from outreach.domain.limits import Rate, fair_part
from outreach.mail.absence import Absence
from outreach.mail.local_count import LocalCount
from outreach.mail.shared_count import Seat, Wanted

# A sender that was alone may not stay so: nobody takes more than this part by itself.
_FEWEST = 4
_TAKEN = 0.1
_NO_PART = 5.0  # the limit is smaller than the number of senders: others have the parts


class OwnPart:
    """A fair part of each limit, and the time for which not even that may be used."""

    def __init__(
        self, absence: Absence, *, clock: Callable[[], datetime], place_life: float
    ) -> None:
        self._absence = absence
        self._clock = clock
        self._life = place_life
        self._among, self._rank = _FEWEST, 0

    def settle(self, seat: Seat | None) -> None:
        """The part as of ``seat``; None where it is not known who else is there."""
        self._among = max(_FEWEST, seat.senders) if seat else _FEWEST
        self._rank = seat.rank if seat else 0

    def wait_for(self, wanted: Wanted, *, held: int, now: float) -> float:
        """Seconds until one more may be begun as far as this part is concerned; 0.0 is now.

        ``held`` are the places that this sender has with the domain.
        """
        if wait := self._full_for(wanted, now=now):
            return wait
        if wanted.connections and self._absence.is_bound(self._life, now=now):
            part = fair_part(wanted.connections, among=self._among, rank=self._rank)
            if held >= part:
                return _TAKEN if part else _NO_PART
        bound = self._bound(wanted, now=now)
        if any(not rate.amount for _, rate in bound):
            return _NO_PART
        return self._count.wait_for(bound) if bound else 0.0

    def count(self, wanted: Wanted, *, now: float) -> None:
        """One more was begun."""
        if bound := self._bound(wanted, now=now):
            self._count.count(bound)

    def _full_for(self, wanted: Wanted, *, now: float) -> float:
        windows = [float(rate.seconds) for _, rate in wanted.rates]
        if wanted.connections:
            windows.append(self._life)
        return max(self._absence.full_for(window, now=now) for window in windows)

    def _bound(self, wanted: Wanted, *, now: float) -> list[tuple[str, Rate]]:
        return [
            (name, Rate(fair_part(rate.amount, among=self._among, rank=self._rank), rate.seconds))
            for name, rate in wanted.rates
            if self._absence.is_bound(rate.seconds, now=now)
        ]

    @cached_property
    def _count(self) -> LocalCount:
        return LocalCount(clock=self._clock)
