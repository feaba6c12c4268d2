"""The Celery application, looked at in a process of its own: it reads settings at import."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parent.parent.parent
_LOOK = """
import json
from workers.app import app, stopping
import workers.tasks
conf = app.conf
print(json.dumps({
    "tasks": sorted(name for name in app.tasks if not name.startswith("celery.")),
    "schedule": {name: entry["task"] for name, entry in conf.beat_schedule.items()},
    "scheduler": conf.beat_scheduler,
    "accept": list(conf.accept_content),
    "ignore_result": conf.task_ignore_result,
    "results": conf.result_backend,
    "prefetch": conf.worker_prefetch_multiplier,
    "retries": conf.broker_connection_max_retries,
    "remote_control": conf.worker_enable_remote_control,
    "events": conf.worker_send_task_events,
    "zone": conf.timezone,
    "broker": conf.broker_url,
    "stopping": stopping(),
}))
"""


def look(home: Path, environment: dict[str, str], **settings: str) -> dict[str, Any]:
    shown = subprocess.run(
        [sys.executable, "-c", _LOOK],
        env={**environment, "PYTHONPATH": str(_ROOT), "OUTREACH_HOME": str(home), **settings},
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, Any] = json.loads(shown.stdout)
    return found


@pytest.fixture
def found(tmp_path: Path, clean_environment: dict[str, str]) -> dict[str, Any]:
    return look(tmp_path, clean_environment, REDIS_URL="redis://127.0.0.1:1/3")


def test_all_that_the_schedule_rings_for_is_there(found: dict[str, Any]) -> None:
    assert found["tasks"] == ["workers.tasks.deliver", "workers.tasks.sweep"]
    assert set(found["schedule"].values()) <= set(found["tasks"])


def test_it_only_rings_no_results_no_pickle_no_memory_of_the_last_run(
    found: dict[str, Any],
) -> None:
    assert found["accept"] == ["json"]
    assert found["ignore_result"] is True
    assert found["results"] is None
    assert found["scheduler"] == "celery.beat:Scheduler"
    assert (found["remote_control"], found["events"]) == (False, False)


def test_a_lost_broker_is_tried_for_ever(found: dict[str, Any]) -> None:
    assert found["retries"] is None
    assert found["prefetch"] == 1
    assert found["stopping"] is False


def test_it_talks_to_the_broker_of_the_settings_in_utc(found: dict[str, Any]) -> None:
    assert found["broker"] == "redis://127.0.0.1:1/3"
    assert found["zone"] == "UTC"


def test_importing_it_opens_nothing_and_makes_no_database(
    tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    url = "postgresql://me:pw@127.0.0.1:1/nowhere"
    look(tmp_path, clean_environment, REDIS_URL="redis://127.0.0.1:1/0", DATABASE_URL=url)
    assert not (tmp_path / "outreach.db").exists()
