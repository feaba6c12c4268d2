"""Without a broker, or without beat, nobody rings. Then this worker looks by itself.

The database is the queue: losing every bell delays mail, and must not keep it.
"""

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

import structlog

from workers.schedule import SWEEP_SECONDS

SILENCE = 3 * SWEEP_SECONDS

_log = structlog.get_logger(__name__)


# A sweep that is busy with a bulk keeps none from looking for the answers written meanwhile.
_AT_ONCE = 2


class Pulse:
    """Calls ``sweep`` after each ``SILENCE`` in which nobody noted one, in a thread of its own."""

    def __init__(self, sweep: Callable[[], None]) -> None:
        self._sweep = sweep
        self._ends = Event()
        self._last = monotonic()
        self._sweeping: list[Thread] = []
        self._thread = Thread(target=self._run, daemon=True, name="pulse")

    def start(self) -> None:
        self._thread.start()

    def note(self) -> None:
        """A sweep was rung for."""
        self._last = monotonic()

    def stop(self) -> None:
        """Returns when what it was doing is done."""
        self._ends.set()
        if self._thread.ident is not None:
            self._thread.join()
        for thread in self._sweeping:
            thread.join()

    def _run(self) -> None:
        while not self._ends.wait(max(0.1, self._last + SILENCE - monotonic())):
            if monotonic() - self._last >= SILENCE:
                self.note()
                self._sweeping = [thread for thread in self._sweeping if thread.is_alive()]
                if len(self._sweeping) < _AT_ONCE:
                    thread = Thread(target=self._try, daemon=True, name="own sweep")
                    self._sweeping.append(thread)
                    thread.start()

    def _try(self) -> None:
        try:
            self._sweep()
        except Exception as error:  # the database may be away: the next beat tries again
            _log.warning("own_sweep_failed", error=type(error).__name__)
