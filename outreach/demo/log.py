"""The logs of the stack's programs, ``<home>/log/<name>.log``: only their owner reads them."""

import os
from contextlib import suppress
from pathlib import Path

_LIMIT = 5 * 1024 * 1024


def open_log(path: Path) -> int:
    """A descriptor that appends, mode 600. A log over 5 MB is set aside as ``.log.1`` first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileNotFoundError):
        if path.stat().st_size > _LIMIT:
            path.replace(path.with_suffix(".log.1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def last_lines(path: Path, *, count: int = 8) -> str:
    """The end of a log, to show why its program ended."""
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        lines = file.read().decode("utf-8", errors="replace").splitlines()
        return "\n".join(lines[-count:])
    return ""
