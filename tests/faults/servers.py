"""SMTP servers as processes of their own, and what they have accepted."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.waiting import PATIENCE, wait_until

ROOT = Path(__file__).parent.parent.parent
_SINK_MESSAGE_ID = re.compile(rb"^Message-ID: <([^>\n]+)>", re.MULTILINE | re.IGNORECASE)
_SINK_RECIPIENT = re.compile(rb"^X-Rcpt-Args: <([^>\n]+)>", re.MULTILINE)


@dataclass(frozen=True)
class Taken:
    """One mail that a server has accepted."""

    message_id: str
    recipient: str
    at: float = 0.0


@dataclass
class MailServer:
    """A running server. ``taken()`` is to be relied on while no connection is open."""

    port: int
    log: Path
    process: subprocess.Popen[str] = field(repr=False)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def taken(self) -> list[Taken]:
        if self.log.is_dir():
            return [_read_sink(path) for path in sorted(self.log.iterdir())]
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [Taken(**json.loads(line)) for line in lines]

    def count(self) -> int:
        """How many so far; quick."""
        if self.log.is_dir():
            return len(os.listdir(self.log))
        return self.log.read_bytes().count(b"\n") if self.log.exists() else 0

    def await_count(self, many: float, *, seconds: float = PATIENCE) -> None:
        """Fails when none has come for ``seconds``."""
        wait_until(
            lambda: self.count() >= many,
            seconds=seconds,
            what=f"{many:.0f} mails",
            moving=self.count,
        )


def _read_sink(path: Path) -> Taken:
    """One of smtp-sink's files; it removes those of mails that broke off."""
    content = path.read_bytes()
    message_id, recipient = _SINK_MESSAGE_ID.search(content), _SINK_RECIPIENT.search(content)
    return Taken(
        message_id[1].decode() if message_id else "",
        recipient[1].decode() if recipient else "",
        path.stat().st_mtime,
    )


@contextmanager
def aiosmtpd_server(
    folder: Path, *, pace: float = 0.0, pipelining: bool = True, more: tuple[str, ...] = ()
) -> Iterator[MailServer]:
    """``pace`` seconds a mail and connection; ``more`` are options of mail_server.py."""
    log = folder / "taken.jsonl"
    options = ("--pace", str(pace), *(() if pipelining else ("--no-pipelining",)), *more)
    with _program("mail_server", str(log), *options) as (process, said):
        yield MailServer(said["listening"], log, process)


def sink_program() -> str | None:
    """postfix's smtp-sink, where it is installed."""
    return shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextmanager
def sink_server(
    folder: Path, *, pace: float = 0.0, pipelining: bool = True
) -> Iterator[MailServer]:
    """``pace`` in whole seconds, as smtp-sink takes it. No postfix is started."""
    program, port, dump = sink_program(), free_port(), folder / "sink"
    assert program, "smtp-sink is not installed (apt install postfix)"
    dump.mkdir()
    options = [*(() if pipelining else ("-p",)), *(("-W", f".:{round(pace)}") if pace else ())]
    if os.geteuid() == 0:
        shutil.chown(dump, "nobody")
        options += ["-u", "nobody"]
    process = subprocess.Popen(
        [program, *options, "-d", f"{dump}/mail.", f"127.0.0.1:{port}", "200"],
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=folder,
    )
    try:
        wait_until(lambda: is_listening(port), what="smtp-sink to listen")
        yield MailServer(port, dump, process)
    finally:
        process.kill()
        process.wait()


@contextmanager
def _program(
    module: str, *arguments: str, stdin: int = subprocess.DEVNULL
) -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    """One of this folder's programs, and the first line that it said."""
    process = start_program(module, *arguments, stdin=stdin)
    try:
        assert process.stdout
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def start_program(
    module: str, *arguments: str, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.faults.{module}", *arguments],
        cwd=ROOT,
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
