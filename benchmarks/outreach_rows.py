"""Outreach itself: queued row, delivered, recorded, through the real worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial

from benchmarks.ground import KINDS, TITLES, Ground
from benchmarks.mail import outreach_letter
from benchmarks.outbox import WARM_MAILS, queue_invitations
from benchmarks.outreach_worker import Delivered, deliver, home_on
from benchmarks.peers.smtp_source_row import paced_source_row
from benchmarks.processes import Failed
from benchmarks.rows import Group, Readings, Row
from benchmarks.sink import counting_sink, timed_sink
from benchmarks.templates import Template, filled

UNITS = {"rate": "messages/s", "cpu": "% of a core", "idle": "MB", "after": "MB", "size": "bytes"}
PACE_SECONDS, PACE_CONNECTIONS = 0.020, 8
_HOW = (
    "one `outreach worker`, warm; rows queued in the database; from the bell to the last row"
    " recorded as sent"
)


@dataclass(frozen=True)
class Setting:
    """One way to run it: the words of its row, and what the worker is told."""

    key: str
    words: str
    environment: Mapping[str, str]


SETTINGS = (
    Setting("", "the default promise (8 connections, 1 mail each in doubt)", {}),
    Setting(
        "-window-4",
        "windows of 50 on 4 connections (200 in doubt)",
        {"SMTP_WINDOW": "50", "SMTP_CONNECTIONS": "4"},
    ),
    Setting(
        "-window-8",
        "windows of 50 on 8 connections (400 in doubt)",
        {"SMTP_WINDOW": "50", "SMTP_CONNECTIONS": "8"},
    ),
)


@cache
def outbox_of(ground: Ground, kind: str, many: int) -> Template:
    return filled(ground, kind, name=f"outbox{many}", fill=partial(queue_invitations, many=many))


def delivery_rows(ground: Ground) -> list[Row]:
    return [
        Row(
            f"outreach-{kind}{setting.key}",
            f"Outreach, {TITLES[kind]}: {setting.words}",
            _HOW,
            UNITS,
            partial(_bulk, ground, kind, ground.plan.messages, setting.environment),
        )
        for kind in KINDS
        for setting in SETTINGS
    ]


def scale_group(ground: Ground) -> Group:
    rows = [
        Row(
            f"scale-{many}-{kind}",
            f"Outreach, {TITLES[kind]}, {many:,} queued",
            _HOW,
            UNITS,
            partial(_bulk, ground, kind, many, {}),
        )
        for many in ground.plan.scale
        for kind in KINDS
    ]
    return Group("scale", "Cost by how much is queued", rows)


def pace_group(ground: Ground) -> Group:
    rows = [
        Row(
            f"paced-{kind}",
            f"Outreach, {TITLES[kind]}, {PACE_CONNECTIONS} connections, 20 ms a mail",
            f"{_HOW}; the server accepts each mail after 20 ms: 400 a second is all there is",
            UNITS,
            partial(_paced_bulk, ground, kind, ground.plan.paced),
        )
        for kind in KINDS
    ]
    limit = paced_source_row(ground, pause=PACE_SECONDS, sessions=PACE_CONNECTIONS)
    return Group("pace", "At the pace of a relay", [*rows, limit])


def _bulk(ground: Ground, kind: str, many: int, settings: Mapping[str, str]) -> Readings:
    template = outbox_of(ground, kind, many)
    with (
        ground.passing_folder("sink") as folder,
        counting_sink(ground.postfix, folder=folder) as sink,
        home_on(ground, template, smtp_port=sink.port, settings=settings) as home,
    ):
        delivered = deliver(ground, home, many=many)
        sink.require(WARM_MAILS + many)
    return _readings(ground, delivered, many=many)


def _paced_bulk(ground: Ground, kind: str, many: int) -> Readings:
    template = outbox_of(ground, kind, many)
    settings = {"SMTP_CONNECTIONS": str(PACE_CONNECTIONS)}
    with (
        ground.passing_folder("sink") as folder,
        timed_sink(folder, pause=PACE_SECONDS) as sink,
        home_on(ground, template, smtp_port=sink.port, settings=settings) as home,
    ):
        delivered = deliver(ground, home, many=many)
        if len(sink.moments()) != WARM_MAILS + many:
            raise Failed(f"the sink took {len(sink.moments())} mails, not {WARM_MAILS + many}")
    return _readings(ground, delivered, many=many)


def _readings(ground: Ground, delivered: Delivered, *, many: int) -> Readings:
    return {
        "rate": many / delivered.seconds,
        "cpu": 100 * delivered.cpu / delivered.seconds,
        "idle": delivered.idle_mb,
        "after": delivered.after_mb,
        "size": outreach_letter(ground).size,
    }
