"""What was found by reading thousands of rows, for some seconds.

Everybody who watches the same campaign sees the same of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")
Key = tuple[str, str]


@dataclass
class _Kept:
    found: Any
    of: object
    kept_for: timedelta
    due: datetime

    def holds(self, now: datetime) -> bool:
        """A clock that was set back makes nothing last longer."""
        return self.due - self.kept_for <= now < self.due


class KeptLooks:
    """One for each key: what kind of look, and at which campaign. Of many who ask at once, one
    looks."""

    def __init__(self) -> None:
        self._kept: dict[Key, _Kept] = {}
        self._looking: dict[Key, Lock] = {}

    def find(
        self,
        key: Key,
        look: Callable[[], T],
        *,
        of: object = None,
        kept_for: timedelta,
        now: datetime,
    ) -> T:
        """``of``: what it must be of, such as the campaign's state; another one is of no use."""
        kept = self._kept.get(key)
        if kept is not None and kept.of == of:
            if kept.holds(now):
                return kept.found  # type: ignore[no-any-return]
            kept.due = now + kept.kept_for  # the others have it as it was, until it is found anew
        with self._looking.setdefault(key, Lock()):
            found = self._kept.get(key)
            if found is not None and found is not kept and found.of == of and found.holds(now):
                return found.found  # type: ignore[no-any-return]  # by whom we waited for
            looked = look()
            self._kept[key] = _Kept(looked, of, kept_for, now + kept_for)
            return looked

    def forget(self) -> None:
        """After a change made here, which shows at once."""
        self._kept.clear()
