"""The Celery application. Celery is the timer and the pool of hands; the database is the queue.

Started by ``outreach worker`` and ``outreach beat``. The one module that does something at
import: Celery wants its application as a name.
"""

from celery import Celery
from celery.signals import setup_logging, worker_shutting_down

from outreach.logs import configure_logging
from outreach.settings import load_settings
from outreach.wiring import build
from workers.heartbeat import show_signs_of_life
from workers.schedule import BEAT_SCHEDULE

outreach = build(load_settings())
_stopping = False

app = Celery("outreach", broker=outreach.broker_url, include=["workers.tasks"])
app.conf.update(
    beat_schedule=BEAT_SCHEDULE,
    # Plain intervals need no memory of the last run: no file, nothing to corrupt.
    beat_scheduler="celery.beat:Scheduler",
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # A broker that takes the connection and says nothing must not keep a worker from ending.
    broker_transport_options={
        "socket_keepalive": True,
        "health_check_interval": 10,
        "socket_connect_timeout": 5,
        "socket_timeout": 8,
    },
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    timezone="UTC",
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
)
show_signs_of_life(app, home=outreach.settings.home)


def stopping() -> bool:
    """Whether this worker was told to end: a delivery then stops after the mail in hand."""
    return _stopping


@setup_logging.connect
def _own_logging(**_: object) -> None:
    configure_logging()


@worker_shutting_down.connect
def _note_shutdown(**_: object) -> None:
    global _stopping  # noqa: PLW0603 - a signal handler has nowhere else to say it
    _stopping = True
