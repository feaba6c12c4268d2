"""One sender at a time, and nobody who asks is forgotten."""

from collections.abc import Callable
from threading import Lock, Thread

import structlog

_log = structlog.get_logger(__name__)


class Lane:
    """Runs ``send`` for whoever asks. Who asks while it runs is seen to by another run of it."""

    def __init__(self, send: Callable[[], object]) -> None:
        self._send = send
        self._lock = Lock()
        self._asked = False

    def look(self) -> None:
        """Returns when it has looked, or when whoever is at it will. Raises what a run raised,
        after the run that others asked for meanwhile."""
        self._asked, failure = True, None
        while self._asked and self._lock.acquire(blocking=False):
            try:
                self._asked = False
                self._send()
            except Exception as error:
                failure = error
            finally:
                self._lock.release()
        if failure:
            raise failure

    def wait(self) -> None:
        """Returns when no run is under way."""
        with self._lock:
            pass


class Aside:
    """A lane whose sender has a thread of its own: nobody who asks waits for it.

    A process that ends waits for it (``wait``), so that what is in hand is finished. Where it is
    killed instead, the row's lease runs out, and another sender repeats it.
    """

    def __init__(self, name: str, send: Callable[[], object]) -> None:
        self._name = name
        self._lane = Lane(send)

    def look(self) -> Thread:
        """Returns at once; the thread may be waited for."""
        thread = Thread(target=self._try, daemon=True, name=self._name)
        thread.start()
        return thread

    def wait(self) -> None:
        """Returns when no run is under way: at once, or after what is in hand once its sender was
        told to stop."""
        self._lane.wait()

    def _try(self) -> None:
        try:
            self._lane.look()
        except Exception as error:  # the database may be away: the next look tries again
            _log.warning("aside_failed", lane=self._name, error=type(error).__name__)
