"""A domain that takes so many mails in a time and on so many connections, and no more."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.checker import check
from tests.faults.running import Place, launch
from tests.faults.servers import MailServer, aiosmtpd_server
from tests.faults.trial import Ground, Outcome, Trial, judged
from tests.faults.worker import Plan
from tests.waiting import PATIENCE, wait_until

_LIMITED, _FREE = "slow.example", "free.example"
_WORKERS = ("worker-1", "worker-2")
_CONNECTIONS = 2
_PACE = 0.02


@dataclass(frozen=True)
class Size:
    """``rate`` mails in any ``seconds`` to the limited domain."""

    rate: int
    seconds: int
    limited: int
    free: int

    @property
    def words(self) -> str:
        return f"{self.rate} a {'minute' if self.seconds == 60 else 'second'}"

    @property
    def setting(self) -> str:
        period = {1: "second", 60: "minute"}[self.seconds]
        return f"limited.{_LIMITED}={self.rate}/{period}:{_CONNECTIONS}"

    @property
    def least_time(self) -> float:
        """Whatever goes faster has exceeded a window."""
        return (self.limited - 1) // self.rate * self.seconds


def keeps_the_limit(ground: Ground) -> list[Outcome]:
    sizes = (
        [Size(rate=10, seconds=1, limited=40, free=40)]
        if ground.small
        else [
            Size(rate=30, seconds=1, limited=ground.messages or 1000, free=1000),
            Size(rate=30, seconds=60, limited=75, free=500),
        ]
    )
    return [_keep(ground, size) for size in sizes]


def _keep(ground: Ground, size: Size) -> Outcome:
    with (
        aiosmtpd_server(ground.new_folder(), pace=_PACE) as server,
        ground.place(
            smtp_url=server.url,
            SMTP_CONNECTIONS="4",
            DOMAIN_LIMITS=size.setting,
            FAULTS_SWEEP="1",
        ) as place,
    ):
        for name in _WORKERS:
            place.start_worker(name, plan=Plan(lease=300, body_lease=300), wait=False)
        place.start_beat()
        wait_until(
            lambda: all(map(place.is_listening, _WORKERS)), seconds=PATIENCE, what="two workers"
        )
        alone = _send_freely(server, place, size, slug="alone")
        _launch(place, "limited", _LIMITED, size.limited)
        beside = _send_freely(server, place, size, slug="beside")
        delay = place.await_end(seconds=60 + 3 * size.least_time + size.limited)
        place.end_workers()
        taken = server.taken()
        finding = check(taken, place.rows())
    moments = sorted(mail.at for mail in taken if mail.recipient.endswith(f".{_LIMITED}"))
    early = how_early(moments, size)
    at_once = most_at_once(moments)
    allowed = 0.75 if ground.small else 0.25
    also = [f"a mail came {early:.2f} s too early"] if early > allowed else []
    if at_once > _CONNECTIONS:
        also.append(f"{at_once} mails at once")
    if beside > 2 * alone + 5:
        also.append(f"the other domain took {beside:.1f} s, and {alone:.1f} s alone")
    return judged(
        f"domain-limit: {size.words}",
        finding,
        trials=f"{size.limited} mails to the limited domain, {size.free} to another one;"
        f" {len(_WORKERS)} workers of 4 connections",
        bound=f"no mail within any number of windows after as many times {size.rate} others,"
        f" at most {_CONNECTIONS} at once, the other domain not slowed",
        most_duplicates=0,
        also=tuple(also),
        delay=delay,
        note=f"the limited domain took {moments[-1] - moments[0]:.1f} s, at least"
        f" {size.least_time:.0f} s; the most premature mail was {early:.2f} s early, of"
        f" {allowed} s that a mail may take on its way; {at_once} at once; the other domain"
        f" {beside:.1f} s beside it, {alone:.1f} s alone",
    )


def how_early(moments: Sequence[float], size: Size) -> float:
    """By how much, at most, any window or row of windows held one mail too many; 0.0: none."""
    early = 0.0
    for windows in range(1, len(moments) // size.rate + 1):
        after = windows * size.rate
        for first, later in zip(moments, moments[after:], strict=False):
            early = max(early, windows * size.seconds - (later - first))
    return early


def most_at_once(moments: Sequence[float]) -> int:
    """A mail is in the server's hands from half its pace before it is logged to half after."""
    changes = sorted((at + side * _PACE / 2, -side) for at in moments for side in (-1, 1))
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def _send_freely(server: MailServer, place: Place, size: Size, *, slug: str) -> float:
    """Seconds until all of a campaign to the other domain has arrived."""
    began = time.monotonic()
    _launch(place, slug, _FREE, size.free)
    end = f"@{slug}.{_FREE}"
    wait_until(
        lambda: sum(mail.recipient.endswith(end) for mail in server.taken()) >= size.free,
        seconds=180,
        what=f"the mails to {_FREE}",
    )
    return time.monotonic() - began


def _launch(place: Place, slug: str, domain: str, many: int) -> None:
    """All to one domain; the first label tells the campaigns of the other domain apart."""
    launch(
        place.database_url,
        organizations=many,
        slug=slug,
        address=lambda number: f"contact{number}@{slug}.{domain}",
    )
    place.ring()


TRIALS = (
    Trial(
        "domain-limit",
        "One domain takes 30 mails a minute on two connections, another one any number; two"
        " workers share the limit. Time is scaled: the many mails go at 30 a second, a few at 30"
        " a minute, in real time.",
        keeps_the_limit,
    ),
)
