"""The published pages as they were last rendered, for some seconds."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fastapi.concurrency import run_in_threadpool

# With the half minute that browsers may keep the page, a withdrawal shows within a minute.
KEPT_FOR: Final = timedelta(seconds=10)


@dataclass
class _Kept:
    content: bytes
    due: datetime  # when the next visitor renders it anew


class KeptPages:
    """One page for each published campaign. A press report brings thousands of readers to a page
    that changes with a withdrawal only, and whose names take long to sort."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._rendering: dict[str, asyncio.Task[bytes]] = {}

    def find(self, slug: str, *, now: datetime) -> bytes | None:
        """The page; None where who asks must render it: it is new, or its time is over.

        Then one of many renders, and the others get the page as it was once more.
        """
        kept = self._kept.get(slug)
        if kept is None:
            return None
        # A clock that was set back makes nothing last longer.
        if kept.due - KEPT_FOR <= now < kept.due:
            return kept.content
        kept.due = now + KEPT_FOR
        return None

    async def rendered(self, slug: str, render: Callable[[], bytes]) -> bytes:
        """What ``render`` returns, in a thread; who comes while it works gets the same."""
        task = self._rendering.get(slug)
        if task is None:
            task = asyncio.create_task(run_in_threadpool(render))
            self._rendering[slug] = task
            task.add_done_callback(lambda _: self._rendering.pop(slug))
        return await asyncio.shield(task)  # a reader who leaves does not end it for the others

    def keep(self, slug: str, content: bytes, *, now: datetime) -> None:
        self._kept[slug] = _Kept(content, now + KEPT_FOR)

    def forget(self) -> None:
        """After a change made here, which shows at once."""
        self._kept.clear()
