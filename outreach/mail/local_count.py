"""Counting in this process alone."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import RLock

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from outreach.domain.limits import Rate

Counted = Sequence[tuple[str, Rate]]
_SOON = 0.001


class LocalCount:
    """Rates by key, and the places in use. Hold ``lock`` where several senders share one."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self.lock = RLock()
        self.places: Counter[str] = Counter()

    def wait_for(self, rates: Counted) -> float:
        """Seconds until one more keeps all of them; 0.0 is now. Counts nothing."""
        return max((self._wait(key, rate) for key, rate in rates), default=0.0)

    def count(self, rates: Counted) -> None:
        """One more message, for which ``wait_for`` was 0.0."""
        for key, rate in rates:
            self._limiter.hit(_item(rate), key)

    def _wait(self, key: str, rate: Rate) -> float:
        if self._limiter.test(_item(rate), key):
            return 0.0
        free_at = self._limiter.get_window_stats(_item(rate), key).reset_time
        return max(0.0, free_at - self._clock().timestamp()) + _SOON


def _item(rate: Rate) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(rate.amount, rate.seconds)
