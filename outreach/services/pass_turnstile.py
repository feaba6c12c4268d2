"""Keeps a sender's mails to the limits, and spreads those that must wait."""

from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from outreach.services.mail_stock import Mail

if TYPE_CHECKING:
    from outreach.mail.pace import Pace

_RENEW_SECONDS = 20.0
# Of those held back at once so many are due again after each wait: enough to use a limit up, and
# few enough that not all of a bulk is claimed over and over.
_TOGETHER = 50


@dataclass(frozen=True)
class Wait:
    """How long, in seconds; and whether for this domain's sake or for everybody's.

    ``turn`` counts, from 1, the waits until there is room for those that are held back together.
    """

    seconds: float
    is_everybodys: bool
    turn: int = 1


class Turnstile:
    """Asks ``pace`` for each mail; without one, or without limits, everybody passes."""

    def __init__(self, pace: "Pace | None") -> None:
        self._pace = pace if pace and not pace.is_free else None
        self._inside: dict[int, str] = {}
        self._held_back: Counter[str] = Counter()
        self._renew_at = 0.0

    def admit(self, mail: Mail) -> Wait | None:
        """None: it may go now, and must ``leave`` when it is done with."""
        if self._pace is None:
            return None
        domain = mail.envelope.recipient.rpartition("@")[2]
        if not (seconds := self._pace.admit(domain)):
            self._inside[mail.claimed.id] = domain
            self._held_back[domain] = 0
            return None
        limit = self._pace.limits.for_domain(domain)
        if not (limit.rate or limit.connections):
            return Wait(seconds, is_everybodys=True)
        together = max(_TOGETHER, limit.rate.amount if limit.rate else 0)
        turn = 1 + self._held_back[domain] // together
        self._held_back[domain] += 1
        return Wait(seconds * turn, is_everybodys=False, turn=turn)

    def leave(self, mail: Mail) -> None:
        if self._pace is not None and (domain := self._inside.pop(mail.claimed.id, None)):
            self._pace.leave(domain)

    def renew(self) -> None:
        """To be called now and then while mails are inside."""
        if self._pace is not None and self._inside and monotonic() >= self._renew_at:
            self._renew_at = monotonic() + _RENEW_SECONDS
            self._pace.renew()

    def close(self) -> None:
        self._inside.clear()
        if self._pace is not None:
            self._pace.close()
