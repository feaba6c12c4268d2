"""A program that is to run for as long as the stack does, and the child that runs it now."""

import time
from collections import deque
from collections.abc import Callable

from outreach.demo.child import Child, Program
from outreach.demo.log import last_lines
from outreach.domain.errors import OutreachError

DEATHS, WITHIN = 5, 60.0  # so many deaths in so many seconds: starting it again does not help
_BACKOFF, _LONGEST_BACKOFF = 0.5, 8.0


class ProgramFailed(OutreachError):
    """A program of the stack does not run: names it, with its last words."""

    def __init__(self, child: Child, what: str) -> None:
        told = last_lines(child.log) or "(it said nothing)"
        super().__init__(f"{child.program.name} {what}. Its last lines, from {child.log}:\n{told}")
        self.name = child.program.name


class Kept:
    """Starts the program at once, and again after each death, with a growing pause."""

    def __init__(
        self,
        program: Program,
        *,
        spawn: Callable[[Program], Child],
        retire: Callable[[Child], None],
        say: Callable[[str], None],
    ) -> None:
        self._program, self._spawn, self._retire, self._say = program, spawn, retire, say
        self._deaths: deque[float] = deque()
        self._due: float | None = None
        self.child = spawn(program)

    def step(self) -> None:
        """To be called often. Raises ProgramFailed at the fifth death within a minute."""
        if not self.child.ended:
            return
        now = time.monotonic()
        if self._due is None:
            self._due = now + self._bury(now)
        elif now >= self._due:
            self._due = None
            self.child = self._spawn(self._program)

    def _bury(self, now: float) -> float:
        """Clears up after a death; the pause until the next start, in seconds."""
        self._retire(self.child)
        self._deaths.append(now)
        while now - self._deaths[0] > WITHIN:
            self._deaths.popleft()
        code = self.child.process.returncode
        if len(self._deaths) >= DEATHS:
            raise ProgramFailed(self.child, f"has ended {DEATHS} times in a minute (with {code})")
        pause = min(_BACKOFF * 2.0 ** (len(self._deaths) - 1), _LONGEST_BACKOFF)
        self._say(f"{self._program.name} ended with {code}; it starts again in {pause:g} s")
        return pause
