"""Celery with a task per mail, on a broker of our own: the queue is full before the clock runs."""

import struct
import sys
import time
from pathlib import Path

from benchmarks.ground import Ground
from benchmarks.peers.peer import Errand, Runner, peer_row
from benchmarks.processes import running, wait_until
from benchmarks.rows import Row

_CONCURRENCIES = (2, 4)
_HELD = "held"
QUEUE = "mail"
NOTE = struct.Struct("<qd")  # how many mails a process has sent, and when the last was


def celery_rows(ground: Ground) -> list[Row]:
    return [
        peer_row(
            ground,
            _runner(ground, concurrency=many),
            key=f"celery-{many}",
            title=f"Celery, a task per mail, {many} processes, an EmailMessage each (no database)",
            how="tasks published beforehand and not timed; from letting them go to the last mail",
        )
        for many in _CONCURRENCIES
    ]


def _runner(ground: Ground, *, concurrency: int) -> Runner:
    def runner(errand: Errand) -> float:
        import redis

        ground.forget_rings()
        env = errand.environment(BENCH_BROKER=ground.broker_url)
        argv = [sys.executable, "-m", "celery", "--app", "benchmarks.peers.celery_tasks"]
        argv += ["worker", "--pool=prefork", f"--concurrency={concurrency}", "--loglevel=WARNING"]
        argv += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        log = errand.folder / "celery.log"
        with (
            redis.Redis.from_url(ground.broker_url) as client,
            running(argv, log=log, env=env, cwd=errand.folder),
        ):
            ready = errand.folder / "ready"
            wait_until(ready.exists, seconds=60, what="Celery to listen")
            _publish(ground.broker_url, many=errand.many)
            began = time.monotonic()
            client.rename(_HELD, QUEUE)
            return _await_all(errand) - began

    return runner


def _publish(broker_url: str, *, many: int) -> None:
    """Under another queue's name, which nobody listens to."""
    from celery import Celery

    with Celery("publisher", broker=broker_url, set_as_current=False) as publisher:
        for number in range(many):
            publisher.send_task(
                "benchmarks.peers.celery_tasks.send_one",
                args=(number,),
                queue=_HELD,
                ignore_result=True,
            )


def _await_all(errand: Errand) -> float:
    """When the last mail had gone."""

    def notes() -> list[tuple[int, float]]:
        found = (path.read_bytes() for path in Path(errand.folder).glob("*.note"))
        return [NOTE.unpack(raw) for raw in found if raw]

    wait_until(
        lambda: sum(many for many, _ in notes()) == errand.many,
        seconds=60 + errand.many / 20,
        what="Celery to send all mails",
    )
    return max(moment for _, moment in notes())
