"""What a sender must assume about the others while it cannot see their counts, and for how long.

Times are of a clock that only goes forward, in seconds. ``window`` is the length of a rate's
period; for places, the time after which those of a dead sender are free.
"""

from math import inf


class Absence:
    """``pause`` is the longest time between two tries of the shared count; ``longest`` the
    longest window there is."""

    def __init__(self, *, pause: float, longest: float) -> None:
        self._pause = pause
        self._longest = longest
        self._seen = -inf  # when the shared count last answered
        self._before = inf  # when it last answered before this absence; inf: there was none
        self._lost: float | None = None
        self._returned = -inf
        self._forgotten = -inf

    @property
    def is_away(self) -> bool:
        return self._lost is not None

    def lose(self, *, now: float) -> None:
        """The shared count did not answer."""
        if self.is_away:
            return
        self._lost = now
        # One that comes and goes is one absence: somebody may have been away all the time.
        if now >= self._returned + self._pause + self._longest:
            self._before = self._seen

    def meet(self, *, now: float) -> None:
        """The shared count answered."""
        if self.is_away:
            self._lost, self._returned = None, now
        self._seen = now

    def forget(self, *, now: float) -> None:
        """The shared count lost what it knew: nobody knows what was sent before."""
        self._forgotten = now

    def full_for(self, window: float, *, now: float) -> float:
        """For how many seconds the window must count as used up, by those out of sight."""
        begun = self._forgotten if self._lost is None else self._lost
        return max(0.0, begun + window - now)

    def is_bound(self, window: float, *, now: float) -> bool:
        """Whether only the own fair part may be used, whatever the shared count says.

        After its return it lacks what others sent alone. That began one window after they lost
        it at the earliest, so nobody did where it answered us within one; and it ends once the
        last has tried again.
        """
        if self.is_away:
            return True
        all_back = self._returned + self._pause
        return all_back - self._before >= window and now < all_back + window
