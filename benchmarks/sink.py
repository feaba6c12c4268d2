"""The servers that take the mail: postfix's smtp-sink, and one of our own that keeps the time."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message as Mail
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from benchmarks.postfix import Postfix
from benchmarks.processes import Failed, clean_environment, module, running, wait_until
from outreach.demo.ports import answers, free_port

HOST = "127.0.0.1"
_COUNTERS = re.compile(rb"mesg=(\d+)")


@dataclass(frozen=True)
class Sink:
    """smtp-sink: as fast as a server can be. It counts, and says so when a session has ended."""

    port: int
    counters: Path

    def require(self, many: int) -> None:
        """Raises Failed unless exactly so many mails arrived. All sessions must have ended."""
        wait_until(
            lambda: self._counted() >= many,
            seconds=5,
            what=f"the sink to have counted {many} mails, not {self._counted()}",
        )
        if self._counted() != many:
            raise Failed(f"the sink counted {self._counted()} mails instead of {many}")

    def _counted(self) -> int:
        found = _COUNTERS.findall(self.counters.read_bytes()[-200:])
        return int(found[-1]) if found else 0


@contextmanager
def counting_sink(postfix: Postfix, *, folder: Path) -> Iterator[Sink]:
    port = free_port(HOST)
    counters = folder / f"sink-{port}.counters"
    as_user = ["-u", "nobody"] if os.geteuid() == 0 else []
    argv = [postfix.sink, "-c", "-4", *as_user, f"inet:{HOST}:{port}", "1000"]
    env = clean_environment() | postfix.environment
    with running(argv, log=counters, env=env, cwd=folder):
        wait_until(lambda: answers(HOST, port), seconds=10, what="smtp-sink to answer")
        yield Sink(port, counters)


@dataclass(frozen=True)
class TimedSink:
    """Our own: it replies to a mail after a pause, and notes when it did."""

    port: int
    log: Path
    kept: Path

    def moments(self) -> list[float]:
        """When each mail was accepted, on the machine's monotonic clock."""
        return [float(line.split()[0]) for line in self._lines()]

    def sizes(self) -> list[int]:
        return [int(line.split()[1]) for line in self._lines()]

    def mails(self) -> list[Mail]:
        parser = BytesParser(policy=default)
        return [parser.parsebytes(path.read_bytes()) for path in sorted(self.kept.glob("*.eml"))]

    def _lines(self) -> list[str]:
        whole, _, _ = self.log.read_text().rpartition("\n")
        return whole.splitlines()


@contextmanager
def timed_sink(folder: Path, *, pause: float = 0.0, keeps: int = 0) -> Iterator[TimedSink]:
    """Waits ``pause`` seconds before it accepts a mail; keeps the first so many as files."""
    port = free_port(HOST)
    sink = TimedSink(port, folder / f"timed-{port}.log", folder / f"timed-{port}")
    sink.kept.mkdir()
    sink.log.touch()
    argv = module("benchmarks.timed_sink", port, pause, sink.log, sink.kept, keeps)
    output = folder / f"timed-{port}.out"
    with running(argv, log=output, env=clean_environment(), cwd=folder):
        wait_until(lambda: answers(HOST, port), seconds=10, what="the timed sink to answer")
        yield sink
