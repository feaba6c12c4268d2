"""One trial's place: a database, a broker, workers and beats, each a process ended by its id."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from outreach.bell import Bell
from outreach.demo.broker import embedded_broker, is_answering
from outreach.services.create_campaign import create_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.store.database import Database
from outreach.store.tables import Campaign, Contact, Organization
from tests.cli.program import STATEMENT
from tests.factories import DOMAIN
from tests.faults.checker import Row, read_rows
from tests.faults.servers import ROOT
from tests.faults.worker import Plan
from tests.waiting import PATIENCE, wait_until
from tests.workers.running import message_states

_KEY = "a-key-of-the-fault-trials-alone-0123456789"


@dataclass
class Place:
    """Programs are started and ended by name; each has a home and an output of its own."""

    folder: Path
    database_url: str
    settings: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._broker = embedded_broker(self.folder)
        self.broker_url = self._broker.url
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = {
            **kept,
            "PYTHONPATH": os.fspath(ROOT),
            "PYTHONUNBUFFERED": "1",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.broker_url,
            "SECRET_KEYS": _KEY,
            "MAIL_FROM": f"sign@{DOMAIN}",
            **self.settings,
        }

    def start_broker(self) -> None:
        self._start("broker", self._broker.program.argv, feed=self._broker.program.feed)
        wait_until(lambda: is_answering(self.broker_url), seconds=PATIENCE, what="the broker")

    def lose_broker(self) -> None:
        """It is killed, and all that it held is gone."""
        self.end("broker", signal.SIGKILL)
        shutil.rmtree(self.folder / "broker")
        (self.folder / "broker").mkdir()

    def start_worker(
        self, name: str = "worker-1", *, plan: Plan | None = None, wait: bool = True, **more: str
    ) -> None:
        """The stand-in of worker.py. ``wait``: until it listens to the broker."""
        alive = self.folder / name / "run" / "worker.alive"
        alive.unlink(missing_ok=True)
        self._start(
            name,
            (sys.executable, "-m", "tests.faults.worker"),
            **(plan or Plan()).to_environment(),
            **more,
        )
        if wait:
            wait_until(
                lambda: alive.exists() or not self.is_up(name),
                seconds=PATIENCE,
                what=f"{name} to listen",
            )

    def is_listening(self, name: str) -> bool:
        return self.is_up(name) and (self.folder / name / "run" / "worker.alive").exists()

    def start_beat(self, name: str = "beat-1") -> None:
        self._start(name, (sys.executable, "-m", "tests.faults.worker", "beat"))

    def is_up(self, name: str) -> bool:
        return name in self.running and self.running[name].poll() is None

    def pid(self, name: str) -> int:
        return self.running[name].pid

    def send(self, name: str, number: signal.Signals) -> None:
        """To the program itself; it is not waited for."""
        self.running[name].send_signal(number)

    def end(self, name: str, number: signal.Signals = signal.SIGTERM, *, within: float = 30) -> int:
        """Its exit code; killed where it does not end by itself."""
        process = self.running.pop(name)
        process.send_signal(number)
        try:
            return process.wait(timeout=within)
        finally:
            process.kill()
            process.wait()

    def end_workers(self) -> None:
        """So that no connection is open, and what the server has accepted is all there is."""
        for name in [name for name in self.running if name.startswith("worker")]:
            self.end(name)

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.out"
        return path.read_text(errors="replace") if path.exists() else ""

    def ring(self) -> None:
        Bell(self.broker_url).ring()

    def states(self) -> dict[str, int]:
        return message_states(self.database_url)

    def rows(self) -> list[Row]:
        return read_rows(self.database_url)

    def await_end(self, *, seconds: float, may_wait: int = 0) -> float:
        """Until no row is queued or being sent, but for ``may_wait``, or for ``seconds`` none has
        ended: what is left then is the checker's to tell. Returns how long it took."""
        began = datetime.now(UTC)

        def going() -> int:
            states = self.states()
            return states.get("queued", 0) + states.get("sending", 0)

        with suppress(AssertionError):
            wait_until(lambda: going() <= may_wait, seconds=seconds, moving=going)
        return (datetime.now(UTC) - began).total_seconds()

    def _start(self, name: str, argv: tuple[str, ...], *, feed: str = "", **more: str) -> None:
        home = self.folder / name
        home.mkdir(exist_ok=True)
        with (self.folder / f"{name}.out").open("ab") as output:
            process = subprocess.Popen(
                argv,
                env=self.environment | {"OUTREACH_HOME": str(home)} | more,
                cwd=home,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        self.running[name] = process
        assert process.stdin
        with process.stdin as pipe:
            pipe.write(feed.encode())


@contextmanager
def a_place(folder: Path, database_url: str, **settings: str) -> Iterator[Place]:
    """With its broker running; everything in it is ended, by its id, when it is left."""
    place = Place(folder, database_url, settings)
    try:
        place.start_broker()
        yield place
    finally:
        for process in reversed(place.running.values()):
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        for process in reversed(place.running.values()):
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()
            process.wait()


def launch(
    url: str,
    *,
    organizations: int,
    slug: str = "visit",
    address: Callable[[int], str] = lambda number: f"contact{number}@o{number}.example",
) -> None:
    """An open campaign, by the real clock, with that many invitations queued and due."""
    database, now = Database(url), datetime.now(UTC)
    with database.transaction() as session:
        campaign = create_campaign(
            session,
            source=STATEMENT,
            slug=slug,
            deadline=now + timedelta(days=30),
            zone="Europe/Berlin",
            remind="7d",
            default_reply_to=f"coordinator@{DOMAIN}",
            now=now,
        )
        _add_contacts(session, campaign, organizations, address, now=now)
        launch_campaign(session, slug=slug, mail_domain=DOMAIN, now=now)
    database.close()


def _add_contacts(
    session: Session,
    campaign: Campaign,
    many: int,
    address: Callable[[int], str],
    *,
    now: datetime,
) -> None:
    assert campaign.id is not None
    found = [
        Organization(
            campaign_id=campaign.id,
            name=f"Organization {number}",
            name_key=f"organization{number}",
            created_at=now,
        )
        for number in range(many)
    ]
    session.add_all(found)
    session.flush()
    session.add_all(
        Contact(
            campaign_id=campaign.id,
            organization_id=organization.id or 0,
            name="Ada Example",
            email=address(number),
            email_key=address(number).lower(),
            language="en",
            zone="Europe/Berlin",
            created_at=now,
        )
        for number, organization in enumerate(found)
    )
    session.flush()
