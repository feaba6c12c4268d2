"""A published page is kept for some seconds, and rendered by one for all who wait."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest

from outreach.web.kept_pages import KEPT_FOR, KeptPages

NOW = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


def test_a_page_is_found_until_its_time_is_over() -> None:
    kept = KeptPages()
    assert kept.find("a", now=NOW) is None
    kept.keep("a", b"page", now=NOW)
    assert kept.find("a", now=NOW) == b"page"
    assert kept.find("a", now=NOW + KEPT_FOR - MOMENT) == b"page"
    assert kept.find("b", now=NOW) is None


def test_when_its_time_is_over_one_renders_and_the_others_get_it_once_more() -> None:
    kept = KeptPages()
    kept.keep("a", b"page", now=NOW)
    assert kept.find("a", now=NOW + KEPT_FOR) is None
    assert kept.find("a", now=NOW + KEPT_FOR) == b"page"


def test_a_clock_that_is_set_back_keeps_nothing_longer() -> None:
    kept = KeptPages()
    kept.keep("a", b"page", now=NOW)
    assert kept.find("a", now=NOW - MOMENT) is None


def test_what_is_forgotten_is_rendered_anew() -> None:
    kept = KeptPages()
    kept.keep("a", b"page", now=NOW)
    kept.forget()
    assert kept.find("a", now=NOW) is None


def test_who_comes_while_a_page_is_rendered_waits_for_that_one() -> None:
    kept, begun, release = KeptPages(), [], threading.Event()

    def render() -> bytes:
        begun.append("a")
        release.wait(5)
        return b"page"

    async def crowd() -> list[bytes]:
        readers = [asyncio.create_task(kept.rendered("a", render)) for _ in range(20)]
        await asyncio.sleep(0.05)
        readers.pop().cancel()
        release.set()
        return await asyncio.gather(*readers)

    assert asyncio.run(crowd()) == [b"page"] * 19
    assert begun == ["a"]


def test_a_page_is_rendered_anew_for_who_comes_later_and_after_a_failure() -> None:
    kept = KeptPages()
    pages: list[bytes | Exception] = [b"first", LookupError(), b"second"]

    def render() -> bytes:
        page = pages.pop(0)
        if isinstance(page, Exception):
            raise page
        return page

    async def three_times() -> None:
        assert await kept.rendered("a", render) == b"first"
        with pytest.raises(LookupError):
            await kept.rendered("a", render)
        assert await kept.rendered("a", render) == b"second"

    asyncio.run(three_times())
