"""Workers that are killed, restarted or stopped in the middle of a bulk."""

import signal
from collections import Counter

from tests.faults.checker import Row, check
from tests.faults.fault import Fault
from tests.faults.running import Place, launch
from tests.faults.servers import MailServer, aiosmtpd_server, sink_program, sink_server
from tests.faults.steering import Proxy, fault_proxy
from tests.faults.trial import Ground, Outcome, Trial, judged
from tests.faults.worker import Plan
from tests.waiting import PATIENCE, let_pass, wait_until

_WORKERS = ("worker-1", "worker-2")
_RESTART = 3.0  # seconds that a death and the next start take, about


def killed_in_a_bulk(ground: Ground) -> list[Outcome]:
    sizes = (8,) if ground.small else (1, 8)
    outcomes = [_kill_one_of_two(ground, connections=connections) for connections in sizes]
    return outcomes if ground.small else [*outcomes, _kill_before_smtp_sink(ground)]


def _kill_before_smtp_sink(ground: Ground) -> Outcome:
    """Its pace is a second a mail, at least."""
    name = "worker-killed: 8 a worker, smtp-sink"
    if not sink_program():
        return Outcome(name, "", skipped="smtp-sink is not installed (apt install postfix)")
    with sink_server(ground.new_folder(), pace=1) as server:
        return _kill(ground, server, name, connections=8, kills=10, messages=600)


def _kill_one_of_two(ground: Ground, *, connections: int) -> Outcome:
    kills = ground.size(small=1, full=50, given=ground.kills)
    messages = ground.size(small=240, full=5000, given=ground.messages)
    pace = kills * _RESTART * 2 * connections / messages
    with aiosmtpd_server(ground.new_folder(), pace=pace) as server:
        name = f"worker-killed: {connections} a worker"
        return _kill(ground, server, name, connections=connections, kills=kills, messages=messages)


def _kill(
    ground: Ground, server: MailServer, name: str, *, connections: int, kills: int, messages: int
) -> Outcome:
    idle = 0
    with ground.place(smtp_url=server.url, SMTP_CONNECTIONS=str(connections)) as place:
        launch(place.database_url, organizations=messages)
        _start_two(place, plan=ground.plan())
        for number in range(kills):
            _await_share(server, place, messages * (number + 0.3 + _somewhat(ground)) / kills)
            victim = ground.chance.choice(_WORKERS)
            idle += not place.states().get("queued")
            place.end(victim, signal.SIGKILL)
            place.start_worker(victim, plan=ground.plan())
        delay = place.await_end(seconds=900)
        place.end_workers()
        finding = check(server.taken(), place.rows())
    return judged(
        name,
        finding,
        trials=f"{kills} kills, {messages} mails",
        bound=f"lost 0, duplicates at most {kills * connections}, all flagged",
        most_duplicates=kills * connections,
        delay=delay,
        note=f"{idle} of the kills came when no mail was waiting any more" if idle else "",
    )


def restarted_in_a_bulk(ground: Ground) -> list[Outcome]:
    restarts = ground.size(small=1, full=30, given=ground.kills)
    messages = ground.size(small=60, full=5000, given=ground.messages)
    pace = restarts * _RESTART * 2 / messages
    codes: list[int] = []
    with (
        aiosmtpd_server(ground.new_folder(), pace=pace) as server,
        ground.place(smtp_url=server.url, SMTP_CONNECTIONS="1") as place,
    ):
        launch(place.database_url, organizations=messages)
        _start_two(place, plan=ground.plan())
        for number in range(restarts):
            _await_share(server, place, messages * (number + 0.3 + _somewhat(ground)) / restarts)
            name = ground.chance.choice(_WORKERS)
            codes.append(place.end(name, signal.SIGTERM))
            place.start_worker(name, plan=ground.plan())
        delay = place.await_end(seconds=120 + messages * pace)
        place.end_workers()
        finding = check(server.taken(), place.rows())
    return [
        judged(
            "worker-restarted",
            finding,
            trials=f"{restarts} SIGTERM restarts, {messages} mails",
            bound="lost 0, duplicates 0, each ended by itself",
            most_duplicates=0,
            also=tuple(f"a worker ended with {code}" for code in codes if code),
            delay=delay,
        )
    ]


def stalled_for_twice_the_lease(ground: Ground) -> list[Outcome]:
    """Stopped with a body, or an envelope, under way; another takes over; it wakes."""
    points = ("reply DOT", "mid-body", "reply DATA", "before RCPT")
    stalls = ground.size(small=1, full=20, given=ground.kills)
    plan = ground.plan(lease=3.0, body_lease=4.0)
    with (
        aiosmtpd_server(ground.new_folder(), pace=0.1) as server,
        fault_proxy(server.port, seed=ground.seed) as proxy,
        ground.place(smtp_url=proxy.url, SMTP_CONNECTIONS="1") as place,
    ):
        launch(place.database_url, organizations=200 * stalls)
        _start_two(place, plan=plan)
        for number in range(stalls):
            name = ground.chance.choice(_WORKERS)
            point = points[number % len(points)]
            proxy.arm(Fault(point, ["kill"], signal=int(signal.SIGSTOP), pids=[place.pid(name)]))
            _await_strikes(proxy, number + 1)
            let_pass(2 * plan.body_lease)
            place.send(name, signal.SIGCONT)
        delay = place.await_end(seconds=600)
        place.end_workers()
        rows = place.rows()
        finding = check(server.taken(), rows)
    return [
        judged(
            "worker-stalled",
            finding,
            trials=f"{stalls} stalls of {2 * plan.body_lease:.0f} s, {len(rows)} mails",
            bound=f"nothing overwritten, lost 0, duplicates at most {stalls}, all flagged",
            most_duplicates=stalls,
            also=_overwritten(rows),
            delay=delay,
        )
    ]


def _overwritten(rows: list[Row]) -> tuple[str, ...]:
    """Rows with more results than senders: somebody wrote what was another's by then."""
    found = [row for row in rows if Counter(row.events)["accepted"] > 1]
    return (f"{len(found)} rows were written by two senders",) if found else ()


def _start_two(place: Place, *, plan: Plan) -> None:
    for name in _WORKERS:
        place.start_worker(name, plan=plan, wait=False)
    place.start_beat()
    wait_until(lambda: all(map(place.is_listening, _WORKERS)), seconds=PATIENCE, what="two workers")
    for _ in _WORKERS:
        place.ring()


def _await_strikes(proxy: Proxy, many: int) -> None:
    wait_until(lambda: len(proxy.killed) >= many, seconds=PATIENCE, what=f"strike {many}")


def _somewhat(ground: Ground) -> float:
    """A part of a share, so that no death comes at the same point of its round as another."""
    return ground.chance.random() * 0.3


def _await_share(server: MailServer, place: Place, many: float) -> None:
    wait_until(
        lambda: server.count() >= many or not place.states().get("queued"),
        seconds=180,
        what=f"{many:.0f} mails",
    )


TRIALS = (
    Trial(
        "worker-killed",
        "SIGKILL to one of two workers, chosen and timed at random, again and again while a bulk"
        " goes out; with one connection a worker, and with eight, into aiosmtpd and smtp-sink.",
        killed_in_a_bulk,
    ),
    Trial(
        "worker-restarted",
        "SIGTERM to one of two workers, and a new one in its place, again and again.",
        restarted_in_a_bulk,
    ),
    Trial(
        "worker-stalled",
        "SIGSTOP to one of two workers in the middle of a mail, for twice the lease; the other"
        " takes its rows over; then SIGCONT. No row may bear the results of two senders.",
        stalled_for_twice_the_lease,
    ),
)
