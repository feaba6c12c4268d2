"""Tries are counted: for each by itself, in Redis where it can be reached."""

from pathlib import Path

from redis import Redis

from outreach.attempts import Attempts
from outreach.demo.ports import free_port
from tests.mail.pacing import a_broker

KEY = "k" * 40


def test_one_too_many_is_refused() -> None:
    attempts = Attempts(redis_url="", key=KEY)
    assert [attempts.allow("3/hour", "password", "nora") for _ in range(5)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_others_are_not_held_back() -> None:
    attempts = Attempts(redis_url="", key=KEY)
    assert attempts.allow("1/hour", "password", "nora")
    assert attempts.allow("1/hour", "password", "ben")
    assert attempts.allow("1/hour", "code", "nora")
    assert not attempts.allow("1/hour", "password", "nora")


def test_parts_of_a_name_do_not_run_into_one_another() -> None:
    attempts = Attempts(redis_url="", key=KEY)
    assert attempts.allow("1/hour", "a", "bc")
    assert attempts.allow("1/hour", "ab", "c")


def test_who_came_in_begins_anew() -> None:
    attempts = Attempts(redis_url="", key=KEY)
    attempts.allow("1/hour", "password", "nora")
    attempts.forget("1/hour", "password", "nora")
    assert attempts.allow("1/hour", "password", "nora")


def test_in_redis_all_processes_count_together(tmp_path: Path) -> None:
    with a_broker(tmp_path) as broker:
        one, other = (Attempts(redis_url=broker.url, key=KEY) for _ in range(2))
        assert one.allow("1/hour", "password", "nora@example.org")
        assert not other.allow("1/hour", "password", "nora@example.org")
        stored = Redis.from_url(broker.url).keys("*")
        assert stored
        assert not any(b"nora" in key for key in stored)


def test_without_redis_each_process_counts_for_itself() -> None:
    attempts = Attempts(redis_url=f"redis://127.0.0.1:{free_port()}/0", key=KEY)
    assert [attempts.allow("1/hour", "nora"), attempts.allow("1/hour", "nora")] == [True, False]
    attempts.forget("1/hour", "nora")
    assert attempts.allow("1/hour", "nora")
