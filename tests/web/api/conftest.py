"""The API on an app with data, as a program with a key has it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from outreach.domain.coordinator import Role
from outreach.wiring import Outreach
from tests.api_facts import a_key
from tests.web.invited import NOW, an_open_campaign


@dataclass
class Program:
    """Asks with its key."""

    client: TestClient
    key: str

    def get(self, path: str, **params: Any) -> Any:
        return self.client.get(f"/api/v1{path}", params=params or None, headers=self.headers)

    def post(self, path: str, body: Any = None, *, once: str = "", **more: Any) -> Any:
        headers = self.headers | ({"idempotency-key": once} if once else {})
        return self.client.post(f"/api/v1{path}", json=body, headers=headers, **more)

    def send_file(self, path: str, data: bytes, *, kind: str = "text/csv", **params: Any) -> Any:
        headers = self.headers | {"content-type": kind}
        return self.client.post(f"/api/v1{path}", content=data, headers=headers, params=params)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}


@pytest.fixture
def program(outreach: Outreach, client: TestClient) -> Callable[..., Program]:
    """``program("read", role=Role.VIEWER)``: one with a key of its own."""

    def make(*scopes: str, role: Role = Role.OWNER) -> Program:
        with outreach.database.transaction() as session:
            email = f"{role}@coalition.example"
            return Program(client, a_key(session, *scopes, role=role, email=email, now=NOW))

    return make


@pytest.fixture
def campaign(outreach: Outreach) -> str:
    """An open one with four organizations, their invitations queued."""
    an_open_campaign(outreach.database)
    return "archives"
