"""Waiting for a condition, with a limit: never a bare sleep."""

import time
from collections.abc import Callable

PATIENCE = 180.0  # seconds for what must come about: only a fault waits so long


def let_pass(seconds: float) -> None:
    """For a span that is itself what is tried: how long a server is away, or a worker stalls.
    Never to wait for something: ``wait_until`` does that."""
    time.sleep(seconds)


def wait_until(
    condition: Callable[[], object],
    *,
    seconds: float = 10,
    what: str = "it",
    moving: Callable[[], object] = lambda: None,
) -> None:
    """Returns when ``condition`` is true. Fails, naming ``what``, after ``seconds``: since the last
    change of ``moving``, where a slow machine is to be told from one that stands still."""
    ends, seen = time.monotonic() + seconds, moving()
    while not condition():
        if (now := moving()) != seen:
            ends, seen = time.monotonic() + seconds, now
        if time.monotonic() >= ends:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.05)
