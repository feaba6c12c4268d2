"""Who is let in: every route with every scope and every role, and no key that is not one.

On both databases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from outreach.domain.coordinator import Role
from outreach.services.manage_coordinators import disable
from outreach.store import coordinators, keyset_pages
from outreach.wiring import Outreach
from tests.api_facts import SOMEBODY, a_key
from tests.web.api.conftest import Program
from tests.web.invited import NOW, Clock

# Every operation, with the scope it needs.
ROUTES = [
    ("GET", "/key", ""),
    ("GET", "/campaigns", "read"),
    ("POST", "/campaigns", "write"),
    ("GET", "/campaigns/archives", "read"),
    ("GET", "/campaigns/archives/status", "read"),
    ("POST", "/campaigns/archives/partners", "write"),
    ("GET", "/campaigns/archives/audience?act=launch", "read"),
    ("POST", "/campaigns/archives/launch", "send"),
    ("POST", "/campaigns/archives/remind", "send"),
    ("POST", "/campaigns/archives/resume", "send"),
    ("POST", "/campaigns/archives/close", "send"),
    ("POST", "/campaigns/archives/pause", "write"),
    ("POST", "/campaigns/archives/extend", "write"),
    ("POST", "/campaigns/archives/cancel", "write"),
    ("POST", "/campaigns/archives/publish", "write"),
    ("POST", "/campaigns/archives/door/shut", "write"),
    ("GET", "/campaigns/archives/requests", "read"),
    ("POST", "/campaigns/archives/requests/admit", "send"),
    ("POST", "/campaigns/archives/requests/refuse", "write"),
    ("GET", "/campaigns/archives/reviews", "read"),
    ("POST", "/campaigns/archives/reviews/1/settle", "write"),
    ("GET", "/campaigns/archives/organizations", "read"),
    ("GET", "/campaigns/archives/organizations/1", "read"),
    ("GET", "/campaigns/archives/export", "export"),
    ("GET", "/campaigns/archives/messages", "read"),
    ("GET", "/campaigns/archives/messages/1", "read"),
    ("POST", "/campaigns/archives/messages/1/settle", "send"),
]
SCOPES = ["read", "write", "send", "export"]
BODIES: dict[str, Any] = {
    "/campaigns": {
        "slug": "x",
        "statement": "y",
        "deadline": "2026-12-01 18:00",
        "zone": "Europe/Berlin",
    },
    "launch": {"expect": 99},
    "remind": {"expect": 99},
    "resume": {"expect": 99},
    "close": {"expect": 99},
    "pause": {"reason": ""},
    "extend": {"deadline": "2026-12-01 12:00"},
    "admit": {"requests": [1], "expect": 99},
    "refuse": {"requests": [1]},
    "/campaigns/archives/reviews/1/settle": {"stands": "first", "note": "x"},
    "settle": {"decision": "arrived"},
}


def _ask(client: TestClient, method: str, path: str, headers: dict[str, str]) -> Any:
    if path.endswith("/partners"):
        headers = headers | {"content-type": "text/csv"}
        return client.post(f"/api/v1{path}", content=b"", headers=headers)
    body = BODIES.get(path, BODIES.get(path.rpartition("/")[2])) if method == "POST" else None
    return client.request(method, f"/api/v1{path}", json=body, headers=headers)


def test_the_list_of_routes_is_whole(client: TestClient) -> None:
    described = client.get("/api/v1/openapi.json").json()["paths"]
    real = {(method.upper(), path) for path, found in described.items() for method in found}
    assert len(real) == len(ROUTES)
    for method, path, scope in ROUTES:
        template = path.partition("?")[0].replace("/archives", "/{slug}")
        template = template.replace("/organizations/1", "/organizations/{organization_id}")
        template = template.replace("/messages/1", "/messages/{message_id}")
        template = template.replace("/reviews/1", "/reviews/{review_id}")
        template = template.replace("/door/shut", "/door/{choice}")
        operation = described[template][method.lower()]
        assert operation["security"] == [{"key": [scope] if scope else []}]


@pytest.mark.parametrize(("method", "path", "needed"), ROUTES)
def test_each_route_lets_in_the_scope_it_needs_and_no_other(
    program: Callable[..., Program], campaign: str, method: str, path: str, needed: str
) -> None:
    others = [scope for scope in SCOPES if scope != needed]
    lacking = program(*others)
    response = _ask(lacking.client, method, path, lacking.headers)
    if needed:
        assert response.status_code == 403
        assert response.json()["scope"] == needed
        assert response.headers["content-type"] == "application/problem+json"
        assert f'scope="{needed}"' in response.headers["www-authenticate"]
    having = program(*([needed] if needed else ["write"]))
    response = _ask(having.client, method, path, having.headers)
    assert response.status_code not in (401, 403, 405, 500), response.text


@pytest.mark.parametrize(("method", "path", "needed"), ROUTES)
def test_no_route_is_open_without_a_key(
    client: TestClient, campaign: str, method: str, path: str, needed: str
) -> None:
    wrong = f"Bearer outreach_{'0' * 12}_{'x' * 43}"
    for header in ("", "Bearer", "Bearer x", "Basic eDp5", wrong):
        headers = {"authorization": header} if header else {}
        response = _ask(client, method, path, headers)
        assert response.status_code == 401, path
        assert response.json()["type"] == "http://testserver/api/v1/docs#unauthorized"
        assert response.headers["www-authenticate"] == "Bearer"


def test_a_key_made_by_an_owner_who_became_a_viewer_looks_only(
    outreach: Outreach, program: Callable[..., Program], campaign: str
) -> None:
    mine = program()
    with outreach.database.transaction() as session:
        clara = coordinators.find_by_email(session, "owner@coalition.example")
        assert clara is not None
        clara.role = Role.VIEWER
        coordinators.save(session, clara)
    for method, path, needed in ROUTES:
        expected = 403 if needed in ("write", "send") else None
        status = _ask(mine.client, method, path, mine.headers).status_code
        assert (status == 403) is bool(expected), path
    assert mine.get("/key").json()["scopes"] == ["read", "export"]


def test_the_keys_of_a_disabled_coordinator_stop_at_once(
    outreach: Outreach, program: Callable[..., Program]
) -> None:
    hers = program(role=Role.EDITOR)
    program()
    assert hers.get("/campaigns").status_code == 200
    with outreach.database.transaction() as session:
        found = coordinators.find_by_email(session, "editor@coalition.example")
        assert found is not None
        assert found.id is not None
        disable(session, found.id, by=SOMEBODY, now=NOW)
    assert hers.get("/campaigns").status_code == 401


def test_a_key_ends_at_its_time(outreach: Outreach, client: TestClient, clock: Clock) -> None:
    with outreach.database.transaction() as session:
        program = Program(client, a_key(session, life=timedelta(days=30), now=NOW))
    assert program.get("/key").json()["expires_at"] == "2026-12-20T09:30:00Z"
    clock.now += timedelta(days=30)
    assert program.get("/key").status_code == 401


def test_a_cookie_or_a_form_is_no_key(client: TestClient, program: Callable[..., Program]) -> None:
    key = program().key
    client.cookies.set("authorization", f"Bearer {key}")
    assert client.get(f"/api/v1/campaigns?authorization={key}").status_code == 401
    assert client.post("/api/v1/campaigns", data={"authorization": key}).status_code in (401, 422)


def test_the_121st_request_of_a_minute_waits_and_another_keys_does_not(
    program: Callable[..., Program],
) -> None:
    busy, other = program(), program()
    statuses = [busy.get("/key").status_code for _ in range(121)]
    assert statuses == [200] * 120 + [429]
    refused = busy.get("/key")
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["type"].endswith("#too-many-requests")
    assert other.get("/key").status_code == 200


def test_the_last_use_of_a_key_is_noted(
    outreach: Outreach, program: Callable[..., Program], clock: Clock
) -> None:
    from outreach.services.api_keys import list_keys

    mine = program()
    clock.now += timedelta(hours=1)
    mine.get("/key")
    with outreach.database.reading() as session:
        assert list_keys(session, now=clock.now)[0].last_used_at == clock.now


def test_the_log_holds_neither_key_nor_slug(program: Callable[..., Program], campaign: str) -> None:
    mine = program()
    with capture_logs() as lines:
        mine.get("/campaigns/archives")
        mine.get("/nothing/ida@archive-watch.example")
    assert [line["route"] for line in lines if line["event"] == "request"] == [
        "/api/v1/campaigns/{slug}",
        "/api/v1",
    ]
    assert mine.key not in str(lines)


@pytest.mark.parametrize("path", ["/nothing", "/", "/campaigns/", "/campaigns/A B"])
def test_what_is_not_there_is_a_problem_too(program: Callable[..., Program], path: str) -> None:
    response = program().get(path)
    assert response.status_code in (404, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_another_method_is_a_problem_that_names_those_that_go(
    program: Callable[..., Program],
) -> None:
    mine = program()
    response = mine.client.delete("/api/v1/campaigns/archives", headers=mine.headers)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET"
    assert response.headers["content-type"] == "application/problem+json"
    both = mine.client.delete("/api/v1/campaigns", headers=mine.headers)
    assert both.headers["allow"] == "GET, POST"


def test_a_fault_of_ours_is_a_problem_and_its_words_stay_inside(
    program: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("ida@archive-watch.example")

    monkeypatch.setattr(keyset_pages, "campaign_page", fail)
    with capture_logs() as lines:
        response = program().get("/campaigns")
    assert response.status_code == 500
    assert response.json()["type"].endswith("#failure")
    assert "ida@" not in response.text + str(lines)
    assert any(line["event"] == "request_failed" for line in lines)
