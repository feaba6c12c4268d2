"""How much may be sent: to everybody together, and to each domain."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from outreach.domain.errors import Refused

_EVERY_OTHER = "*"
_PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(r"([0-9]{1,9}) ?/ ?([a-z]+)")
_MOST = 1_000_000  # so many instants are kept for one rate
_MOST_CONNECTIONS = 1000
_RATE_FIX = "write a rate as in 100/second, 3000/minute, 20000/hour or 50000/day"
_DOMAIN_FIX = (
    "write domains with a rate, a number of connections or both, as in"
    " *=30/minute:2, example.org=100/minute, example.net=:1 (* is every other domain)"
)


class LimitsRefused(Refused):
    """Limits that cannot be read: ``what`` is wrong and where, and the ``fix``."""

    def __init__(self, what: str, *, fix: str) -> None:
        super().__init__(f"{what}; {fix}")
        self.what = what
        self.fix = fix


@dataclass(frozen=True)
class Rate:
    """At most ``amount`` messages in any stretch of ``seconds``."""

    amount: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """``30/minute``. Raises LimitsRefused."""
        match = _RATE.fullmatch(text.strip().lower())
        if not match or match[2] not in _PERIODS:
            raise LimitsRefused(f"'{text.strip()}' is no rate", fix=_RATE_FIX)
        if not 1 <= int(match[1]) <= _MOST:
            raise LimitsRefused(f"'{text.strip()}' is not from 1 to {_MOST:,}", fix=_RATE_FIX)
        return cls(int(match[1]), _PERIODS[match[2]])


@dataclass(frozen=True)
class DomainLimit:
    """For one domain: how fast, and how many messages to it at once. None is no limit."""

    rate: Rate | None = None
    connections: int | None = None


_UNLIMITED = DomainLimit()


@dataclass(frozen=True)
class SendingLimits:
    """``overall`` holds for all messages together, ``others`` for each domain not named."""

    overall: Rate | None = None
    domains: Mapping[str, DomainLimit] = field(default_factory=dict)
    others: DomainLimit = _UNLIMITED

    @classmethod
    def parse(
        cls, *, send_rate: str, domain_limits: str, ascii_domain: Callable[[str], str]
    ) -> "SendingLimits":
        """As ``SEND_RATE`` and ``DOMAIN_LIMITS`` are written; empty is no limit.

        ``ascii_domain`` gives a domain as it stands in an envelope, empty where it is none.
        Raises LimitsRefused.
        """
        overall = Rate.parse(send_rate) if send_rate.strip() else None
        found: dict[str, DomainLimit] = {}
        entries = domain_limits.split(",") if domain_limits.strip() else []
        for number, entry in enumerate(entries, start=1):
            name, limit = _entry(f"entry {number}", entry.strip(), ascii_domain=ascii_domain)
            if name in found:
                raise LimitsRefused(f"entry {number}: {name} stands twice", fix=_DOMAIN_FIX)
            found[name] = limit
        others = found.pop(_EVERY_OTHER, _UNLIMITED)
        return cls(overall, found, others)

    @property
    def is_free(self) -> bool:
        """Whether nothing is limited at all."""
        return not (self.overall or self.domains or self.others != _UNLIMITED)

    def for_domain(self, domain: str) -> DomainLimit:
        """``domain`` in ASCII, as it stands in an envelope; its case does not count."""
        return self.domains.get(domain.lower(), self.others)

    @property
    def longest(self) -> int:
        """Seconds of the longest rate; 0 where there is none."""
        limits = (*self.domains.values(), self.others)
        rates = (self.overall, *(limit.rate for limit in limits))
        return max((rate.seconds for rate in rates if rate), default=0)


def fair_part(total: int, *, among: int, rank: int) -> int:
    """What the sender of this ``rank`` (from 0) may use of ``total`` on its own.

    The parts of ``among`` senders are whole and never more than ``total`` together.
    """
    return total // among + (rank < total % among)


def _entry(where: str, text: str, *, ascii_domain: Callable[[str], str]) -> tuple[str, DomainLimit]:
    written, equals, limit = (part.strip() for part in text.partition("="))
    if not equals:
        raise LimitsRefused(f"{where}: '{text}' has no =", fix=_DOMAIN_FIX)
    name = written if written == _EVERY_OTHER else ascii_domain(written).lower()
    if not name:
        raise LimitsRefused(f"{where}: '{written}' is no domain", fix=_DOMAIN_FIX)
    rate, colon, connections = (part.strip() for part in limit.partition(":"))
    if not (rate or colon):
        raise LimitsRefused(f"{where}: there is no limit for {name}", fix=_DOMAIN_FIX)
    return name, DomainLimit(
        _rate(where, rate) if rate else None,
        _connections(where, connections) if colon else None,
    )


def _rate(where: str, text: str) -> Rate:
    try:
        return Rate.parse(text)
    except LimitsRefused as refused:
        raise LimitsRefused(f"{where}: {refused.what}", fix=_DOMAIN_FIX) from None


def _connections(where: str, text: str) -> int:
    number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
    if not 1 <= number <= _MOST_CONNECTIONS:
        what = f"'{text}' is no number of connections from 1 to {_MOST_CONNECTIONS}"
        raise LimitsRefused(f"{where}: {what}", fix=_DOMAIN_FIX)
    return number
