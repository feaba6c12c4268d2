"""What every measurement stands on: a folder, a broker, a PostgreSQL server, the programs.

The databases lie in the temporary folder, SQLite's and PostgreSQL's on the same disk, and both
write durably.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import psycopg

from benchmarks.plan import Plan
from benchmarks.postfix import Postfix, find_postfix
from benchmarks.processes import ROOT, clean_environment, running, wait_until
from outreach.demo.broker import embedded_broker, is_answering
from tests.postgres import running_postgres

PEERS = ROOT / ".bench"
KINDS = ("sqlite", "postgresql")
TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(eq=False)
class Ground:
    """Made once for a run; servers start when something asks for them first."""

    plan: Plan
    folder: Path
    ends: ExitStack = field(repr=False)
    _made: int = 0

    @cached_property
    def postfix(self) -> Postfix:
        return find_postfix(PEERS)

    @cached_property
    def broker_url(self) -> str:
        """A Valkey or Redis of our own."""
        home = self.new_folder("broker")
        broker = embedded_broker(home)
        self.ends.enter_context(
            running(
                broker.program.argv,
                log=home / "log",
                env=clean_environment(),
                cwd=home,
                feed=broker.program.feed,
            )
        )
        wait_until(lambda: is_answering(broker.url), seconds=20, what="the broker to answer")
        return broker.url

    @cached_property
    def postgres_url(self) -> str:
        """A PostgreSQL server of our own, without a database's name."""
        return self.ends.enter_context(running_postgres(fsync="on"))

    def postgres_version(self) -> str:
        """Empty where nothing has asked for the server."""
        if "postgres_url" not in self.__dict__:
            return ""
        with psycopg.connect(f"{self.postgres_url}/postgres") as connection:
            return str(connection.execute("SHOW server_version").fetchall()[0][0])

    def forget_rings(self) -> None:
        """Empties the broker: what an earlier row left in it disturbs the next."""
        import redis

        with redis.Redis.from_url(self.broker_url) as client:
            client.flushall()

    def on_postgres(self, statement: str) -> None:
        with psycopg.connect(f"{self.postgres_url}/postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def numbered(self, name: str) -> str:
        """A name that nothing of this run has yet."""
        self._made += 1
        return f"{name}_{self._made}"

    def new_folder(self, name: str) -> Path:
        folder = self.folder / self.numbered(name)
        folder.mkdir()
        return folder

    @contextmanager
    def passing_folder(self, name: str) -> Iterator[Path]:
        """One that is gone after the block: a hundred thousand mails leave much behind."""
        folder = self.new_folder(name)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def standing(plan: Plan) -> Iterator[Ground]:
    """Leaving the block, by whatever way, ends everything that was started on it."""
    folder = Path(tempfile.mkdtemp(prefix="outreach-bench-"))
    folder.chmod(0o755)
    PEERS.mkdir(exist_ok=True)
    try:
        with ExitStack() as ends:
            yield Ground(plan, folder, ends)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
