import csv
import io
import json
import re
from datetime import timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient

from outreach.ledger.checkpoint import open_checkpoint
from outreach.ledger.note import VerifierKey
from outreach.wiring import Outreach
from tests.web.browsing import SIGNED, open_answer_page, submit
from tests.web.invited import DEADLINE, Clock, an_open_campaign, close_and_publish, letter_to

NAMES = {
    "lin@memory.example": "Taiwan Memory (TM)",
    "layla@markaz.example": "مركز الأرشيف",
    "ida@archive-watch.example": "Archive <Watch> & Co",
}
IN_ORDER = ["Archive <Watch> & Co", "Taiwan Memory (TM)", "مركز الأرشيف"]


@pytest.fixture
def published(client: TestClient, outreach: Outreach, clock: Clock) -> TestClient:
    an_open_campaign(outreach.database)
    for address, name in NAMES.items():
        page = open_answer_page(client, letter_to(outreach, address).answer)
        submit(client, page, "sign", SIGNED | {"credit_line": name})
    clock.now = DEADLINE + timedelta(minutes=5)
    close_and_publish(outreach.database, now=clock.now)
    return client


def test_before_it_is_published_nothing_is_there(client: TestClient, outreach: Outreach) -> None:
    an_open_campaign(outreach.database)
    missing = client.get("/s/nothing")

    assert client.get("/s/archives").status_code == 404
    assert client.get("/s/archives").text == missing.text
    assert client.get("/s/archives/statement.json").status_code == 404


def test_the_page_lists_the_signatories_in_order(published: TestClient) -> None:
    response = published.get("/s/archives")

    assert response.status_code == 200
    assert re.findall(r'<li dir="auto">(.*?)</li>', response.text) == [
        "Archive &lt;Watch&gt; &amp; Co",
        *IN_ORDER[1:],
    ]
    assert "3 signatories" in response.text
    assert "Tuesday, 1 December 2026, 18:05" in response.text
    assert re.search(r"<code>[0-9a-f]{64}</code>", response.text)
    assert "noindex" not in response.text
    for private in ("Ida Berg", "Director", "@archive-watch.example"):
        assert private not in response.text


@pytest.mark.parametrize(
    ("extension", "media_type"),
    [
        ("md", "text/markdown"),
        ("html", "text/html"),
        ("csv", "text/csv"),
        ("json", "application/json"),
    ],
)
def test_every_format_is_a_download_with_its_name(
    published: TestClient, extension: str, media_type: str
) -> None:
    response = published.get(f"/s/archives/statement.{extension}")

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.headers["content-disposition"] == f'attachment; filename="archives.{extension}"'
    assert "مركز الأرشيف" in response.text


def test_the_downloads_list_the_same_names(published: TestClient) -> None:
    data = json.loads(published.get("/s/archives/statement.json").text)
    table = published.get("/s/archives/statement.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))

    assert [one["organization"] for one in data["signatories"]] == IN_ORDER
    assert [one["organization"] for one in rows] == IN_ORDER


def test_there_is_no_other_format(published: TestClient) -> None:
    assert published.get("/s/archives/statement.exe").status_code == 404


def test_a_withdrawal_shows_within_a_minute(published: TestClient) -> None:
    assert published.get("/s/archives").headers["cache-control"] == "public, max-age=30"


def test_the_signers_file_with_the_coordinators_address_is_not_public(
    published: TestClient,
) -> None:
    assert published.get("/s/archives/source.md").status_code == 404
    for path in ("", "/statement.json", "/statement.csv", "/statement.md", "/statement.html"):
        assert "@" not in published.get(f"/s/archives{path}").text


def test_with_one_signatory_it_speaks_of_one(
    client: TestClient, outreach: Outreach, clock: Clock
) -> None:
    an_open_campaign(outreach.database)
    page = open_answer_page(client, letter_to(outreach, "lin@memory.example").answer)
    submit(client, page, "sign", SIGNED)
    clock.now = DEADLINE
    close_and_publish(outreach.database, now=clock.now)
    html = client.get("/s/archives").text

    assert "1 signatory<" in html
    assert "Signed by 1 organization<" in html
    assert "alphabetical" not in html


def test_with_no_signatory_it_counts_and_sorts_nothing(
    client: TestClient, outreach: Outreach, clock: Clock
) -> None:
    an_open_campaign(outreach.database)
    clock.now = DEADLINE
    close_and_publish(outreach.database, now=clock.now)
    html = client.get("/s/archives").text

    assert "No organization has signed this statement." in html
    assert ">Signatories<" in html
    for wrong in ("0 ", "alphabetical", "Signed by"):
        assert wrong not in html.partition("</article>")[2].partition("About this page")[0]
    assert "Signed by" not in html


def test_the_ledgers_last_checkpoint_stands_under_the_list_and_in_the_downloads(
    published: TestClient, outreach: Outreach, clock: Clock
) -> None:
    assert "checkpoint" not in published.get("/s/archives/statement.json").text
    outreach.sweep()
    clock.now += timedelta(seconds=15)
    content = published.get("/s/archives/statement.json").json()["ledger"]
    key = VerifierKey.parse(content["key"])
    assert key.public == outreach.ledger_key.public
    checkpoint = open_checkpoint(content["checkpoint"], [key])
    assert checkpoint.size == 2 * len(NAMES) + 2  # viewed and signed; closed, published
    for path in ("", "/statement.html", "/statement.md"):
        shown = unescape(published.get(f"/s/archives{path}").text)
        assert content["checkpoint"].strip() in shown
        assert content["key"] in shown


def test_those_who_are_not_named_are_one_number_below_the_names(
    client: TestClient, outreach: Outreach, clock: Clock
) -> None:
    an_open_campaign(outreach.database)
    choices = {"lin@memory.example": "public", "layla@markaz.example": "addressee"}
    for address, privacy in {**choices, "ida@archive-watch.example": "counted"}.items():
        page = open_answer_page(client, letter_to(outreach, address).answer)
        fields = SIGNED | {"credit_line": NAMES[address], "privacy": privacy}
        submit(client, page, "sign", fields)
    clock.now = DEADLINE + timedelta(minutes=5)
    close_and_publish(outreach.database, now=clock.now)
    html = client.get("/s/archives").text

    assert re.findall(r'<li dir="auto">(.*?)</li>', html) == ["Taiwan Memory (TM)"]
    assert "3 signatories" in html
    assert '<p class="unnamed">and 2 organizations that are not named</p>' in html
    assert "In alphabetical order." not in html
