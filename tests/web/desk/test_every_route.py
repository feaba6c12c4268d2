"""Every route of the desk x every role x every way to forge a form: no deviation from the table."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from outreach.domain.coordinator import Role
from outreach.store.database import Database
from outreach.web.app import create_app
from outreach.wiring import Outreach
from tests.web.desk.conftest import SAME_ORIGIN, signed_in
from tests.web.desk.route_table import DOOR, EDITOR, ENTERED, OWNER, ROUTES, VIEWER
from tests.web.invited import Clock, an_open_campaign, an_outreach, everything_stored

MAY = {
    DOOR: {*Role},
    ENTERED: {*Role},
    VIEWER: {*Role},
    EDITOR: {Role.OWNER, Role.EDITOR},
    OWNER: {Role.OWNER},
}
INSIDE = [route for route, least in ROUTES.items() if least != DOOR]
FORGED: list[tuple[dict[str, str], str]] = [
    (SAME_ORIGIN, ""),
    (SAME_ORIGIN, "another's"),
    ({"origin": "https://evil.example"}, "own"),
    ({"origin": "null"}, "own"),
    ({"sec-fetch-site": "cross-site"}, "own"),
    ({"sec-fetch-site": "same-site"}, "own"),
    ({"sec-fetch-site": "cross-site", "origin": "null"}, "own"),
    ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, "own"),
]
SIGN_IN = "/desk/sign-in"


@pytest.fixture(scope="module")
def outreach(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Outreach]:
    """One for all routes: what is refused changes nothing, which is looked at each time."""
    home = tmp_path_factory.mktemp("desk")
    shutil.copy(sqlite_template, home / "outreach.db")
    database = Database(f"sqlite:///{home / 'outreach.db'}")
    an_open_campaign(database)
    yield an_outreach(database, home, clock=Clock())
    database.close()


@pytest.fixture(scope="module")
def client(outreach: Outreach) -> Iterator[TestClient]:
    with TestClient(create_app(outreach, mailbox=False), follow_redirects=False) as client:
        yield client


@pytest.fixture(autouse=True)
def _nobody_is_signed_in(client: TestClient) -> None:
    client.cookies.clear()


def test_the_table_names_every_route_and_no_other(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    found = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute) and route.path.startswith("/desk")
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert found == set(ROUTES)


def filled(path: str, **known: str) -> str:
    """An address that leads to nothing that is there, so that nothing happens but the look at who
    asks; with ``known`` to what is."""
    values = {
        "slug": "none",
        "token": "x",
        "kind": "invitation",
        "locale": "en",
        "export": "answers",
    }

    def fill(match: re.Match[str]) -> str:
        return (values | known).get(match[1], "999999")

    return re.sub(r"{(\w+)(?::\w+)?}", fill, path)


@pytest.mark.parametrize(("method", "path"), INSIDE, ids=" ".join)
def test_a_stranger_gets_no_answer_but_the_way_in(
    client: TestClient, outreach: Outreach, method: str, path: str
) -> None:
    before = everything_stored(outreach.database)
    for known in ({}, {"slug": "archives"}):
        answer = client.request(method, filled(path, **known))
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(SIGN_IN)
        assert answer.content == b""
    client.cookies.set("desk", "x" * 43)
    assert client.request(method, filled(path)).headers["location"].startswith(SIGN_IN)
    assert everything_stored(outreach.database) == before


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("method", "path"), INSIDE, ids=" ".join)
def test_each_role_may_what_the_table_says(
    client: TestClient, outreach: Outreach, method: str, path: str, role: Role
) -> None:
    visitor = signed_in(outreach, client, role)
    fields = {"form_token": visitor.form_token} if method == "POST" else None
    answer = client.request(method, filled(path), data=fields, headers=SAME_ORIGIN)
    if role in MAY[ROUTES[method, path]]:
        assert answer.status_code in (200, 303, 404, 409, 422), answer.text
        if "sign-out" not in path:
            assert not answer.headers.get("location", "").startswith((SIGN_IN, "/desk/prove"))
    else:
        assert answer.status_code == 403
        assert "Your role may not do this" in answer.text


NUMBERED = [
    (method, path)
    for method, path in INSIDE
    if re.search(r"{\w+_id(:int)?}|{number:int}", path) and "{upload_id}" not in path  # a name
]


@pytest.mark.parametrize("number", [2**31, 99999999999999999999])
@pytest.mark.parametrize(("method", "path"), NUMBERED, ids=" ".join)
def test_a_number_that_no_row_can_have_is_nobodys(
    client: TestClient, outreach: Outreach, method: str, path: str, number: int
) -> None:
    """PostgreSQL has no such integer, and SQLite none of the longer ones."""
    visitor = signed_in(outreach, client)
    fields = {"form_token": visitor.form_token} if method == "POST" else None
    address = filled(path, slug="archives").replace("999999", str(number))
    answer = client.request(method, address, data=fields, headers=SAME_ORIGIN)
    assert answer.status_code in (404, 422), answer.text


@pytest.mark.parametrize(("headers", "token"), FORGED, ids=str)
@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "POST"])
def test_a_forged_form_does_nothing(
    client: TestClient, outreach: Outreach, path: str, headers: dict[str, str], token: str
) -> None:
    theirs = signed_in(outreach, client, email="ben@coalition.example").form_token
    visitor = signed_in(outreach, client)
    client.get(SIGN_IN)
    before = everything_stored(outreach.database)
    form_token = {"own": visitor.form_token, "another's": theirs}.get(token, token)
    fields = {
        "form_token": form_token,
        "name": "Eve",
        "zone": "UTC",
        "text": "x",
        "email": "e@x.example",
    }
    for known in ({}, {"slug": "archives"}):
        answer = client.post(filled(path, **known), data=fields, headers=headers)
        expected = (403, 404) if "/setup/{token" in path else (403,)
        assert answer.status_code in expected, answer.text
    assert everything_stored(outreach.database) == before


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "GET"])
def test_every_page_keeps_to_the_policy(client: TestClient, outreach: Outreach, path: str) -> None:
    """No inline script, no inline style, nothing kept by a cache; whatever it answers."""
    if ROUTES["GET", path] != DOOR:
        signed_in(outreach, client)
    for known in ({}, {"slug": "archives", "person_id": "1"}):
        page = client.get(filled(path, **known))
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        is_page = page.headers.get("content-type", "").startswith("text/html")
        if is_page and "sandbox" not in policy:  # a mail shown in its frame brings its own styles
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=", page.text), path
            assert not re.search(r"<[^>]*\sstyle=", page.text), path


SPOOFED = [
    *("evil.example", "evil.example:80", "testserver.evil.example", "evil.example/testserver"),
    *("testserver@evil.example", "127.0.0.1", "localhost", "[::1]", "10.0.0.1:8000", "0"),
    *("xn--e1awd7f.example", "evil.example.", ".evil.example", "EVIL.example", "evil.example#"),
    *("evil.example?x=", "testserver:evil.example", "sign.example.org", "_", "evil_example"),
]


@pytest.mark.parametrize(("number", "host"), [*enumerate(SPOOFED)])
def test_no_host_header_leads_anybody_astray(
    client: TestClient, outreach: Outreach, number: int, host: str
) -> None:
    """Every link is a path, or begins with PUBLIC_URL."""
    headers = {"host": host, "x-forwarded-host": host, "forwarded": f"host={host}"}
    led = client.get("/desk/people", headers=headers)
    assert led.headers["location"] == "/desk/sign-in?next=/desk/people"
    visitor = signed_in(outreach, client)
    fields = {"form_token": visitor.form_token, "email": f"{number}@coalition.example"}
    shown = client.post("/desk/people/invite", data=fields, headers=headers | SAME_ORIGIN)
    assert f"{outreach.public_url}/desk/setup/" in shown.text
    pages = [client.get(path, headers=headers).text for path in ("/desk", "/desk/account")]
    refused = client.post("/desk/account", headers=headers).text
    for html in (*pages, shown.text, refused):
        for link in re.findall(r'(?:href|action|src)="([^"]*)"', html):
            assert re.match(r"/(?!/)|#", link) or link.startswith(outreach.public_url), link
