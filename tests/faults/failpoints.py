"""Death at named steps: at the database by the stand-in worker, on the wire by the proxy."""

import signal
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tests.faults.checker import Finding, check
from tests.faults.fault import Fault
from tests.faults.running import Place, launch
from tests.faults.servers import MailServer, aiosmtpd_server, sink_program, sink_server
from tests.faults.steering import Proxy, fault_proxy
from tests.faults.trial import Ground, Outcome, Trial, judged
from tests.waiting import PATIENCE, wait_until

_WORKER = "worker-1"


@dataclass(frozen=True)
class Step:
    """``point`` is on the wire, ``die_at`` in the worker. ``may_repeat``: the server may have the
    mail, and the database does not know."""

    name: str
    point: str = ""
    die_at: str = ""
    may_repeat: bool = False
    also_small: bool = True


STEPS = (
    Step("claimed, before the commit", die_at="before claim", also_small=False),
    Step("claimed, after the commit", die_at="after claim"),
    Step("after the DATA mark", die_at="after mark"),
    Step("in the middle of the body", "mid-body"),
    Step("before the final dot", "before DOT", also_small=False),
    Step("after the final dot", "reply DOT", may_repeat=True),
    Step("after the 250", "after DOT", may_repeat=True),
    Step("before the record", die_at="before record", may_repeat=True),
    Step("after the record", die_at="after record", also_small=False),
)


@dataclass
class Deaths:
    """Which messages were marked when the worker died, by the step's name."""

    doubtful: dict[str, set[str]] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def count_copies(self, finding: Finding, step: Step) -> int:
        """The copies that this step's deaths account for; each copy counts once."""
        mine = self.doubtful.get(step.name, set())
        elsewhere = {
            key
            for other in STEPS
            if other.may_repeat and other is not step
            for key in self.doubtful.get(other.name, set())
        }
        found = {key for key in finding.copied if key in mine}
        return len(found if step.may_repeat else found - elsewhere)


def every_step(ground: Ground) -> list[Outcome]:
    each = ground.size(small=1, full=20, given=ground.kills)
    messages = ground.size(small=100, full=6000, given=ground.messages)
    with aiosmtpd_server(ground.new_folder(), pace=0.005) as server:
        outcomes = _die_at_every_step(ground, server, each=each, messages=messages)
    return outcomes if ground.small else [*outcomes, *_without_pipelining(ground)]


def _without_pipelining(ground: Ground) -> list[Outcome]:
    """One command at a time, as a server wants it that announces nothing."""
    suffix = ", no PIPELINING, smtp-sink"
    if not sink_program():
        why = "smtp-sink is not installed (apt install postfix)"
        return [Outcome(f"failpoint: all{suffix}", "", skipped=why)]
    with sink_server(ground.new_folder(), pipelining=False) as server:
        found = _die_at_every_step(ground, server, each=5, messages=2000)
    return [replace(one, name=f"{one.name}{suffix}") for one in found]


def _die_at_every_step(
    ground: Ground, server: MailServer, *, each: int, messages: int
) -> list[Outcome]:
    deaths = Deaths()
    steps = [step for step in STEPS if step.also_small or not ground.small]
    with (
        fault_proxy(server.port, seed=ground.seed) as proxy,
        ground.place(smtp_url=proxy.url, SMTP_CONNECTIONS="1") as place,
    ):
        launch(place.database_url, organizations=messages)
        place.start_beat()
        for _ in range(each):
            for step in steps:
                _die_at(step, ground, place, proxy, deaths)
        proxy.clear()
        place.start_worker(_WORKER, plan=ground.plan())
        place.ring()
        delay = place.await_end(seconds=900)
        place.end_workers()
        finding = check(server.taken(), place.rows())
    return [_of_step(step, finding, deaths, each=each, delay=delay) for step in steps]


def _die_at(step: Step, ground: Ground, place: Place, proxy: Proxy, deaths: Deaths) -> None:
    after = ground.chance.randint(1, 4)
    # A claim after the first is made while a body is under way, which is another step.
    at_once = step.die_at.endswith("claim")
    plan = ground.plan(die_at=step.die_at, die_after=1 if at_once else after)
    proxy.clear()
    began = datetime.now(UTC)
    place.ring()
    place.start_worker(_WORKER, plan=plan, wait=False)
    if step.point:
        # After a death before the dot the rest of the body must not arrive by itself.
        actions = ["kill"] if step.may_repeat else ["kill", "reset"]
        pids = [place.pid(_WORKER)]
        if step.point == "after DOT":  # the 250 is its own, and it does nothing with it
            halt = int(signal.SIGSTOP)
            proxy.arm(Fault("reply DOT", actions, signal=halt, pids=pids, skip=after))
        proxy.arm(Fault(step.point, actions, pids=pids, skip=after))
    try:
        wait_until(lambda: not place.is_up(_WORKER), seconds=PATIENCE, what=step.name)
    except AssertionError:
        deaths.missed.append(step.name)
        place.end(_WORKER)
        return
    place.running.pop(_WORKER)
    marked = {row.message_id for row in place.rows() if row.marked_at and row.marked_at > began}
    deaths.doubtful.setdefault(step.name, set()).update(marked)


def _of_step(step: Step, finding: Finding, deaths: Deaths, *, each: int, delay: float) -> Outcome:
    """The whole run's losses show in every line; copies in the line of the step they come from."""
    copies = deaths.count_copies(finding, step)
    most = each if step.may_repeat else 0
    missed = deaths.missed.count(step.name)
    also = [f"{missed} of {each} deaths did not come about"] if missed else []
    if copies > most:
        also.append(f"{copies} duplicates, at most {most} allowed")
    outcome = judged(
        f"failpoint: {step.name}",
        finding,
        trials=f"{each} deaths",
        bound=f"lost 0, duplicates at most {most}",
        most_duplicates=each * len(STEPS),
        also=tuple(also),
        delay=delay,
    )
    flagged = len(deaths.doubtful.get(step.name, set()))
    return replace(outcome, duplicates=copies, flagged=flagged)


TRIALS = (
    Trial(
        "failpoint",
        "The one worker is killed exactly at the step named, then another is started: at the"
        " database's steps it dies by its own hand, on the wire the proxy kills it. Flagged counts"
        " the messages whose DATA mark stood when it died.",
        every_step,
    ),
)
