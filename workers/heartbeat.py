"""Signs of life for health checks: a file in ``<home>/run`` whose time is renewed.

``worker.alive`` while the worker listens to the broker, ``beat.alive`` whenever a ring has reached
the broker. Where a process hangs, or the broker is gone, the file grows old.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

from celery import Celery, bootsteps
from celery.signals import after_task_publish, beat_init

from outreach.runtime import run_folder

HEARTBEAT_SECONDS = 5.0


def show_signs_of_life(app: Celery, *, home: Path) -> None:
    """For whichever of worker and beat ``app`` becomes."""
    app.conf.heartbeat_home = home
    app.steps["consumer"].add(_Listening)
    beat_init.connect(lambda **_: _after_each_ring(home), weak=False)


class _Listening(bootsteps.StartStopStep):
    """Runs from each connection to the broker until it is lost, in the loop that takes tasks."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    _timer: Any = None

    def start(self, parent: Any) -> None:
        home = parent.app.conf.heartbeat_home
        _renew(home, "worker.alive")
        self._timer = parent.timer.call_repeatedly(
            HEARTBEAT_SECONDS, _renew, (home, "worker.alive")
        )

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery gives it
        if self._timer:
            self._timer.cancel()
            self._timer = None

    shutdown = stop


def _after_each_ring(home: Path) -> None:
    after_task_publish.connect(lambda **_: _renew(home, "beat.alive"), weak=False)


def _renew(home: Path, name: str) -> None:
    with suppress(OSError):  # mail goes out all the same; the health check will tell
        (run_folder(home) / name).touch()
