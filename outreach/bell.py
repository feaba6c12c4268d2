"""The bell: tells the workers to look now. Best effort; nothing depends on it."""

from functools import cached_property
from typing import Any

import structlog

DELIVER_TASK = "workers.tasks.deliver"
_log = structlog.get_logger(__name__)


class Bell:
    """Rings over the broker at ``url``; without one it is silent and the next sweep delivers."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ring(self) -> None:
        """At most some tenths of a second, whatever the broker's state."""
        if not self._url:
            return
        try:
            self._producer.send_task(
                DELIVER_TASK,
                ignore_result=True,
                expires=60,
                retry=True,
                retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0},
            )
        except Exception as error:
            _log.warning("bell_unheard", error=type(error).__name__)

    @cached_property
    def _producer(self) -> Any:
        from celery import Celery

        app = Celery("outreach-bell", broker=self._url, set_as_current=False)
        app.conf.broker_transport_options = {
            "socket_timeout": 1.0,
            "socket_connect_timeout": 0.5,
            "retry_on_timeout": False,
        }
        app.conf.broker_connection_timeout = 0.5
        return app
