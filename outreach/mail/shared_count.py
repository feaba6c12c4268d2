"""Counting in Redis, where all senders see it. One question is one script, and so one instant.

The windows are counted by the scripts of the library ``limits``; only the time is Redis' own, so
that senders whose clocks differ share a window, and several limits are taken all or none.
No domain stands there, only its keyed hash: a domain can name who is asked to sign.
"""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b, sha256
from typing import Any

from limits.storage import RedisStorage
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from outreach.domain.limits import Rate

_TIMEOUT = 0.3
_FORGOTTEN = "forgotten"

_NOW = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
"""

# KEYS: epoch, senders. ARGV: name, suffix of a new name, epoch if there is none, life.
# A new name sorts after all that are known, so that a rank can only improve.
_JOIN = f"""{_NOW}
local epoch = redis.call('GET', KEYS[1])
if not epoch then
    epoch = ARGV[3]
    redis.call('SET', KEYS[1], epoch)
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local name = ARGV[1]
if name == '' or not redis.call('ZSCORE', KEYS[2], name) then
    name = string.format('%010d%06d-', tonumber(time[1]), tonumber(time[2])) .. ARGV[2]
end
redis.call('ZADD', KEYS[2], now + ARGV[4], name)
redis.call('PEXPIRE', KEYS[2], math.ceil(ARGV[4] * 1000))
return {{epoch, name, unpack(redis.call('ZRANGE', KEYS[2], 0, -1))}}
"""

# KEYS: epoch, places, rates … ARGV: epoch, place, life, connections, then amount, seconds …
_ADMIT = f"""
local function window(KEYS, ARGV)
{RedisStorage.SCRIPT_MOVING_WINDOW.decode()}
end
local function acquire(KEYS, ARGV)
{RedisStorage.SCRIPT_ACQUIRE_MOVING_WINDOW.decode()}
end
{_NOW}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return '{_FORGOTTEN}' end
local connections = tonumber(ARGV[4])
if connections > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    if redis.call('ZCARD', KEYS[2]) >= connections then return 'taken' end
end
local wait = 0
for i = 3, #KEYS do
    local amount, seconds = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
    local used = window({{KEYS[i]}}, {{now - seconds, amount}})
    if used and used[2] >= amount then wait = math.max(wait, used[1] + seconds - now, 0) + 0.001 end
end
if wait > 0 then return tostring(wait) end
for i = 3, #KEYS do
    local amount, seconds = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
    if not acquire({{KEYS[i]}}, {{now, amount, seconds, 1}}) then return '1' end
end
if connections > 0 then
    redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[2])
    redis.call('PEXPIRE', KEYS[2], math.ceil(ARGV[3] * 1000))
end
return '0'
"""

# KEYS: where each place is. ARGV: life, then the places.
_RENEW = f"""{_NOW}
for i = 1, #KEYS do
    redis.call('ZADD', KEYS[i], now + ARGV[1], ARGV[i + 1])
    redis.call('PEXPIRE', KEYS[i], math.ceil(ARGV[1] * 1000))
end
"""

Place = tuple[str, str]


class CountUnreachable(Exception):
    """Redis did not answer in time, or not as it should. ``reason`` names no place."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Wanted:
    """What one message needs. ``connections`` is 0 where they are not limited."""

    rates: tuple[tuple[str, Rate], ...]
    domain: str
    connections: int


@dataclass(frozen=True)
class Seat:
    """Where this sender stands among ``senders``. ``epoch`` changes where Redis lost its data."""

    name: str
    epoch: str
    rank: int
    senders: int


class Names:
    """How domains are called in Redis, by the installation's ``key``."""

    def __init__(self, key: str) -> None:
        self._key = sha256(key.encode()).digest()
        self.everybody = self.hashed("")  # what counts for all domains together
        self._tag = f"outreach:pace:{{{self.everybody}}}"

    def hashed(self, domain: str) -> str:
        sealed = blake2b(domain.encode(), key=self._key, digest_size=16, person=b"outreach-pace")
        return sealed.hexdigest()

    def of(self, *parts: object) -> str:
        return ":".join((self._tag, *map(str, parts)))


class SharedCount:
    """One sender's way to the count. Opens nothing before it is asked. Not for two threads.

    Every method but ``close`` raises CountUnreachable.
    """

    def __init__(self, url: str, *, names: Names, place_life: float) -> None:
        self._url = url
        self._names = names
        self._life = place_life

    def join(self, seat: Seat | None) -> Seat:
        """Says that this sender is there, and hears who is."""
        keys = [self._names.of("epoch"), self._names.of("senders")]
        known = seat.name if seat else ""
        answer = self._ask(
            "_join", keys, [known, secrets.token_hex(8), secrets.token_hex(8), self._life]
        )
        epoch, name, *senders = (word.decode() for word in answer)
        return Seat(name, epoch, sorted(senders).index(name), len(senders))

    def admit(self, wanted: Wanted, place: str, *, seat: Seat) -> float | None:
        """0.0: counted, and ``place`` is held where connections are limited. Else seconds to
        wait, -1.0 where the places are taken. None: Redis lost what it knew since ``seat``."""
        keys = [self._names.of("epoch"), self._place_key(wanted.domain)]
        words: list[Any] = [seat.epoch, place, self._life, wanted.connections]
        for name, rate in wanted.rates:
            keys.append(self._names.of("rate", name, rate.seconds))
            words += [rate.amount, rate.seconds]
        answer = self._ask("_admit", keys, words).decode()
        if answer == _FORGOTTEN:
            return None
        return -1.0 if answer == "taken" else float(answer)

    def renew(self, places: Sequence[Place]) -> None:
        if places:
            keys = [self._place_key(domain) for domain, _ in places]
            self._ask("_renew", keys, [self._life, *(place for _, place in places)])

    def free(self, places: Sequence[Place]) -> None:
        by_domain: defaultdict[str, list[str]] = defaultdict(list)
        for domain, place in places:
            by_domain[domain].append(place)
        try:
            for domain, held in by_domain.items():
                self._redis.zrem(self._place_key(domain), *held)
        except (RedisError, OSError) as error:
            raise self._unreachable(error) from None

    def leave(self, seat: Seat) -> None:
        """This sender is not there any more."""
        try:
            self._redis.zrem(self._names.of("senders"), seat.name)
        except (RedisError, OSError) as error:
            raise self._unreachable(error) from None

    def close(self) -> None:
        client = self.__dict__.pop("_redis", None)
        for name in ("_join", "_admit", "_renew"):
            self.__dict__.pop(name, None)
        if client:
            with suppress(RedisError, OSError):
                client.close()

    def _place_key(self, domain: str) -> str:
        return self._names.of("places", domain)

    def _ask(self, script: str, keys: Sequence[str], words: Sequence[Any]) -> Any:
        try:
            return getattr(self, script)(keys=keys, args=words)
        except (RedisError, OSError) as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: Exception) -> CountUnreachable:
        self.close()
        return CountUnreachable(type(error).__name__)

    @cached_property
    def _redis(self) -> "Redis":
        # One connection and no second try: that it was cut must be noticed, because Redis may
        # have been away meanwhile. A pool would open another one and say nothing.
        return Redis.from_url(
            self._url,
            single_connection_client=True,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            protocol=2,
        )

    @cached_property
    def _join(self) -> Any:
        return self._redis.register_script(_JOIN)

    @cached_property
    def _admit(self) -> Any:
        return self._redis.register_script(_ADMIT)

    @cached_property
    def _renew(self) -> Any:
        return self._redis.register_script(_RENEW)
