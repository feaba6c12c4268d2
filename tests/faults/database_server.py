"""A PostgreSQL server of a trial's own: started, stopped at once, and started again."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.faults.servers import free_port
from tests.postgres import _binary
from tests.waiting import PATIENCE, wait_until

_PASSWORD = "for-tests-only"


@dataclass
class PostgresServer:
    """Its data is in ``folder``. ``fsync`` stays on: what it has said is committed, is."""

    folder: Path
    account: str | None
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{_PASSWORD}@127.0.0.1:{self.port}"

    @property
    def answers(self) -> bool:
        try:
            with psycopg.connect(f"{self.url}/postgres", connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def start(self, *, wait: bool = True) -> None:
        """Also after its end, whatever that was."""
        options = {"max_connections": 60, "min_wal_size": "2MB"}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(_binary("postgres"), "-D", str(self.folder / "data")),
                    *("-p", str(self.port), "-h", "127.0.0.1", "-k", str(self.folder)),
                    *settings,
                ],
                stdout=log,
                stderr=log,
                user=self.account,
                cwd=self.folder,
                start_new_session=True,
            )
        if wait:
            wait_until(lambda: self.answers, seconds=PATIENCE, what="PostgreSQL to answer")

    def stop(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT: at once, as when the machine falls; it recovers at its next start."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=30)
            self.process = None


def _initialise(place: Path, account: str | None) -> None:
    """Its log in files of 1 MB: a full disk is felt soon, not after what it had set aside."""
    options = ("--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale")
    subprocess.run(
        [
            *(_binary("initdb"), *options, "--no-sync", "--wal-segsize=1"),
            *(f"--pwfile={place / 'password'}", f"--pgdata={place / 'data'}"),
        ],
        check=True,
        capture_output=True,
        user=account,
        cwd=place,
    )


@contextmanager
def a_postgres_server(folder: Path | None = None) -> Iterator[PostgresServer]:
    """Running; in ``folder`` (which must be one that ``nobody`` reaches), else in one of /tmp."""
    place = folder or Path(tempfile.mkdtemp(prefix="outreach-faults-pg-"))
    account = "nobody" if os.geteuid() == 0 else None
    if account:
        shutil.chown(place, account)
    place.chmod(0o700)
    (place / "password").write_text(_PASSWORD)
    shutil.chown(place / "password", account or os.geteuid())
    _initialise(place, account)
    server = PostgresServer(place, account, free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)
