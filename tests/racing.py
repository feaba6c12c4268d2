"""Several acts begun at the same moment, in threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


def race(acts: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """What each returned or raised, in the order given."""
    start = Barrier(len(acts), timeout=20)

    def run(act: Callable[[], T]) -> T | Exception:
        start.wait()
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))
