"""Programs that the benchmark starts: each in a session of its own, each ended by its id."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
_MEGABYTE = 1_000_000


class Failed(Exception):
    """Something that was started did not do what it is for."""


def clean_environment(**more: str) -> dict[str, str]:
    """Nothing of the operator's own settings but where programs and certificates are."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


@contextmanager
def running(
    argv: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path, feed: str = ""
) -> Iterator[psutil.Popen]:
    """A program while the block lasts; what is left of it then is killed, and nothing else."""
    with log.open("ab") as output:
        process = psutil.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(feed.encode())
        yield process
    finally:
        _end(process)


def _end(process: psutil.Popen) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(psutil.TimeoutExpired, subprocess.TimeoutExpired):
            process.wait(timeout=10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the session that it leads, and its alone
    process.wait(timeout=10)


def run(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, seconds: float, feed: str = ""
) -> str:
    """What a program printed. Raises Failed where it took longer or ended badly."""
    process = subprocess.Popen(
        list(argv),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(feed, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Failed(f"{Path(argv[0]).name} took longer than {seconds:.0f} s") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode != 0:
        raise Failed(f"{Path(argv[0]).name} ended with {process.returncode}: {_tail(out + err)}")
    return out


def module(name: str, *arguments: object) -> list[str]:
    """A module of the benchmark's own, as a program."""
    return [sys.executable, "-m", name, *map(str, arguments)]


def wait_until(
    condition: Callable[[], object], *, seconds: float, what: str, every: float = 0.02
) -> None:
    """Raises Failed, naming ``what``, where it does not hold in time."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            raise Failed(f"waited {seconds:.0f} s for {what}")
        time.sleep(every)


def family(process: psutil.Popen) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def megabytes(process: psutil.Popen) -> float:
    """The resident memory of a program and its children."""
    return sum(float(one.memory_info().rss) for one in family(process)) / _MEGABYTE


def cpu_seconds(process: psutil.Popen) -> float:
    """What a program and its living children have used, user and system."""
    used = [one.cpu_times() for one in family(process)]
    return sum(float(times.user + times.system) for times in used)


def _tail(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return " | ".join(lines[-3:])[-400:]
