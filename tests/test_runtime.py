from pathlib import Path

import pytest

from outreach.runtime import StackRunning, clear_runtime, read_runtime, stack_lock, write_runtime

URLS = {
    "redis_url": "redis://:made-up@127.0.0.1:1/0",
    "smtp_url": "smtp://127.0.0.1:2",
    "public_url": "http://127.0.0.1:3",
}


def test_a_running_stack_is_found(tmp_path: Path) -> None:
    with stack_lock(tmp_path):
        written = write_runtime(tmp_path, **URLS)
        assert read_runtime(tmp_path) == written
        assert written.redis_url == URLS["redis_url"]


def test_a_file_whose_supervisor_is_gone_counts_for_nothing(tmp_path: Path) -> None:
    with stack_lock(tmp_path):
        write_runtime(tmp_path, **URLS)
    assert (tmp_path / "run" / "stack.json").exists()
    assert read_runtime(tmp_path) is None


def test_no_stack_is_found_where_none_ever_ran(tmp_path: Path) -> None:
    assert read_runtime(tmp_path) is None
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '"text"'])
def test_a_broken_file_is_no_stack(tmp_path: Path, content: str) -> None:
    with stack_lock(tmp_path):
        (tmp_path / "run" / "stack.json").write_text(content)
        assert read_runtime(tmp_path) is None


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    with stack_lock(tmp_path):
        write_runtime(tmp_path, **URLS)
    assert (tmp_path / "run" / "stack.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700


def test_a_home_has_one_supervisor(tmp_path: Path) -> None:
    with stack_lock(tmp_path), pytest.raises(StackRunning, match="OUTREACH_HOME"):
        stack_lock(tmp_path).__enter__()


def test_clearing_twice_is_no_error(tmp_path: Path) -> None:
    with stack_lock(tmp_path):
        write_runtime(tmp_path, **URLS)
        clear_runtime(tmp_path)
        clear_runtime(tmp_path)
        assert read_runtime(tmp_path) is None
