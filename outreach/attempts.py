"""How often somebody may try: counted in Redis where there is one, else in this process.

What is counted is a keyed hash: neither an address nor a name stands in Redis.
"""

import hashlib
import hmac
from contextlib import suppress
from functools import cached_property
from typing import Any, Final

from limits import parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import RedisError

_PATIENCE: Final = 0.3  # seconds


class Attempts:
    """One for the process. While Redis cannot be reached, each process counts for itself."""

    def __init__(self, *, redis_url: str, key: str) -> None:
        self._redis_url = redis_url
        self._key = key.encode()
        self._alone = MovingWindowRateLimiter(MemoryStorage())

    def allow(self, limit: str, *what: str) -> bool:
        """Counts one try of ``what`` against ``limit``, as in "10/15 minutes"; False where it is
        one too many. A try that is refused does not count."""
        item, name = parse(limit), self._name(what)
        if self._shared is not None:
            with suppress(RedisError, OSError):
                return self._shared.hit(item, name)
        return self._alone.hit(item, name)

    def forget(self, limit: str, *what: str) -> None:
        """Begins to count anew: whoever has come in was no guesser."""
        item, name = parse(limit), self._name(what)
        if self._shared is not None:
            with suppress(RedisError, OSError):
                self._shared.clear(item, name)
        self._alone.clear(item, name)

    @cached_property
    def _shared(self) -> MovingWindowRateLimiter | None:
        if not self._redis_url:
            return None
        options: Any = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE}
        return MovingWindowRateLimiter(RedisStorage(self._redis_url, **options))

    def _name(self, what: tuple[str, ...]) -> str:
        return hmac.new(self._key, "\0".join(what).encode(), hashlib.sha256).hexdigest()[:32]
