"""``python -m benchmarks``: how fast Outreach is, beside its peers and its goals, in one run.

It brings along what it compares with into ``.bench/``, binds to 127.0.0.1 alone, and ends all that
it started, also on Ctrl-C.
"""

import argparse
import signal
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.goals import all_goals
from benchmarks.ground import standing
from benchmarks.measure import measure_all
from benchmarks.plan import Plan, choose_plan
from benchmarks.processes import ROOT
from benchmarks.report import machine, print_tables, write_report

_INTERRUPTED = 130


def main() -> int:
    options = _parser().parse_args()
    plan = choose_plan(
        small=options.small,
        messages=options.messages,
        rounds=options.rounds,
        only=tuple(options.only),
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both leave by the same way
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 140)
    try:
        return _run(plan, console, folder=_folder(options))
    except KeyboardInterrupt:
        console.print("\nInterrupted: all that was started is ended; nothing was written.")
        return _INTERRUPTED


def _run(plan: Plan, console: Console, *, folder: Path) -> int:
    with standing(plan) as ground:
        book = measure_all(ground, say=lambda text: console.print(text, markup=False))
        goals, facts = all_goals(book, plan), machine(postgres=ground.postgres_version())
    print_tables(console, book, goals)
    write_report(folder, book, goals, facts)
    console.print(f"\nWritten: {folder / 'RESULTS.md'} and {folder / 'results.json'}")
    broken = [outcome.row.title for outcome in book.broken()]
    for title in broken:
        console.print(f"Broken: {title}", markup=False)
    return 1 if broken else 0


def _folder(options: argparse.Namespace) -> Path:
    """A part or a small run does not replace the results of the whole."""
    if options.output:
        return Path(options.output)
    partial = options.small or options.only
    return ROOT / "test-artifacts" / "bench" if partial else ROOT / "benchmarks"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--messages", type=int, help="how many mails a row sends [5000]")
    parser.add_argument("--rounds", type=int, help="how often each row is measured [5]")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="NAME",
        help="groups (delivery, pace, scale, launch, due, receipt, pages, desk, commands) or parts"
        " of rows' keys, such as outreach-sqlite",
    )
    parser.add_argument(
        "--small", action="store_true", help="shows in a minute or two that all of it works"
    )
    parser.add_argument("--output", help="the folder to write the results into")
    return parser


if __name__ == "__main__":
    sys.exit(main())
