"""Whether a message to a domain may be begun now: all senders together keep the limits."""

import secrets
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from itertools import count
from math import inf
from time import monotonic

import structlog

from outreach.domain.limits import SendingLimits
from outreach.mail.absence import Absence
from outreach.mail.local_count import LocalCount
from outreach.mail.own_part import OwnPart
from outreach.mail.shared_count import CountUnreachable, Names, Place, Seat, SharedCount, Wanted

PLACE_LIFE = 120.0

_PAUSE = 5.0  # after a failure Redis is not asked for so long
_LATE = 1.0  # more than a try can take
_ROLL_CALL = 10.0
_TAKEN = 0.1  # a message takes some tenths of a second, then its place is free
_SOON = 0.001
_MOST_UNFREED = 1000  # what is forgotten beyond that expires by itself

_log = structlog.get_logger(__name__)


class Pace:
    """One sender's view of ``limits``. Not for use by two threads at once.

    The counts are in Redis. While it cannot be reached each sender goes on alone, safely: first
    every window counts as used up by those out of sight, for one period (a domain's connections
    for ``place_life``); from then on it takes its own fair part, a quarter of each limit or less
    by the number of senders that Redis last knew; all parts together are never more than the
    limit. After the return the part binds until no window can hold what was sent alone. Where
    Redis has lost its data, its windows count as used up for one period.

    Without a ``redis_url`` there is one process, which has the whole limits; its other senders
    must come from ``another``. ``key`` hides the domains' names in Redis. ``place_life``, in
    seconds: so long after a sender died its connections are free again.
    """

    def __init__(
        self,
        limits: SendingLimits,
        *,
        redis_url: str,
        key: str,
        clock: Callable[[], datetime],
        place_life: float = PLACE_LIFE,
    ) -> None:
        self._limits = limits
        self._redis_url, self._key = redis_url, key
        self._clock = clock
        self._life = place_life
        self._names = Names(key)
        self._shared = SharedCount(redis_url, names=self._names, place_life=place_life)
        self._absence = Absence(pause=_PAUSE + _LATE, longest=max(limits.longest, place_life))
        self._own_part = OwnPart(self._absence, clock=clock, place_life=place_life)
        self._seat: Seat | None = None
        self._seated_at, self._roll_call_at, self._ask_at = -inf, 0.0, 0.0
        self._held: defaultdict[str, list[str]] = defaultdict(list)
        self._unfreed: list[Place] = []
        self._numbers = count()

    def another(self) -> "Pace":
        """For another sender of this process."""
        other = Pace(
            self._limits,
            redis_url=self._redis_url,
            key=self._key,
            clock=self._clock,
            place_life=self._life,
        )
        if not self._redis_url:
            other._count = self._count
        return other

    @property
    def limits(self) -> SendingLimits:
        return self._limits

    @property
    def is_free(self) -> bool:
        """Whether nothing is limited, so that nobody need ask."""
        return self._limits.is_free

    def admit(self, domain: str) -> float:
        """0.0: one message to ``domain`` may be begun now. It is counted, and holds one of the
        domain's connections until ``leave``. Else the seconds after which to ask again.

        ``domain`` is as in the envelope. Never raises; at most some tenths of a second.
        """
        wanted = self._wanted(domain)
        if not (wanted.rates or wanted.connections):
            return 0.0
        return self._admit_together(wanted) if self._redis_url else self._admit_here(wanted)

    def leave(self, domain: str) -> None:
        """The message to ``domain`` is done, or was given up: its connection is free."""
        name = self._names.hashed(domain.lower())
        held = self._held.get(name)
        if not held:
            return
        place = (name, held.pop())
        if not held:
            del self._held[name]
        self._free([place])

    def renew(self) -> None:
        """Keeps the connections that this sender holds: at least every 30 s while there are any."""
        if self._redis_url and self._seat and self._reach(monotonic()):
            self._renew()

    def close(self) -> None:
        """Frees all connections. Asking again later opens again what it needs."""
        places = self._places
        self._held.clear()
        self._free(places)
        if self._seat and not self._absence.is_away:
            try:
                self._shared.leave(self._seat)
            except CountUnreachable as lost:
                self._lose(lost)
        self._seated_at, self._roll_call_at = -inf, 0.0
        self._shared.close()

    @property
    def _places(self) -> list[Place]:
        return [(name, place) for name, held in self._held.items() for place in held]

    def _wanted(self, domain: str) -> Wanted:
        limit, overall = self._limits.for_domain(domain), self._limits.overall
        limited = limit.rate or limit.connections
        name = self._names.hashed(domain.lower()) if limited else ""
        rates = [(name, limit.rate)] if limit.rate else []
        if overall:
            rates.append((self._names.everybody, overall))
        return Wanted(tuple(rates), name, limit.connections or 0)

    def _admit_here(self, wanted: Wanted) -> float:
        here = self._count
        with here.lock:
            if wanted.connections and here.places[wanted.domain] >= wanted.connections:
                return _TAKEN
            if wait := here.wait_for(wanted.rates):
                return wait
            here.count(wanted.rates)
            if wanted.connections:
                here.places[wanted.domain] += 1
                self._held[wanted.domain].append("")
        return 0.0

    def _admit_together(self, wanted: Wanted) -> float:
        now = monotonic()
        reached = self._reach(now)
        held = len(self._held.get(wanted.domain, ()))
        if wait := self._own_part.wait_for(wanted, held=held, now=now):
            until_next_try = max(self._ask_at - now, _TAKEN)
            return min(wait, until_next_try) if self._absence.is_away else wait
        place = self._new_place()
        if reached and (wait := self._ask(wanted, place, now=now)):
            return wait
        self._own_part.count(wanted, now=now)
        if wanted.connections:
            self._held[wanted.domain].append(place)
        return 0.0

    def _ask(self, wanted: Wanted, place: str, *, now: float) -> float:
        """What the shared count says."""
        assert self._seat
        try:
            wait = self._shared.admit(wanted, place, seat=self._seat)
        except CountUnreachable as lost:
            self._lose(lost)
            if wanted.connections:
                self._free([(wanted.domain, place)])  # Redis may have heard us
            return _TAKEN
        self._absence.meet(now=now)
        if wait is None:
            self._roll_call_at = 0.0
            return _SOON
        return _TAKEN if wait < 0 else wait

    def _reach(self, now: float) -> bool:
        """Whether Redis can be asked. Now and then it is told that this sender is there."""
        if self._absence.is_away:
            if now < self._ask_at:
                return False
        elif now < self._roll_call_at:
            return True
        try:
            seat = self._shared.join(self._seat)
        except CountUnreachable as lost:
            self._lose(lost)
            return False
        forgotten = self._seat is not None and seat.epoch != self._seat.epoch
        self._seat, self._seated_at, self._roll_call_at = seat, now, now + _ROLL_CALL
        return self._meet(now, forgotten=forgotten)

    def _meet(self, now: float, *, forgotten: bool) -> bool:
        returned = self._absence.is_away
        self._absence.meet(now=now)
        if forgotten:
            self._absence.forget(now=now)
        if not (returned or forgotten):
            return True
        _log.info("pace_shared_again", forgotten=forgotten)
        self._free([])
        return self._renew()

    def _lose(self, lost: CountUnreachable) -> None:
        now = monotonic()
        self._ask_at = now + _PAUSE
        if self._absence.is_away:
            return
        self._absence.lose(now=now)
        known = self._seat and now < self._seated_at + self._life
        self._own_part.settle(self._seat if known else None)
        _log.warning("pace_alone", error=lost.reason)

    def _renew(self) -> bool:
        if self._absence.is_away:
            return False
        try:
            self._shared.renew(self._places)
        except CountUnreachable as lost:
            self._lose(lost)
            return False
        return True

    def _free(self, places: list[Place]) -> None:
        if not self._redis_url:
            with self._count.lock:
                self._count.places.subtract(name for name, _ in places)
            return
        self._unfreed = [*self._unfreed, *places][:_MOST_UNFREED]
        if self._absence.is_away or not self._unfreed:
            return
        try:
            self._shared.free(self._unfreed)
        except CountUnreachable as lost:
            self._lose(lost)
        else:
            self._unfreed = []

    def _new_place(self) -> str:
        return f"{self._owner}-{next(self._numbers)}"

    @cached_property
    def _owner(self) -> str:
        return secrets.token_hex(8)

    @cached_property
    def _count(self) -> LocalCount:
        return LocalCount(clock=self._clock)
