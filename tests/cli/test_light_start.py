"""What a command does not need, it does not load: each costs tenths of a second."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NEVER = {"celery", "kombu", "redis", "fastapi", "starlette", "uvicorn", "psycopg"}
LOOK = """
import sys
from outreach.cli.main import main
sys.argv = ["outreach", *{words}]
try: main()
except SystemExit: pass
print("loaded:", sorted({never} & set(sys.modules)))
"""


@pytest.mark.parametrize("words", [["status", "s"], ["campaign", "list"]])
def test_looking_loads_neither_web_nor_worker_nor_the_other_database(
    tmp_path: Path, clean_environment: dict[str, str], words: list[str]
) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", LOOK.format(words=words, never=NEVER)],
        cwd=ROOT,
        env=clean_environment | {"OUTREACH_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.rstrip().endswith("loaded: []"), shown.stdout
