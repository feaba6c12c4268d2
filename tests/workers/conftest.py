from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.smtp_server import Server, running_smtp_server
from tests.workers.running import Machine, a_machine


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, clean_environment: dict[str, str], server: Server) -> Iterator[Machine]:
    """Its broker runs; its mail goes to ``server``."""
    settings = {"SMTP_URL": server.url, "MAIL_FROM": "sign@coalition.example"}
    home = tmp_path / "home"
    home.mkdir()
    with a_machine(home, clean_environment | settings) as made:
        made.start_broker()
        yield made
