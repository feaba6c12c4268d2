"""The description says all in words, and what it says is true: schemathesis asks for everything,
rightly and wrongly, and every check of it is on."""

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient

from outreach.store.database import Database
from outreach.web.app import create_app
from tests.api_facts import a_key
from tests.waiting import wait_until
from tests.web.invited import Clock, an_open_campaign, an_outreach

# A statement, a deadline or a file can be wrong in ways that no schema tells: then 422 is right.
_CONFIG = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "404", "409", "422"]
"""


@dataclass(frozen=True)
class Served:
    url: str
    key: str


@contextmanager
def _serving(database: Database, home: Path) -> Iterator[Served]:
    """A real server with data, and a key that may do everything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        outreach = an_outreach(database, home, clock=Clock(), public_url=url)
        outreach.attempts.allow = lambda *_: True  # type: ignore[method-assign]
        for slug in ("visit", "archives"):
            an_open_campaign(database, slug=slug)
        with database.transaction() as session:
            key = a_key(session)
        app = create_app(outreach, mailbox=False)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_until(lambda: server.started, what="the server")
        try:
            yield Served(url, key)
        finally:
            server.should_exit = True
            thread.join(10)


def test_every_answer_is_as_described_and_none_is_a_fault(
    database: Database, tmp_path: Path
) -> None:
    """The examples and some random requests; where API_PHASES and API_EXAMPLES ask for it, as a
    build does, the edges of each field, chains of requests, and more of all."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(_CONFIG)
    with _serving(database, tmp_path / "home") as served:
        found = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                f"--config-file={config}",
                "run",
                f"{served.url}/api/v1/openapi.json",
                f"--header=Authorization: Bearer {served.key}",
                "--checks=all",
                f"--phases={os.environ.get('API_PHASES', 'examples,fuzzing')}",
                f"--max-examples={os.environ.get('API_EXAMPLES', '3')}",
                "--generation-deterministic",
                "--suppress-health-check=all",
                "--continue-on-failure",
                "--no-color",
                "--workers=1",
                "--warnings=off",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=540,
        )
    assert found.returncode == 0, found.stdout[-20_000:] + found.stderr[-5_000:]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("described")
    database = Database(f"sqlite:///{home / 'never.db'}")
    with TestClient(
        create_app(an_outreach(database, home, clock=Clock()), mailbox=False)
    ) as client:
        yield client


@pytest.fixture(scope="module")
def described(client: TestClient) -> Any:
    return client.get("/api/v1/openapi.json").json()


def test_it_is_openapi_3_1_and_needs_no_key(described: Any) -> None:
    assert described["openapi"].startswith("3.1")
    assert described["servers"] == [{"url": "http://testserver/api/v1"}]


def test_every_operation_parameter_and_answer_is_told_in_words(described: Any) -> None:
    for operations in described["paths"].values():
        for operation in operations.values():
            name = operation["operationId"]
            assert operation["summary"], name
            assert len(operation["description"]) > 30, name
            assert operation["tags"], name
            for parameter in operation.get("parameters", []):
                assert parameter["description"], (name, parameter["name"])
            for status, response in operation["responses"].items():
                assert len(response["description"]) > 15, (name, status)
                assert response["description"] != "Successful Response", name
                if status[0] in "45":
                    assert list(response["content"]) == ["application/problem+json"], name


def test_every_shape_and_every_field_is_told_in_words(described: Any) -> None:
    for name, shape in described["components"]["schemas"].items():
        if "enum" in shape:
            continue
        assert shape["description"], name
        for field, facts in shape["properties"].items():
            assert facts.get("description"), (name, field)


def test_every_reference_leads_somewhere(described: Any) -> None:
    schemas = described["components"]["schemas"]
    for text in str(described).split("#/components/schemas/")[1:]:
        assert text.partition("'")[0] in schemas


def test_examples_are_on_reserved_domains(described: Any) -> None:
    addresses = re.findall(r"[\w.-]+@([\w.-]+)", str(described))
    assert addresses
    for domain in addresses:
        assert domain.endswith((".example", "example.org"))


def test_the_page_for_people_names_every_operation_field_and_error(
    client: TestClient, described: Any
) -> None:
    response = client.get("/api/v1/docs")
    assert response.headers["content-type"].startswith("text/html")
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert f"{method.upper()} {path}" in response.text
            assert f'id="{operation["operationId"]}"' in response.text
    words = ("expect", "publish_at_close", "Idempotency-Key", "unexpected-number", "webhook-id")
    for word in words:
        assert word in response.text
    for forbidden in ("<script", " style=", "cdn"):
        assert forbidden not in response.text
