"""A PostgreSQL server that ends at once in the middle of a bulk, and is started again."""

import signal
from dataclasses import dataclass, replace

from tests.faults.checker import check
from tests.faults.database_server import PostgresServer, a_postgres_server
from tests.faults.running import launch
from tests.faults.servers import aiosmtpd_server
from tests.faults.trial import POSTGRESQL, Ground, Outcome, Trial, judged
from tests.waiting import PATIENCE, let_pass, wait_until

_WORKERS = ("worker-1", "worker-2")
_CONNECTIONS = 4


@dataclass(frozen=True)
class _Absence:
    """How often, and from how many seconds to how many. ``lease``: longer than the short ones,
    so that what is seen is the server's end and not that of a lease."""

    name: str
    stops: int
    messages: int
    away: tuple[float, float]
    lease: float


def stopped_at_once(ground: Ground) -> list[Outcome]:
    stops = ground.size(small=2, full=20, given=ground.kills)
    messages = ground.size(small=300, full=8000, given=ground.messages)
    absences = [_Absence("short", stops, messages, (1, 3), lease=20.0)]
    if not ground.small:  # longer than a sender waits for its database
        absences.append(_Absence("long", max(1, stops // 5), messages // 5, (15, 20), lease=6.0))
    return [_stop_again_and_again(ground, absence) for absence in absences]


def _stop_again_and_again(ground: Ground, absence: _Absence) -> Outcome:
    most = absence.stops * _CONNECTIONS * len(_WORKERS)
    plan = ground.plan(lease=absence.lease, body_lease=absence.lease)
    with a_postgres_server() as database:
        own = replace(ground, postgres_url=database.url)
        with (
            aiosmtpd_server(ground.new_folder(), pace=0.1) as server,
            own.place(smtp_url=server.url, SMTP_CONNECTIONS=str(_CONNECTIONS)) as place,
        ):
            launch(place.database_url, organizations=absence.messages)
            for name in _WORKERS:
                place.start_worker(name, plan=plan, wait=False)
            place.start_beat()
            wait_until(
                lambda: all(map(place.is_listening, _WORKERS)), seconds=PATIENCE, what="workers"
            )
            place.ring()
            for number in range(absence.stops):
                share = number + 0.2 + ground.chance.random() * 0.2
                server.await_count(absence.messages * share / absence.stops)
                _stop(ground, database, absence)
            delay = place.await_end(seconds=120 + absence.messages * 0.05)
            ended = [name for name in _WORKERS if not place.is_up(name)]
            place.end_workers()
            finding = check(server.taken(), place.rows())
    return judged(
        f"database-stopped: {absence.name}",
        finding,
        trials=f"{absence.stops} immediate stops of {absence.away[0]:.0f} to"
        f" {absence.away[1]:.0f} s, {absence.messages} mails, {len(_WORKERS)} workers of"
        f" {_CONNECTIONS} connections",
        bound=f"lost 0, no manual step, duplicates at most {most}, all flagged",
        most_duplicates=most,
        also=tuple(f"{name} ended" for name in ended),
        delay=delay,
    )


def _stop(ground: Ground, database: PostgresServer, absence: _Absence) -> None:
    database.stop(signal.SIGQUIT)
    let_pass(ground.chance.uniform(*absence.away))
    database.start()


TRIALS = (
    Trial(
        "database-stopped",
        "PostgreSQL is stopped at once (SIGQUIT to its postmaster) in the middle of a bulk and"
        " started again, again and again, after one to three seconds, or longer than a sender"
        " waits for it; workers and beat go on.",
        stopped_at_once,
        databases=(POSTGRESQL,),
    ),
)
