"""One program of the stack: a process in a session of its own, its output in a log."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from outreach.demo.log import open_log
from outreach.demo.reaper import kill_group

_POLL = 0.02


@dataclass(frozen=True)
class Program:
    """What to start. ``grace`` is how long it may take to end, in seconds; ``feed`` its stdin.

    ``outlives_others`` marks the broker, which the rest needs until the end.
    """

    name: str
    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict, repr=False)
    feed: str = field(default="", repr=False)
    grace: float = 1.0
    outlives_others: bool = False


class Child:
    """A started program. ``reaper`` is the pipe on which it announces itself before it runs."""

    def __init__(self, program: Program, *, logs: Path, reaper: int) -> None:
        self.program = program
        self.log = logs / f"{program.name}.log"

        def announce() -> None:  # in the new process: there is no moment when nobody knows it
            os.write(reaper, f"{_introduction(os.getpid(), program)}\n".encode("ascii"))

        with os.fdopen(open_log(self.log), "wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                program.argv,
                stdin=subprocess.PIPE if program.feed else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | program.env,
                start_new_session=True,
                preexec_fn=announce,  # noqa: PLW1509 - the supervisor has no threads
            )
        if self.process.stdin:
            with suppress(BrokenPipeError), self.process.stdin as pipe:
                pipe.write(program.feed.encode())

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def introduction(self) -> str:
        """What the reaper is told of it."""
        return _introduction(self.pid, self.program)

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self, *, within: float) -> None:
        """SIGTERM, the program's grace or ``within`` seconds, then SIGKILL for what is left of
        its session."""
        if not self.ended:
            self.process.send_signal(signal.SIGTERM)
            _wait(self.process, seconds=min(self.program.grace, within))
        kill_group(self.pid, signal.SIGKILL)
        self.process.wait()


def _introduction(pid: int, program: Program) -> str:
    return f"start {pid} {int(program.outlives_others)}"


def _wait(process: subprocess.Popen[bytes], *, seconds: float) -> None:
    limit = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < limit:
        time.sleep(_POLL)
