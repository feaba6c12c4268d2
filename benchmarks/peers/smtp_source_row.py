"""The limit: postfix's smtp-source, which writes no mail and keeps no record. It is nothing but
SMTP, one command at a time, over sessions that stay open."""

import time
from functools import partial

from benchmarks.ground import Ground
from benchmarks.mail import outreach_letter
from benchmarks.outbox import Person
from benchmarks.processes import clean_environment, run
from benchmarks.rows import Readings, Row
from benchmarks.sink import counting_sink, timed_sink

_SESSIONS = (8, 1)
_UNITS = {"rate": "messages/s", "size": "bytes"}


def smtp_source_rows(ground: Ground) -> list[Row]:
    return [
        Row(
            f"smtp-source-{sessions}",
            f"the limit: smtp-source, {sessions} session{'s' if sessions > 1 else ''} kept open",
            "the whole process; it sends the same bytes over and over",
            _UNITS,
            partial(_send, ground, sessions=sessions),
        )
        for sessions in _SESSIONS
    ]


def paced_source_row(ground: Ground, *, pause: float, sessions: int) -> Row:
    """What the slowed server lets through at most: whether it is as slow as it is meant to be."""
    return Row(
        f"paced-source-{sessions}",
        f"the limit: smtp-source, {sessions} sessions, {pause * 1000:.0f} ms a mail",
        "the whole process; it sends the same bytes over and over",
        _UNITS,
        partial(_send_slowly, ground, pause=pause, sessions=sessions),
    )


def _send(ground: Ground, *, sessions: int) -> Readings:
    many, size = ground.plan.messages, outreach_letter(ground).size
    with (
        ground.passing_folder("source") as folder,
        counting_sink(ground.postfix, folder=folder) as sink,
    ):
        seconds = _source_seconds(ground, sink.port, many=many, size=size, sessions=sessions)
        sink.require(many)
    return {"rate": many / seconds, "size": size}


def _send_slowly(ground: Ground, *, pause: float, sessions: int) -> Readings:
    many, size = ground.plan.paced, outreach_letter(ground).size
    with ground.passing_folder("source") as folder, timed_sink(folder, pause=pause) as sink:
        seconds = _source_seconds(ground, sink.port, many=many, size=size, sessions=sessions)
    return {"rate": many / seconds, "size": size}


def _source_seconds(ground: Ground, port: int, *, many: int, size: int, sessions: int) -> float:
    argv = [ground.postfix.source, "-d", "-s", str(sessions), "-m", str(many)]
    argv += ["-l", str(size), "-f", "sign@example.org", "-t", Person(1).address]
    env = clean_environment() | ground.postfix.environment
    began = time.perf_counter()
    run([*argv, f"inet:127.0.0.1:{port}"], env=env, cwd=ground.folder, seconds=300)
    return time.perf_counter() - began
