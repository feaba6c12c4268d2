import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from outreach.web import open_link
from outreach.web.app import create_app
from outreach.web.body_limit import MAX_BODY
from outreach.wiring import Outreach
from tests.web.browsing import SIGNED, open_answer_page, submit
from tests.web.invited import Letter

_OUR_FILE = re.compile(r'<script src="/static/[^"]+" data-[^<>]* defer></script>')


def every_kind_of_page(client: TestClient, letter: Letter) -> list[Any]:
    page = open_answer_page(client, letter.answer)
    return [
        client.get("/"),
        client.get(letter.answer, follow_redirects=False),
        client.get(page),
        client.get(letter.unsubscribe),
        client.get("/nothing"),
        client.get(f"{page}/sign"),
        client.get("/a/wrong"),
        client.get("/static/site.css"),
        client.get("/static/nothing.css"),
        client.get("/healthz"),
        submit(client, page, "sign", {}),
    ]


def test_every_response_carries_the_security_headers(client: TestClient, letter: Letter) -> None:
    for response in every_kind_of_page(client, letter):
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["x-content-type-options"] == "nosniff"


def test_personal_pages_are_kept_by_no_cache(client: TestClient, letter: Letter) -> None:
    page = open_answer_page(client, letter.answer)
    for path in (letter.answer, page, letter.unsubscribe, "/nothing"):
        assert client.get(path, follow_redirects=False).headers["cache-control"] == "no-store"


def test_pages_hold_no_script_and_no_style_of_their_own(client: TestClient, letter: Letter) -> None:
    """The answer page names a file of ours; no page holds a script within itself."""
    for response in every_kind_of_page(client, letter):
        if response.headers.get("content-type", "").startswith("text/html"):
            scripts = re.findall(r"<script[^>]*>.*?</script>", response.text, re.DOTALL)
            assert all(_OUR_FILE.fullmatch(script) for script in scripts)
            assert response.text.count("<script") == len(scripts)
            for forbidden in ("<style", " style=", " onclick", "http://", "https://"):
                assert forbidden not in response.text, forbidden


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "testserver.evil.example"])
def test_nothing_is_built_from_the_host_header(
    client: TestClient, letter: Letter, host: str
) -> None:
    response = client.get(letter.answer, headers={"host": host}, follow_redirects=False)

    assert response.headers["location"].startswith("/answer/")
    for path in (response.headers["location"], "/", "//", "/s/x/", "/static", "/mailbox/"):
        answer = client.get(path, headers={"host": host}, follow_redirects=False)
        assert "evil" not in answer.text + str(answer.headers)


def test_the_log_names_routes_and_no_person(client: TestClient, letter: Letter) -> None:
    with capture_logs() as lines:
        page = open_answer_page(client, letter.answer)
        submit(client, page, "sign", SIGNED)
        client.get(letter.unsubscribe)
        client.get("/static/site.css")
        client.get("/nothing/ida@archive-watch.example")

    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in requests] == [
        ("GET", "/a/{token:path}", 303),
        ("GET", "/answer/{name}", 200),
        ("POST", "/answer/{name}/sign", 303),
        ("GET", "/u/{token:path}", 200),
        ("GET", "/static", 200),
        ("GET", "(none)", 404),
    ]
    assert all(line["milliseconds"] >= 0 for line in requests)
    told = str(lines)
    for secret in (letter.link_id, letter.answer[3:], page, "Ida", "archive-watch", "Archive"):
        assert secret not in told


def test_a_surprise_is_a_calm_page_and_a_line_without_its_words(
    client: TestClient, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("ida@archive-watch.example")

    monkeypatch.setattr(open_link, "find_answer_page", fail)
    with capture_logs() as lines:
        response = client.get(letter.answer)

    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text
    assert response.headers["cache-control"] == "no-store"
    [line] = [line for line in lines if line["event"] == "request_failed"]
    assert line["error"] == "RuntimeError"
    assert "test_app.py:" in line["at"]
    assert "archive-watch" not in response.text + str(lines)


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/nothing", 404, "There is no page here"),
        ("POST", "/", 405, "That cannot be done here"),
        ("DELETE", "/s/archives", 405, "That cannot be done here"),
        ("GET", "/docs", 404, "There is no page here"),
        ("GET", "/openapi.json", 404, "There is no page here"),
    ],
)
def test_refusals_are_pages(
    client: TestClient, method: str, path: str, status: int, title: str
) -> None:
    response = client.request(method, path)

    assert response.status_code == status
    assert f"<h1>{title}</h1>" in response.text


def test_a_form_that_is_too_long_is_not_read(client: TestClient, letter: Letter) -> None:
    page = open_answer_page(client, letter.answer)

    response = submit(client, page, "decline", {"reason": "x" * MAX_BODY})
    assert response.status_code == 413
    assert "<h1>That was too much at once</h1>" in response.text


def test_a_form_that_is_no_form_is_refused(client: TestClient, letter: Letter) -> None:
    page = open_answer_page(client, letter.answer)
    for content_type in ("application/json", "multipart/form-data", "text/plain"):
        response = client.post(
            f"{page}/sign", content=b'{"a": 1}', headers={"content-type": content_type}
        )
        assert response.status_code in (400, 403, 422), content_type
    upload = client.post(f"{page}/sign", files={"capacity": ("x.txt", b"x")})
    assert upload.status_code == 422


def test_strange_characters_end_in_a_page(client: TestClient, letter: Letter) -> None:
    page = open_answer_page(client, letter.answer)
    strange = {"credit_line": "a\x00b\u202ec\nd", "signer_name": "\x00", "capacity": "\ufeff"}
    assert submit(client, page, "sign", SIGNED | strange).status_code == 422
    assert submit(client, page, "sign", SIGNED | {"credit_line": "a\x00b"}).status_code == 303
    for path in ("/s/a%00b", "/a/%00", "/answer/%00", "/u/%ff", "/s/%F0%9F%92%A9"):
        assert client.get(path).status_code in (403, 404), path


def test_health_tells_whether_the_database_answers(client: TestClient) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok")


def test_health_tells_of_a_lost_database(outreach: Outreach, tmp_path: Any) -> None:
    from outreach.store.database import Database

    outreach.database = Database(f"sqlite:///{tmp_path / 'gone' / 'outreach.db'}")
    response = TestClient(create_app(outreach, mailbox=False)).get("/healthz")
    assert response.status_code == 503


def test_the_stylesheet_is_ours_and_may_be_kept(client: TestClient) -> None:
    home = client.get("/").text
    address = home.split('rel="stylesheet" href="')[1].split('"')[0]
    response = client.get(address)

    assert response.status_code == 200
    assert response.headers["cache-control"] == "public, max-age=86400"
    assert "url(" not in response.text
    assert "@import" not in response.text
