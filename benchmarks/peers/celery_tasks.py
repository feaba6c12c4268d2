"""A Celery application as people write it for mail: a task a mail, a connection kept per process.

Started by the benchmark alone, as ``celery --app benchmarks.peers.celery_tasks worker``.
"""

import os
import smtplib
import time
from functools import cache
from pathlib import Path

from celery import Celery
from celery.signals import worker_ready

from benchmarks.mail import Letter, load_letter, write_mail
from benchmarks.peers.celery_row import NOTE, QUEUE

app = Celery("bench", broker=os.environ.get("BENCH_BROKER", ""))
app.conf.update(
    task_ignore_result=True,
    task_default_queue=QUEUE,
    worker_prefetch_multiplier=64,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
)


@app.task
def send_one(number: int) -> None:
    _server().send_message(write_mail(_letter(), number))
    _note()


@worker_ready.connect
def _say_so(**_: object) -> None:
    Path(os.environ["BENCH_FOLDER"], "ready").touch()


@cache
def _letter() -> Letter:
    return load_letter(os.environ["BENCH_LETTER"])


@cache
def _server() -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", int(os.environ["BENCH_PORT"]))


@cache
def _notes() -> tuple[int, list[int]]:
    path = Path(os.environ["BENCH_FOLDER"], f"{os.getpid()}.note")
    return os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), [0]


def _note() -> None:
    descriptor, many = _notes()
    many[0] += 1
    os.pwrite(descriptor, NOTE.pack(many[0], time.monotonic()), 0)
