"""The page that a full run writes: what each trial does, how often it ran, and what came of it."""

import os
import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tests.faults.trial import Outcome, Trial

_COLUMNS = (
    *("trial", "database", "trials", "lost", "duplicates", "flagged", "uncertain"),
    *("until all had ended", "verdict"),
)
_HEAD = (f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|")


@dataclass(frozen=True)
class Run:
    """One run of the command."""

    arguments: Sequence[str]
    seed: int
    at: datetime
    trials: Sequence[Trial]
    outcomes: Sequence[Outcome]


def as_markdown(run: Run) -> str:
    parts = [_introduction(run), "## Outcomes", "\n".join([*_HEAD, *map(_line, run.outcomes)])]
    parts += ["## What each trial does", "\n".join(_sentences(run))]
    notes = [f"- {one.name}, {one.database}: {one.note}" for one in run.outcomes if one.note]
    if notes:
        parts += ["## Notes", "\n".join(notes)]
    return "\n\n".join(parts) + "\n"


def write(run: Run, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_markdown(run), encoding="utf-8")


def _introduction(run: Run) -> str:
    command = shlex.join(["python", "-m", "tests.faults", *run.arguments])
    broken = sum(not one.held for one in run.outcomes)
    seconds = sum(one.seconds for one in run.outcomes)
    return (
        "# Faults: what happens when things die\n\n"
        f"Written by `{command}` (`make faults`), seed {run.seed}, on {run.at:%Y-%m-%d %H:%M} UTC;"
        f" {machine()}; {seconds / 60:.0f} minutes.\n\n"
        f"{len(run.outcomes)} outcomes, {broken} with a bound broken.\n\n"
        "Real processes throughout: `outreach worker` and `outreach beat`, a Valkey broker, a"
        " PostgreSQL server or a SQLite file, aiosmtpd or postfix's smtp-sink in a process of its"
        " own, a fault proxy before it. Only the spans are shortened, in a stand-in that then runs"
        " the real worker: a lease of 5 and 12 minutes to some seconds, the pause before a retry"
        " likewise. After each trial a checker joins the server's log of accepted mails with the"
        " database: every mail has a row, every row that says sent has a mail, every second copy"
        " bears the first one's Message-ID and is flagged, no row is left without an end. Lost"
        " counts rows that say sent without a mail, and rows without an end."
    )


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    version = ".".join(map(str, sys.version_info[:3]))
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {version}"


def _line(one: Outcome) -> str:
    if one.skipped:
        return f"| {one.name} | {one.database} | | | | | | | {one.verdict} |"
    delay = "" if one.delay is None else f"{one.delay:.1f} s"
    cells = (one.name, one.database, one.trials, one.lost, one.duplicates, one.flagged)
    verdict = f"{one.verdict} ({one.bound})" if one.held else one.verdict
    return "| " + " | ".join(map(str, (*cells, one.uncertain, delay, verdict))) + " |"


def _sentences(run: Run) -> list[str]:
    ran = {one.name.partition(":")[0] for one in run.outcomes}
    return [f"- **{trial.name}**: {trial.sentence}" for trial in run.trials if trial.name in ran]


def now() -> datetime:
    return datetime.now(UTC)
