"""Leaves no orphan: a process that outlives a killed supervisor just long enough to clean up.

Its stdin is a pipe that only the supervisor holds. Each child writes ``start PID WAVE`` there
before it runs, the supervisor ``end PID``. At the end of the input, however it came about,
whatever is left is stopped: wave 0 first, then wave 1, the broker. One mechanism for Linux and
macOS alike, and unlike PR_SET_PDEATHSIG it reaches grandchildren and keeps the order.
"""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_GRACE = 3.0
_POLL = 0.05


def main(lock: Path) -> None:
    """Says ``ready`` once the reaper of an earlier start is through with its work."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with suppress(BrokenPipeError):  # the supervisor is dead already: all the more to do
        os.write(sys.stdout.fileno(), b"ready\n")
    left = follow(sys.stdin)
    for wave in (0, 1):
        end_groups([pid for pid, its_wave in left.items() if its_wave == wave])


def follow(lines: Iterable[str]) -> dict[int, int]:
    """Who is left, with their wave, when the input ends."""
    left: dict[int, int] = {}
    for line in lines:
        match line.split():
            case ["start", pid, wave]:
                left[int(pid)] = int(wave)
            case ["end", pid]:
                left.pop(int(pid), None)
    return left


def end_groups(pids: list[int]) -> None:
    """SIGTERM to each leader, three seconds, SIGKILL to what is left of their groups."""
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, signal.SIGTERM)
    limit = time.monotonic() + _GRACE
    while any(is_alive(pid) for pid in pids) and time.monotonic() < limit:
        time.sleep(_POLL)
    for pid in pids:
        kill_group(pid, signal.SIGKILL)


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of a group of zombies
        return False
    return True


def kill_group(group: int, number: signal.Signals) -> None:
    """Signals whoever is left in the group; nobody is no error."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
