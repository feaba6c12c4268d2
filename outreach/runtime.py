"""Where a running embedded stack can be reached: ``<home>/run/stack.json``, mode 600.

The supervisor holds a lock for as long as it lives. A file without its lock was left by one that
was killed, and counts for nothing.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from outreach.domain.errors import Refused

_TRIES = 10  # a reader holds the lock for some microseconds while it looks
_PAUSE = 0.05


@dataclass(frozen=True)
class Runtime:
    """What the supervisor started. Empty where the operator's own settings say it instead."""

    redis_url: str
    smtp_url: str
    public_url: str
    pid: int


class StackRunning(Refused):
    """Another supervisor has this home."""

    def __init__(self, *, home: Path) -> None:
        super().__init__(
            f"Outreach is running already in {home}: stop it first (Ctrl-C in its terminal),"
            " or give this one a folder of its own with OUTREACH_HOME"
        )
        self.home = home


@contextmanager
def stack_lock(home: Path) -> Iterator[None]:
    """Holds ``home`` for one supervisor, whatever ends it. Raises StackRunning."""
    descriptor = _open_lock(run_folder(home))
    try:
        for _ in range(_TRIES):
            if _try_lock(descriptor, fcntl.LOCK_EX):
                break
            time.sleep(_PAUSE)
        else:
            raise StackRunning(home=home)
        yield
    finally:
        os.close(descriptor)


def write_runtime(home: Path, *, redis_url: str, smtp_url: str, public_url: str) -> Runtime:
    """Says where this process's stack is. The lock must be held."""
    runtime = Runtime(redis_url, smtp_url, public_url, os.getpid())
    draft = run_folder(home) / f".stack.{os.getpid()}.json"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(runtime), file, indent=2)
    draft.replace(_path(home))
    return runtime


def read_runtime(home: Path) -> Runtime | None:
    """The stack that runs in ``home`` now, or None."""
    try:
        runtime = Runtime(**json.loads(_path(home).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return runtime if _is_held(home) else None


def clear_runtime(home: Path) -> None:
    _path(home).unlink(missing_ok=True)


def keep_port(home: Path, port: int) -> None:
    """Remembers where the web listens, for the next start."""
    (run_folder(home) / "port").write_text(f"{port}\n", encoding="ascii")


def kept_port(home: Path) -> int | None:
    """The port of the last start; None at the first."""
    try:
        return int((home / "run" / "port").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def run_folder(home: Path) -> Path:
    """``<home>/run``, made with mode 700."""
    folder = home / "run"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def _is_held(home: Path) -> bool:
    try:
        descriptor = os.open(home / "run" / "stack.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _open_lock(folder: Path) -> int:
    return os.open(folder / "stack.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(descriptor: int, mode: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        return True
    return False


def _path(home: Path) -> Path:
    return home / "run" / "stack.json"
