"""The run as a table on the terminal, as JSON, and as a page for readers."""

import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.goals import Goal
from benchmarks.measure import shown
from benchmarks.peers.nodemailer_row import nodemailer_version
from benchmarks.peers.post_office_row import post_office_versions
from benchmarks.processes import ROOT
from benchmarks.rows import Book, Outcome
from outreach.clock import utc_now

_SHORT = 160  # the whole reason is in the JSON
_IN_MEMORY = ("tmpfs", "ramfs")


def machine(*, postgres: str) -> dict[str, str]:
    """What the figures hold for."""
    found = {
        "cores": str(os.cpu_count()),
        "CPU": _processor(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": platform.platform(),
        "disk of the databases": _disk(),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": postgres,
        "peers": ", ".join(
            filter(None, (f"Celery {version('celery')}", nodemailer_version(), _django()))
        ),
        "commit": _commit(),
        "date": f"{utc_now():%Y-%m-%d %H:%M} UTC",
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
    }
    return {name: value for name, value in found.items() if value}


def print_tables(console: Console, book: Book, goals: list[Goal]) -> None:
    rows = Table("measured", "median", "least", "most", "unit", box=None)
    for outcome in book.outcomes.values():
        rows.add_row(*_row_cells(outcome))
    judged = Table("goal", "to reach", "figure", "unit", "", box=None)
    for goal in goals:
        judged.add_row(*_goal_cells(goal))
    for table in (rows, judged):
        console.print("\n", table)


def write_report(folder: Path, book: Book, goals: list[Goal], facts: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    whole = {
        "machine": dict(facts),
        "rows": [_row_facts(outcome) for outcome in book.outcomes.values()],
        "goals": [_goal_facts(goal) for goal in goals],
    }
    text = json.dumps(whole, indent=2, ensure_ascii=False)
    (folder / "results.json").write_text(f"{text}\n", encoding="utf-8")
    (folder / "RESULTS.md").write_text(_page(book, goals, facts), encoding="utf-8")


def _page(book: Book, goals: list[Goal], facts: Mapping[str, str]) -> str:
    missed = sum(goal.reached is False for goal in goals)
    unknown = sum(goal.reached is None for goal in goals)
    lines = [
        "# How fast it is",
        "",
        "Written by `make bench`. All rows come from one run on one machine, in alternation; the"
        " median counts, and ratios within the run count more than the figures themselves.",
        "Every mail is personal, text and HTML, the same words in each row; its size is given.",
        "",
        *(f"- {name}: {value}" for name, value in facts.items()),
        "",
        "## Goals",
        "",
        f"{len(goals) - missed - unknown} reached, {missed} not reached, {unknown} without figure.",
        "",
        *_markdown(("goal", "to reach", "figure", "unit", ""), map(_goal_cells, goals)),
        "",
        "## What was measured",
        "",
    ]
    head = ("measured", "median", "least", "most", "unit")
    lines += _markdown(head, map(_row_cells, book.outcomes.values()))
    lines += ["", "## How", ""]
    lines += [f"- {one.row.title}: {one.row.how}.{_also(one)}" for one in book.outcomes.values()]
    return "\n".join(lines) + "\n"


def _row_cells(outcome: Outcome) -> tuple[str, ...]:
    title, units = outcome.row.title, outcome.row.units
    if outcome.missing:
        return title, f"not run: {outcome.missing[:_SHORT]}", "", "", ""
    name, unit = next(iter(units.items()))
    values = outcome.values[name]
    return title, shown(median(values)), shown(min(values)), shown(max(values)), unit


def _also(outcome: Outcome) -> str:
    """The row's further readings, as medians."""
    more = [
        f"{name} {shown(median(outcome.values[name]))} {unit}"
        for name, unit in list(outcome.row.units.items())[1:]
        if outcome.values.get(name)
    ]
    return f" Beside it: {', '.join(more)}." if more else ""


def _goal_cells(goal: Goal) -> tuple[str, ...]:
    sign = "≤" if goal.at_most else "≥"
    reach = "no figure" if goal.reach is None else f"{sign} {shown(goal.reach)}"
    figure = "not measured" if goal.figure is None else shown(goal.figure)
    words = {True: "reached", False: "NOT REACHED", None: "?"}[goal.reached]
    return goal.title, reach, figure, goal.unit, "stretch reached" if goal.stretched else words


def _row_facts(outcome: Outcome) -> dict[str, Any]:
    return {
        "key": outcome.row.key,
        "group": outcome.group,
        "title": outcome.row.title,
        "how": outcome.row.how,
        "not_run": outcome.missing,
        "readings": {
            name: {
                "unit": outcome.row.units[name],
                "median": median(values),
                "values": [round(value, 4) for value in values],
            }
            for name, values in outcome.values.items()
        },
    }


def _goal_facts(goal: Goal) -> dict[str, Any]:
    return {
        "title": goal.title,
        "unit": goal.unit,
        "figure": goal.figure,
        "reach": goal.reach,
        "stretch": goal.stretch,
        "at_most": goal.at_most,
        "reached": goal.reached,
    }


def _markdown(head: tuple[str, ...], rows: Any) -> list[str]:
    lines = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines]


def _processor() -> str:
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line for line in lines if line.startswith("model name")).split(": ", 1)[1]
    return platform.processor()


def _disk() -> str:
    """Of the temporary folder; where that is memory, durable writing costs nothing there."""
    place = tempfile.gettempdir()
    mounts = [one for one in psutil.disk_partitions(all=True) if place.startswith(one.mountpoint)]
    kind = max(mounts, key=lambda one: len(one.mountpoint)).fstype if mounts else "unknown"
    warning = ": IN MEMORY, set TMPDIR to a folder on a disk" if kind in _IN_MEMORY else ""
    return f"{kind} ({place}){warning}"


def _django() -> str:
    with suppress(OSError):
        return post_office_versions()
    return ""


def _commit() -> str:
    with suppress(OSError):
        asked = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return ""
