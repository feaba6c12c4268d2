"""Several ticks at the same moment, in real processes, on both databases."""

import json
from pathlib import Path

import pytest

from tests.cli.program import end, start
from tests.smtp_server import running_smtp_server
from tests.workers.running import launch, message_states


@pytest.mark.parametrize("many", [2, 4])
def test_ticks_at_once_send_nothing_twice_and_forget_nothing(
    clean_environment: dict[str, str], tmp_path: Path, database_url: str, many: int
) -> None:
    launch(database_url, organizations=120)
    with running_smtp_server() as server:
        settings = {
            "DATABASE_URL": database_url,
            "SMTP_URL": server.url,
            "MAIL_FROM": "sign@coalition.example",
        }
        begun = [
            start("tick", "--json", environment=clean_environment, folder=tmp_path, **settings)
            for _ in range(many)
        ]
        reports = []
        for ended in [end(process) for process in begun]:
            assert ended.code == 0, ended.err
            reports.append(json.loads(ended.out))
    assert sum(report["sent"] for report in reports) == 120
    assert len(set(server.recipients)) == len(server.received) == 120
    assert message_states(database_url) == {"sent": 120}
