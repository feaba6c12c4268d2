"""``python -m tests.faults``: every trial on both databases; exit 1 on any bound broken."""

import argparse
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from tests.faults import report
from tests.faults.catalogue import all_trials
from tests.faults.database_server import a_postgres_server
from tests.faults.servers import ROOT
from tests.faults.trial import POSTGRESQL, SQLITE, Ground, Outcome, Trial


def main(arguments: list[str]) -> int:
    given = _read(arguments)
    folder = Path(tempfile.mkdtemp(prefix="outreach-faults-"))
    folder.chmod(0o711)  # smtp-sink and PostgreSQL run as nobody
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: _leave(folder, number))
    _say(f"seed {given.seed}, size {given.size}, in {folder}")
    outcomes = _run_all(given, folder)
    run = report.Run(arguments, given.seed, report.now(), all_trials(), outcomes)
    report.write(run, _page(given))
    broken = [one for one in outcomes if not one.held]
    _say(f"{len(outcomes)} outcomes, {len(broken)} broken; written to {_page(given)}")
    if not broken and not given.keep:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if broken else 0


def _leave(folder: Path, number: int) -> None:
    """Told to stop: nothing that was started here stays, and nothing that was mounted."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            child.kill()
    for disk in psutil.disk_partitions(all=True):
        if Path(disk.mountpoint).is_relative_to(folder):
            subprocess.run(["umount", "--lazy", disk.mountpoint], check=False)
    _say(f"stopped; what there was is in {folder}")
    os._exit(128 + number)


def _read(arguments: list[str]) -> argparse.Namespace:
    names = [trial.name for trial in all_trials()]
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--size", choices=("small", "full"), default="full")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--database", choices=(SQLITE, POSTGRESQL, "both"), default="both")
    parser.add_argument("--messages", type=int, default=0, help="instead of the size's own")
    parser.add_argument("--kills", type=int, default=0, help="instead of the size's own")
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--jobs", type=int, default=4, help="so many trials at a time")
    parser.add_argument("--output", type=Path, help="where the page goes")
    parser.add_argument("--keep", action="store_true", help="the folder with logs and databases")
    return parser.parse_args(arguments)


def _page(given: argparse.Namespace) -> Path:
    if given.output:
        return Path(given.output)
    small = ROOT / "test-artifacts" / "faults" / "FAULTS.md"
    return small if given.size == "small" else ROOT / "benchmarks" / "FAULTS.md"


def _run_all(given: argparse.Namespace, folder: Path) -> list[Outcome]:
    """Some side by side: most of a trial is waiting."""
    databases = (SQLITE, POSTGRESQL) if given.database == "both" else (given.database,)
    pairs = [
        (trial, database)
        for trial in all_trials()
        for database in databases
        if trial.name in given.only and database in trial.databases
    ]
    with ExitStack() as stack:
        url = ""
        if POSTGRESQL in databases:
            (folder / "postgres").mkdir()
            url = stack.enter_context(a_postgres_server(folder / "postgres")).url
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=given.jobs))
        running = [
            pool.submit(_run, trial, _ground(trial, database, given, folder, postgres_url=url))
            for trial, database in pairs
        ]
        return [outcome for one in running for outcome in one.result()]


def _ground(
    trial: Trial, database: str, given: argparse.Namespace, folder: Path, *, postgres_url: str
) -> Ground:
    return Ground(
        database,
        given.size == "small",
        given.seed,
        folder / f"{trial.name}-{database}",
        postgres_url=postgres_url,
        messages=given.messages,
        kills=given.kills,
        say=_say,
    )


def _run(trial: Trial, ground: Ground) -> list[Outcome]:
    began = time.monotonic()
    try:
        found = trial.run(ground)
    except Exception as error:  # a trial that fails is a bound broken, and the others still run
        traceback.print_exc()
        words = f"the trial itself failed: {type(error).__name__}: {error}"
        found = [Outcome(trial.name, "", broken=(words,))]
    span = (time.monotonic() - began) / len(found)
    found = [dataclasses.replace(one, database=ground.database, seconds=span) for one in found]
    for one in found:
        _say(_summary(one))
    return found


def _summary(one: Outcome) -> str:
    delay = "" if one.delay is None else f", delay {one.delay:.1f} s"
    return (
        f"{one.name} [{one.database}] {one.trials}: lost {one.lost}, duplicates {one.duplicates},"
        f" flagged {one.flagged}, uncertain {one.uncertain}{delay}, {one.seconds:.0f} s"
        f" -> {one.verdict}" + (f" ({one.bound})" if one.bound and one.held else "")
    )


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command's own words


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
