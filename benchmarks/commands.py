"""How long a coordinator waits for the command line: whole processes, from start to end."""

import sys
import time
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.ground import Ground
from benchmarks.outbox import SLUG
from benchmarks.outreach_rows import outbox_of
from benchmarks.outreach_worker import home_on
from benchmarks.processes import run
from benchmarks.rows import Group, Readings, Row

_COMMANDS = {"help": ("--help",), "status": ("status", SLUG)}


def command_group(ground: Ground) -> Group:
    rows = [
        Row(
            f"command-{key}",
            f"outreach {' '.join(command)}",
            f"wall time of the process, the median of {ground.plan.commands} after one that does"
            " not count",
            {"seconds": "s"},
            partial(_measure, ground, command),
        )
        for key, command in _COMMANDS.items()
    ]
    return Group("commands", "The command line", rows)


def _measure(ground: Ground, command: tuple[str, ...]) -> Readings:
    template = outbox_of(ground, "sqlite", ground.plan.messages)
    script = Path(sys.executable).with_name("outreach")
    program = [str(script)] if script.exists() else [sys.executable, "-m", "outreach"]
    with home_on(ground, template, smtp_port=1, settings={}) as home:
        spans = []
        for _ in range(ground.plan.commands + 1):
            began = time.perf_counter()
            run([*program, *command], env=home.environment, cwd=home.folder, seconds=30)
            spans.append(time.perf_counter() - began)
    return {"seconds": median(spans[1:])}
