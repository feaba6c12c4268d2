"""A real broker and real worker processes, each ended by its id, also when a test fails."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func
from sqlmodel import col, select

from outreach.demo.broker import embedded_broker, is_answering
from outreach.services.create_campaign import create_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.store.database import Database
from outreach.store.tables import Message
from tests.cli.program import STATEMENT
from tests.factories import DOMAIN, a_contact
from tests.waiting import wait_until

_ROOT = Path(__file__).parent.parent.parent


@dataclass
class Machine:
    """One home with its broker; roles are started and stopped by name."""

    home: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._broker = embedded_broker(self.home)
        self.broker_url = self._broker.url
        self.environment = {
            **self.environment,
            "PYTHONPATH": os.fspath(_ROOT),
            "OUTREACH_HOME": str(self.home),
            "REDIS_URL": self.broker_url,
            "PYTHONUNBUFFERED": "1",
        }

    def start_broker(self) -> None:
        self._start("broker", self._broker.program.argv, self._broker.program.feed)
        wait_until(lambda: is_answering(self.broker_url), seconds=15, what="the broker")

    def lose_broker(self) -> None:
        """It is killed, and all that it held is gone."""
        self.stop("broker", signal.SIGKILL)
        shutil.rmtree(self.home / "broker")
        (self.home / "broker").mkdir()

    def start_worker(self) -> None:
        alive = self.home / "run" / "worker.alive"
        alive.unlink(missing_ok=True)
        self._start("worker", (sys.executable, "-m", "outreach", "worker"))
        wait_until(alive.exists, seconds=40, what="the worker to listen")

    def start_beat(self) -> None:
        self._start("beat", (sys.executable, "-m", "outreach", "beat"))

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM) -> int:
        process = self.running.pop(name)
        process.send_signal(number)
        try:
            return process.wait(timeout=20)
        finally:
            process.kill()
            process.wait()

    def log(self, name: str) -> str:
        return (self.home / f"{name}.out").read_text(errors="replace")

    def _start(self, name: str, argv: tuple[str, ...], feed: str = "") -> None:
        with (self.home / f"{name}.out").open("ab") as output:
            process = subprocess.Popen(
                argv,
                env=self.environment,
                cwd=self.home,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        self.running[name] = process
        assert process.stdin
        with process.stdin as pipe:
            pipe.write(feed.encode())


@contextmanager
def a_machine(home: Path, environment: dict[str, str]) -> Iterator[Machine]:
    machine = Machine(home, environment)
    try:
        yield machine
    finally:
        for process in reversed(machine.running.values()):
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
            process.wait()


def launch(url: str, *, organizations: int) -> None:
    """An open campaign, by the real clock, with that many invitations queued."""
    database, now = Database(url), datetime.now(UTC)
    with database.transaction() as session:
        campaign = create_campaign(
            session,
            source=STATEMENT,
            slug="visit",
            deadline=now + timedelta(days=30),
            zone="Europe/Berlin",
            remind="7d",
            default_reply_to="coordinator@coalition.example",
            now=now,
        )
        for number in range(organizations):
            a_contact(session, campaign, organization=f"Organization {number}")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=now)
    database.close()


def message_states(url: str) -> dict[str, int]:
    database = Database(url)
    with database.reading() as session:
        query = select(Message.state, func.count()).group_by(col(Message.state))
        found: dict[str, int] = dict(session.exec(query).all())
    database.close()
    return found
