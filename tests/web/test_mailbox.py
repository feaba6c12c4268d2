from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from outreach.mailbox import store_mail
from outreach.web.app import create_app
from outreach.web.mailbox import PAGE_SIZE
from outreach.wiring import Outreach
from tests.web.invited import NOW

MAIL = """\
From: Coalition <sign@coalition.example>
To: =?utf-8?q?H=C3=A9l=C3=A8ne?= <{to}>
Subject: {subject}
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

Please sign: http://testserver/a/token <script>
--b
Content-Type: text/html; charset=utf-8

<!DOCTYPE html><html><head><title>x</title></head>
<body><a href="http://testserver/a/token">Sign</a><script>alert(1)</script></body></html>
--b--
"""


@pytest.fixture
def demo(outreach: Outreach) -> Iterator[TestClient]:
    app = create_app(outreach, mailbox=True)
    here = ("127.0.0.1", 50_000)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=here) as client:
        yield client


def a_mail(
    outreach: Outreach, *, to: str = "h@familles.example", subject: str = "Hello", at: int = 0
) -> str:
    raw = MAIL.format(to=to, subject=subject).replace("\n", "\r\n").encode()
    folder = outreach.settings.home / "mailbox"
    return store_mail(folder, raw, [to], now=NOW + timedelta(seconds=at))


def test_a_foreign_name_pointed_at_this_machine_reads_no_mail(
    demo: TestClient, outreach: Outreach
) -> None:
    name = a_mail(outreach)
    for path in ("/mailbox", f"/mailbox/{name}", f"/mailbox/{name}/source"):
        assert demo.get(path).status_code == 200
        assert demo.get(path, headers={"host": "rebound.example"}).status_code == 404
        for forwarded in ("x-forwarded-for", "forwarded", "x-real-ip"):
            assert demo.get(path, headers={forwarded: "203.0.113.5"}).status_code == 404


def test_a_visitor_from_another_machine_reads_no_mail(outreach: Outreach) -> None:
    a_mail(outreach)
    app, there = create_app(outreach, mailbox=True), ("203.0.113.5", 50_000)
    with TestClient(app, base_url="http://127.0.0.1:8000", client=there) as visitor:
        assert visitor.get("/mailbox").status_code == 404


def test_without_the_demo_there_is_no_mailbox(client: TestClient, outreach: Outreach) -> None:
    name = a_mail(outreach)
    for path in ("/mailbox", f"/mailbox/{name}", f"/mailbox/{name}/html"):
        assert client.get(path).status_code == 404
    assert "/mailbox" not in client.get("/").text


def test_the_front_page_of_the_demo_leads_to_it(demo: TestClient) -> None:
    assert 'href="/mailbox"' in demo.get("/").text
    assert "Nothing has come in yet" in demo.get("/mailbox").text


def test_the_newest_mail_stands_first(demo: TestClient, outreach: Outreach) -> None:
    a_mail(outreach, subject="First", at=0)
    a_mail(outreach, subject="Second <b>", at=5)
    html = demo.get("/mailbox").text

    assert html.index("Second &lt;b&gt;") < html.index("First")
    assert "h@familles.example" in html
    assert "2 mails" in html


@pytest.mark.parametrize("query", ["reminder", "LIN@memory", "hélène"])
def test_a_search_looks_at_recipients_and_subjects(
    demo: TestClient, outreach: Outreach, query: str
) -> None:
    a_mail(outreach, to="other@example.org", subject="Other")
    a_mail(outreach, to="lin@memory.example", subject="A reminder")
    html = demo.get("/mailbox", params={"q": query}).text

    assert "A reminder" in html
    assert 'role="search"' in html
    assert demo.get("/mailbox", params={"q": "nobody"}).text.count("<li>") == 0


def test_a_hundred_a_page(demo: TestClient, outreach: Outreach) -> None:
    for number in range(PAGE_SIZE + 1):
        a_mail(outreach, subject=f"Number {number}.", at=number)

    first, second = demo.get("/mailbox").text, demo.get("/mailbox?page=2").text
    assert first.count("<li>") == PAGE_SIZE
    assert "Page 1 of 2" in first
    assert "Number 0." in second
    assert second.count("<li>") == 1
    for far in ("3", "99", "999999999"):
        assert demo.get("/mailbox", params={"page": far}).text == second
    for unreadable in ("", "x", "0", "-2", "1.5", "\u0662", "9" * 5000):
        assert demo.get("/mailbox", params={"page": unreadable}).text == first


def test_a_page_past_the_last_of_a_search_is_the_last(demo: TestClient, outreach: Outreach) -> None:
    a_mail(outreach, subject="Number 1.")

    assert "Number 1." in demo.get("/mailbox?q=number&page=99").text
    assert "Nothing has come in yet" not in demo.get("/mailbox?page=99").text


def test_it_refreshes_by_itself_only_when_asked(demo: TestClient) -> None:
    assert "http-equiv" not in demo.get("/mailbox").text
    assert '<meta http-equiv="refresh" content="5">' in demo.get("/mailbox?live=1").text


def test_one_mail_shows_its_parts(demo: TestClient, outreach: Outreach) -> None:
    path = f"/mailbox/{a_mail(outreach)}"

    assert f'src="{path}/html"' in demo.get(path).text
    text = demo.get(path, params={"view": "text"}).text
    assert 'href="http://testserver/a/token"' in text
    assert "&lt;script&gt;" in text
    assert "MIME-Version: 1.0" in demo.get(path, params={"view": "source"}).text
    assert demo.get(path, params={"view": "nonsense"}).status_code == 200


def test_the_html_part_can_do_nothing_but_be_read_and_clicked(
    demo: TestClient, outreach: Outreach
) -> None:
    response = demo.get(f"/mailbox/{a_mail(outreach)}/html")

    assert '<head><base target="_top"><title>' in response.text
    policy = response.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "script-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy


def test_the_source_is_the_mail_byte_for_byte(demo: TestClient, outreach: Outreach) -> None:
    response = demo.get(f"/mailbox/{a_mail(outreach)}/source")

    expected = MAIL.format(to="h@familles.example", subject="Hello").replace("\n", "\r\n")
    assert response.content == expected.encode()
    assert response.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "name", ["nothing", "..%2F..%2Foutreach.db", "20261120T093000000000Z-0.eml"]
)
def test_no_other_file_can_be_read(demo: TestClient, name: str) -> None:
    for part in ("", "/html", "/source"):
        assert demo.get(f"/mailbox/{name}{part}").status_code == 404
