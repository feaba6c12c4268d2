"""Looking at this machine's processes, on Linux and macOS alike, without a program for it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


def is_running(pid: int) -> bool:
    """Not for one that has ended and waits to be noticed."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def command_lines() -> dict[int, str]:
    """By process id, as far as this user may see them."""
    lines: dict[int, str] = {}
    for process in _alive():
        try:
            lines[process.pid] = " ".join(process.cmdline())
        except psutil.Error:
            continue
    return lines


def children_running(parent: int, word: str) -> list[int]:
    """The direct children of ``parent`` whose command line holds ``word``."""
    children = {child.pid for child in psutil.Process(parent).children()}
    return [pid for pid, line in command_lines().items() if pid in children and word in line]


def holding_files_in(folder: Path) -> list[int]:
    """Who has a file of ``folder`` open."""
    holders: list[int] = []
    for process in _alive():
        try:
            if any(Path(file.path).is_relative_to(folder) for file in process.open_files()):
                holders.append(process.pid)
        except psutil.Error:
            continue
    return holders


def _alive() -> Iterator[psutil.Process]:
    return (process for process in psutil.process_iter() if is_running(process.pid))


@contextmanager
def heeding(number: signal.Signals) -> Iterator[None]:
    """For starting what is to be signalled: under nohup or in the background the tests ignore some
    signals, and so would what they start."""
    before = signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(number, before)
