"""Starts programs in order, restarts what dies, stops all in reverse within five seconds."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from outreach.demo.child import Child, Program
from outreach.demo.guard import Guard
from outreach.demo.kept import Kept, ProgramFailed
from outreach.domain.errors import OutreachError
from outreach.runtime import clear_runtime, run_folder, stack_lock

_POLL = 0.1
_EARLIER_LIMIT = 15.0  # an earlier start's reaper may still be ending that start's children
_ALL_STOPPED = 4.5


class NotReady(OutreachError):
    """Something did not come up in its time."""


class StopAsked(Exception):
    """SIGINT, SIGTERM or SIGHUP came while something was awaited."""


@contextmanager
def supervise(home: Path, *, say: Callable[[str], None]) -> Iterator["Supervisor"]:
    """The one supervisor of ``home``. Leaving the block stops everything; StopAsked leaves it.

    Raises StackRunning where there is one already.
    """
    with stack_lock(home), _stop_signals() as asked, suppress(StopAsked):
        clear_runtime(home)
        supervisor = Supervisor(home, stop_asked=lambda: bool(asked), say=say)
        try:
            supervisor.await_earlier()
            yield supervisor
        finally:
            clear_runtime(home)
            supervisor.stop()


class Supervisor:
    """Holds the children. It has no thread: ``step`` must be called to notice a death."""

    def __init__(
        self, home: Path, *, stop_asked: Callable[[], bool], say: Callable[[str], None]
    ) -> None:
        self._logs, self._run = home / "log", run_folder(home)
        self._stop_asked, self._say = stop_asked, say
        self._kept: list[Kept] = []
        self._once: list[Child] = []
        self._guard = Guard(self._run, logs=self._logs)

    def start(self, program: Program) -> None:
        """Starts it and keeps it running."""
        self._kept.append(Kept(program, spawn=self._spawn, retire=self._retire, say=self._say))

    def run_to_end(self, program: Program) -> None:
        """Runs it once. Raises ProgramFailed unless it ends well."""
        child = self._spawn(program)
        self._once = [child]
        while not child.ended:
            self.step()
        self._once = []
        self._retire(child)
        if child.process.returncode != 0:
            raise ProgramFailed(child, f"ended with {child.process.returncode}")

    def wait_until(self, condition: Callable[[], bool], *, limit: float, otherwise: str) -> None:
        """Returns once it holds. Raises NotReady(otherwise) after ``limit`` seconds, StopAsked,
        or ProgramFailed."""
        until = time.monotonic() + limit
        while not condition():
            if time.monotonic() > until:
                raise NotReady(otherwise)
            self.step()

    def step(self) -> None:
        """A tenth of a second of looking after them. Raises StopAsked, ProgramFailed."""
        if self._stop_asked():
            raise StopAsked
        if self._guard.ended:
            self._replace_guard()
        for kept in self._kept:
            kept.step()
        time.sleep(_POLL)

    def stop(self) -> None:
        """In reverse order, each with its grace; what outlives others goes last."""
        until = time.monotonic() + _ALL_STOPPED
        backwards = [*self._once, *(kept.child for kept in reversed(self._kept))]
        for child in sorted(backwards, key=lambda child: child.program.outlives_others):
            child.stop(within=max(0.1, until - time.monotonic()))
            self._guard.tell(f"end {child.pid}")
        self._kept.clear()
        self._guard.close()

    def await_earlier(self) -> None:
        """Returns when nothing of an earlier start is left. Raises NotReady."""
        self.wait_until(
            lambda: self._guard.is_ready,
            limit=_EARLIER_LIMIT,
            otherwise="programs of an earlier start are still being ended; try again in a moment",
        )

    def _spawn(self, program: Program) -> Child:
        return Child(program, logs=self._logs, reaper=self._guard.pipe)

    def _retire(self, child: Child) -> None:
        """Ends what a dead child left behind."""
        child.stop(within=0)
        self._guard.tell(f"end {child.pid}")

    def _replace_guard(self) -> None:
        self._guard.close()
        children = [*self._once, *(kept.child for kept in self._kept)]
        knows = [child.introduction for child in children if not child.ended]
        self._guard = Guard(self._run, logs=self._logs, knows=knows)


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Collects the signals that ask for a stop, so that none interrupts at a bad moment."""
    asked: list[int] = []
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup means it
        numbers.append(signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, lambda caught, _frame: asked.append(caught))
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
