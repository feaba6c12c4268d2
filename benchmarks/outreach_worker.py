"""The real worker process on a copy of a filled database, and the wait for its work."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import Connection, text

from benchmarks.ground import Ground
from benchmarks.outbox import MAIL_FROM, WARM_MAILS, let_go
from benchmarks.processes import (
    Failed,
    clean_environment,
    cpu_seconds,
    megabytes,
    running,
    wait_until,
)
from benchmarks.templates import Template
from outreach.bell import Bell
from outreach.store.database import Database

KEY = "for-benchmarks-only-" * 3
PUBLIC_URL = "https://sign.example.org"
_SLOWEST = 25  # messages a second; below it a row is broken, not slow
_SWEEP = 5.0


@dataclass(frozen=True)
class Home:
    """One home of Outreach with its database, and what its programs are told."""

    folder: Path
    url: str
    environment: Mapping[str, str]

    @contextmanager
    def outreach(self, *command: str) -> Iterator[psutil.Popen]:
        """``outreach COMMAND`` as a process of its own."""
        argv = [sys.executable, "-m", "outreach", *command]
        log = self.folder / f"{command[0]}.log"
        with running(argv, log=log, env=self.environment, cwd=self.folder) as process:
            yield process

    @contextmanager
    def worker(self) -> Iterator[psutil.Popen]:
        """Yields when it listens to the broker."""
        alive = self.folder / "run" / "worker.alive"
        try:
            with self.outreach("worker") as process:
                wait_until(alive.exists, seconds=60, what="the worker to listen")
                yield process
        except Failed as failure:
            raise Failed(f"{failure}; the worker's last words: {self._last_words()}") from None

    def _last_words(self) -> str:
        lines = (self.folder / "worker.log").read_text(errors="replace").split("\n")
        return " | ".join(line for line in lines if line.strip())[-600:]


@contextmanager
def home_on(
    ground: Ground, template: Template, *, smtp_port: int, settings: Mapping[str, str]
) -> Iterator[Home]:
    ground.forget_rings()
    with ground.passing_folder("home") as folder, template.copied(folder) as url:
        environment = clean_environment(
            OUTREACH_HOME=str(folder),
            DATABASE_URL=url,
            REDIS_URL=ground.broker_url,
            SMTP_URL=f"smtp://127.0.0.1:{smtp_port}",
            MAIL_FROM=MAIL_FROM,
            SECRET_KEYS=KEY,
            **{"PUBLIC_URL": PUBLIC_URL, **settings},
        )
        yield Home(folder, url, environment)


@dataclass(frozen=True)
class Delivered:
    """A bulk that was sent: from the bell to its last row recorded."""

    seconds: float
    cpu: float
    idle_mb: float
    after_mb: float


def deliver(ground: Ground, home: Home, *, many: int) -> Delivered:
    """Everything that the template holds: warms the worker up, lets go, rings, waits."""
    database, bell = Database(home.url), Bell(ground.broker_url)
    with home.worker() as worker, database.engine.connect() as connection:
        idle = megabytes(worker)
        _await_sent(connection, bell, least=WARM_MAILS, seconds=60)
        time.sleep(0.5)  # the warm-up's task has ended, so that the next ring begins one
        let_go(database)
        before, began = cpu_seconds(worker), time.perf_counter()
        _await_sent(connection, bell, least=WARM_MAILS + many, seconds=60 + many / _SLOWEST)
        seconds = time.perf_counter() - began
        delivered = Delivered(seconds, cpu_seconds(worker) - before, idle, megabytes(worker))
    database.close()
    return delivered


def _await_sent(connection: Connection, bell: Bell, *, least: int, seconds: float) -> None:
    """Rings, again every few seconds as beat does, until nothing waits. Raises Failed where that
    is so and yet fewer than ``least`` are sent."""
    ends = time.monotonic() + seconds
    next_ring = 0.0
    while _is_open(connection):
        if time.monotonic() > ends:
            raise Failed(f"not all was sent in {seconds:.0f} s: {_states(connection)}")
        if time.monotonic() > next_ring:
            bell.ring()
            next_ring = time.monotonic() + _SWEEP
        time.sleep(0.01)
    if _states(connection).get("sent", 0) < least:
        raise Failed(f"not everything was sent: {_states(connection)}")


# In one look, for a row moves from the one to the other; each half has an index. What waits behind
# a pause does not count.
_OPEN = text("""
    SELECT EXISTS (SELECT 1 FROM message WHERE state = 'sending')
        OR EXISTS (
            SELECT 1 FROM message WHERE state = 'queued'
            AND campaign_id NOT IN (SELECT id FROM campaign WHERE state = 'paused')
        )
""")
_STATES = text("SELECT state, count(*) FROM message GROUP BY state")


def _is_open(connection: Connection) -> bool:
    with connection.begin():
        return bool(connection.execute(_OPEN).scalar_one())


def _states(connection: Connection) -> dict[str, int]:
    with connection.begin():
        found: dict[str, int] = dict(connection.execute(_STATES).tuples().all())
        return found
