"""``python -m tests.faults.worker``: the real worker, with shorter spans and, if asked, a death.

``… worker beat`` is the real beat, which rings every FAULTS_SWEEP seconds instead of five.

What FAULTS_PLAN says, as JSON, is put in place before `outreach worker` runs, and nothing else: a
lease of 5 and 12 minutes and a retry after 12 are nothing that a trial can wait for.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

PLAN = "FAULTS_PLAN"
SWEEP = "FAULTS_SWEEP"

# Where a worker can be made to die, beside the points of the proxy on the wire.
STEPS = ("before claim", "after claim", "after mark", "before record", "after record")


@dataclass(frozen=True)
class Plan:
    """Spans in seconds. ``die_at`` is one of STEPS, reached for the ``die_after``-th time.

    ``poison``: it dies whenever it writes the mail of the message with that id. ``limits``: how
    long the SMTP client waits at most, where that is not 0. ``silence``: after so long without a
    bell it sweeps by itself, where that is not 0.
    """

    lease: float = 6.0
    body_lease: float = 10.0
    retry: float = 2.0
    unreachable: float = 1.0
    limits: float = 0.0
    silence: float = 0.0
    die_at: str = ""
    die_after: int = 1
    poison: int = 0

    def to_environment(self) -> dict[str, str]:
        return {PLAN: json.dumps(asdict(self))}


def _replace(owner: Any, name: str, value: Any) -> None:
    if not hasattr(owner, name):
        raise SystemExit(f"{owner!r} has no {name} any more: tests/faults/worker.py is out of date")
    setattr(owner, name, value)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def shorten(plan: Plan) -> None:
    from outreach.domain.retry import RetrySchedule
    from outreach.mail import connection, group, opening
    from outreach.services import delivery, mail_stock, read_outcome, settle_round

    lease = timedelta(seconds=plan.lease)
    _replace(mail_stock, "LEASE", lease)
    _replace(mail_stock, "_RENEW_AFTER", lease / 5)
    _replace(settle_round, "BODY_LEASE", timedelta(seconds=plan.body_lease))
    for module in (delivery, read_outcome):
        _replace(module, "UNREACHABLE_PAUSE", timedelta(seconds=plan.unreachable))
    _replace(group, "_PAUSE", plan.unreachable)

    def soon(_: object, attempts: int, *, now: datetime, jitter: float) -> datetime:
        return now + timedelta(seconds=plan.retry)

    _replace(RetrySchedule, "next_attempt", soon)
    if plan.silence:
        from workers import pulse

        _replace(pulse, "SILENCE", plan.silence)
    if plan.limits:
        for name in ("COMMAND_LIMIT", "BODY_LIMIT", "FINAL_LIMIT"):
            _replace(connection, name, plan.limits)
        for name in ("CONNECT_LIMIT", "OPENING_LIMIT"):
            _replace(opening, name, plan.limits)


Watch = Callable[[Any, Any], None]  # the object, and what its method returned


def _around(
    owner: Any,
    name: str,
    *,
    before: Callable[[Any], None] | None = None,
    after: Watch | None = None,
) -> None:
    """The method does what it did; what is given is called before or after it."""
    real = getattr(owner, name)

    def around(self: Any, *given: Any, **named: Any) -> Any:
        if before:
            before(self)
        done = real(self, *given, **named)
        if after:
            after(self, done)
        return done

    _replace(owner, name, around)


def arrange_death(plan: Plan) -> None:
    """At the step named, once it is reached that often."""
    from outreach.services.delivery import Delivery
    from outreach.services.mail_stock import MailStock

    left = plan.die_after

    def count_down() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            _die()

    def won(_: object, claimed: Sequence[object]) -> None:
        if claimed:  # in the claim's transaction, which is not committed yet
            count_down()

    def claimed(stock: Any, _: object) -> None:
        if stock.in_hand:
            count_down()

    def if_results(delivery: Any) -> None:
        if delivery._round.results:
            count_down()

    def if_written(_: object, settled: Any) -> None:
        if settled.results:
            count_down()

    def if_marked(_: object, settled: Any) -> None:
        if settled.verdicts:
            count_down()

    {
        "before claim": lambda: _around(MailStock, "_claim", after=won),
        "after claim": lambda: _around(MailStock, "refill", after=claimed),
        "after mark": lambda: _around(Delivery, "_commit", after=if_marked),
        "before record": lambda: _around(Delivery, "_commit", before=if_results),
        "after record": lambda: _around(Delivery, "_commit", after=if_written),
    }[plan.die_at]()


def poison(plan: Plan) -> None:
    from outreach.services.mail_stock import MailStock

    def die_of_it(stock: Any) -> None:
        if stock._unwritten and stock._unwritten[0][0].id == plan.poison:
            _die()

    _around(MailStock, "_write", before=die_of_it)


def main(role: str) -> None:
    if role == "beat":
        ring_every(float(os.environ.get(SWEEP, "0")))
    else:
        prepare_worker()
    sys.argv = ["outreach", role]
    from outreach.cli.main import main as outreach

    outreach()


def ring_every(seconds: float) -> None:
    from workers.schedule import BEAT_SCHEDULE

    if seconds:
        BEAT_SCHEDULE["sweep"]["schedule"] = seconds


def prepare_worker() -> None:
    plan = Plan(**json.loads(os.environ.get(PLAN, "{}")))
    shorten(plan)
    if plan.die_at:
        arrange_death(plan)
    if plan.poison:
        poison(plan)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "worker")
