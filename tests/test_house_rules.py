"""The rules of the house, held by the test run."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = sorted(path for name in ("outreach", "workers") for path in (ROOT / name).rglob("*.py"))
PROVING = sorted(path for name in ("tests", "benchmarks") for path in (ROOT / name).rglob("*.py"))
SOURCES = [*OURS, *PROVING]


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_named)
def test_no_file_is_over_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=_named)
def test_no_file_has_a_name_that_says_nothing(path: Path) -> None:
    assert path.stem.strip("_") not in {"util", "utils", "helper", "helpers", "common", "misc"}
    assert "manager" not in path.stem


def test_only_the_database_module_commits() -> None:
    committing = {
        _named(path)
        for path in OURS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
    }
    assert committing == {"outreach/store/database.py"}


def test_only_the_clock_reads_the_time() -> None:
    readers = {_named(path) for path in OURS if _reads_the_time(path.read_text("utf-8"))}
    assert readers == {"outreach/clock.py"}


_READING = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "strftime"},
}


def _reads_the_time(source: str) -> bool:
    """Whether it names what reads the wall clock: called, passed on, or imported by itself.

    Another name for a clock would hide it, and counts too. ``time.monotonic()`` measures a span
    and is no time of day.
    """
    nodes = list(ast.walk(ast.parse(source)))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return (
        any(isinstance(node, ast.Attribute) and _is_clock(node) for node in nodes)
        or any(node.asname and node.name in _READING for one in imports for node in one.names)
        or any(
            name.name in _READING["time"]
            for one in imports
            if isinstance(one, ast.ImportFrom) and one.module == "time"
            for name in one.names
        )
    )


def _is_clock(node: ast.Attribute) -> bool:
    return node.attr in _READING.get(ast.unparse(node.value).rpartition(".")[2], ())


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("datetime.now(UTC)", True),
        ("datetime.now(tz=UTC)", True),
        ("datetime.now()", True),
        ("datetime.datetime.now(ZoneInfo('UTC'))", True),
        ("datetime.utcnow()", True),
        ("date.today()", True),
        ("field(default_factory=datetime.now)", True),
        ("time.time()", True),
        ("time.time_ns()", True),
        ("time.localtime()", True),
        ("from time import time", True),
        ("from datetime import datetime as instant", True),
        ("import time as watch", True),
        ("from time import monotonic, sleep", False),
        ("time.monotonic()", False),
        ("func.now()", False),
        ("datetime(2026, 3, 4)", False),
        ("now.time()", False),
    ],
)
def test_the_rule_of_the_clock_knows_every_way_to_read_it(source: str, reads: bool) -> None:
    assert _reads_the_time(source) is reads


def test_nobody_assigns_a_state_but_through_the_tables() -> None:
    assigning = {f"{_named(path)}:{line}" for path in OURS for line in _state_assignments(path)}
    assert assigning == set()


def _state_assignments(path: Path) -> Iterator[int]:
    """Lines with ``x.state = …`` whose value is not next_state(…)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Assign):
            continue
        targets = [
            target
            for target in node.targets
            if isinstance(target, ast.Attribute)
            and target.attr == "state"
            and ast.unparse(target.value) != "self"
        ]
        if targets and "next_state(" not in ast.unparse(node.value):
            yield node.lineno


def test_sql_lives_in_the_store_alone() -> None:
    outside = {
        _named(path)
        for path in OURS
        if not path.is_relative_to(ROOT / "outreach" / "store")
        and re.search(r"\b(select|insert|update|delete|text)\(", path.read_text("utf-8"))
        and "sqlmodel import" in path.read_text("utf-8")
        and re.search(r"import .*\b(select|insert|update|delete|text)\b", path.read_text("utf-8"))
    }
    assert outside == set()


def test_the_imports_keep_to_the_floors() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [str(tool), "--config", ".importlinter", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_every_source_file_has_its_test() -> None:
    """Where a file's rules are told: tests mirror the path."""
    mirrored = {_named(path) for path in SOURCES if "tests/" in _named(path)}
    assert {
        f"tests/{folder}/test_{name}.py"
        for folder in ("domain", "services")
        for name in (path.stem for path in (ROOT / "outreach" / folder).glob("[a-z]*.py"))
        if name not in {"errors", "views", "queue_receipts"}
    } <= mirrored


def test_celery_messages_carry_no_arguments() -> None:
    """A payload that is empty cannot hold a name, an address or a link."""
    source = (ROOT / "workers" / "tasks.py").read_text(encoding="utf-8")
    assert _functions_with_parameters(source) == set()


def _functions_with_parameters(source: str) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ast.unparse(node.args)
    }


@pytest.mark.parametrize(
    "parameters", ["a", "a=1", "a, /", "*a", "**a", "*, a", "self, *a: str, **b: int"]
)
def test_the_rule_of_empty_messages_knows_every_kind_of_parameter(parameters: str) -> None:
    source = f"def one({parameters}): ...\nasync def two({parameters}): ...\ndef free(): ..."
    assert _functions_with_parameters(source) == {"one", "two"}
