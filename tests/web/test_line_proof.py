"""The line as it will be printed, shown among its neighbours before it counts."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.store.tables import Answer, Signature
from outreach.web import answer
from outreach.wiring import Outreach
from tests.web.browsing import SIGNED, hidden_fields, open_answer_page, submit
from tests.web.invited import (
    DEADLINE,
    Clock,
    an_open_campaign,
    close_and_publish,
    everything_stored,
    letter_to,
)

IDA, LIN, HELENE = "ida@archive-watch.example", "lin@memory.example", "helene@familles.example"
WHOLE = {
    "credit_line": " Archive  Watch ",
    "acronym": "(AW)",
    "country": "Germany",
    "url": "archive-watch.example/de",
    "sort_name": "Watch",
    "privacy": "public",
}
WEBSITE = "https://archive-watch.example/de"


@pytest.fixture
def opened(client: TestClient, outreach: Outreach) -> TestClient:
    an_open_campaign(outreach.database)
    return client


def _page(client: TestClient, outreach: Outreach, address: str) -> str:
    return open_answer_page(client, letter_to(outreach, address).answer)


def _sign(client: TestClient, outreach: Outreach, address: str, **fields: str) -> None:
    page = _page(client, outreach, address)
    assert submit(client, page, "sign", SIGNED | fields).status_code == 303


def _preview(client: TestClient, page: str, fields: dict[str, str], form: str = "sign") -> Any:
    typed = hidden_fields(client.get(page).text, form) | fields
    headers = {"sec-fetch-site": "same-origin", "origin": "null"}
    return client.post(f"{page}/preview-{form}", data=typed, headers=headers)


def _proof(html: str) -> list[str]:
    found = re.search(r'<div class="proof".*?<ul>(.*?)</ul>', html, re.DOTALL)
    assert found is not None
    items = re.findall(r"<li.*?</li>", found[1])
    return [re.sub(r"<[^>]+>", "", item).strip() for item in items]


def test_a_line_is_shown_among_its_neighbours_and_nothing_is_changed(
    opened: TestClient, outreach: Outreach
) -> None:
    _sign(opened, outreach, LIN, credit_line="Zeta", privacy="public")
    _sign(opened, outreach, HELENE, credit_line="Omega", privacy="public")
    page = _page(opened, outreach, IDA)
    before = everything_stored(outreach.database)

    response = _preview(opened, page, WHOLE | {"signer_name": "Ida Berg", "authority": "yes"})

    assert response.status_code == 200
    line = f"Archive Watch (AW), Germany leads to {WEBSITE}"
    assert _proof(response.text) == ["Omega", line, "Zeta"]
    assert "Nothing is signed yet." in response.text
    assert 'name="signer_name" value="Ida Berg"' in response.text
    assert 'name="authority" value="yes" checked' in response.text
    assert everything_stored(outreach.database) == before


def test_what_was_proofed_is_what_is_printed_and_linked(
    opened: TestClient, outreach: Outreach, clock: Clock
) -> None:
    _sign(opened, outreach, IDA, **WHOLE)
    clock.now = DEADLINE
    close_and_publish(outreach.database, now=clock.now)
    html = opened.get("/s/archives").text
    assert f'<a href="{WEBSITE}" rel="nofollow noopener">Archive Watch (AW), Germany</a>' in html


def test_a_signature_keeps_its_parts_and_its_answer_what_was_printed(
    opened: TestClient, outreach: Outreach
) -> None:
    _sign(opened, outreach, IDA, **WHOLE)
    with outreach.database.reading() as session:
        signature = session.exec(select(Signature)).one()
        given = session.exec(select(Answer)).one()
    printed = "Archive Watch (AW), Germany"
    parts = (signature.credit_line, signature.acronym, signature.country, signature.url)
    assert parts == (printed, "AW", "Germany", WEBSITE)
    assert (given.credit_line, given.url, given.sort_name) == (printed, WEBSITE, "Watch")


def test_who_corrects_begins_with_the_parts_and_proofs_them_too(
    opened: TestClient, outreach: Outreach
) -> None:
    _sign(opened, outreach, LIN, credit_line="Zeta", privacy="public")
    _sign(opened, outreach, IDA, **WHOLE)
    page = _page(opened, outreach, IDA)
    html = opened.get(page).text
    for name, value in WHOLE.items() - {("credit_line", " Archive  Watch "), ("privacy", "public")}:
        shown = {"acronym": "AW", "url": WEBSITE}.get(name, value)
        assert f'name="{name}" value="{shown}"' in html
    assert 'name="credit_line" value="Archive Watch"' in html

    response = _preview(opened, page, WHOLE | {"acronym": "", "sort_name": "Zz"}, form="correct")
    assert _proof(response.text) == ["Zeta", f"Archive Watch, Germany leads to {WEBSITE}"]
    assert "Nothing is changed yet." in response.text


def test_pressing_correct_alone_changes_nothing(opened: TestClient, outreach: Outreach) -> None:
    _sign(opened, outreach, IDA, **WHOLE)
    page = _page(opened, outreach, IDA)
    same = WHOLE | {"credit_line": "Archive Watch", "acronym": "AW", "url": WEBSITE}
    response = submit(opened, page, "correct", same)
    assert response.headers["location"].endswith("?done=unchanged")
    response = submit(opened, page, "correct", same | {"url": ""})
    assert response.headers["location"].endswith("?done=corrected")


@pytest.mark.parametrize("privacy", ["addressee", "counted"])
def test_who_is_not_printed_sees_nobody(
    opened: TestClient, outreach: Outreach, privacy: str
) -> None:
    _sign(opened, outreach, LIN, credit_line="Zeta", privacy="public")
    response = _preview(opened, _page(opened, outreach, IDA), WHOLE | {"privacy": privacy})
    assert response.status_code == 200
    assert "You chose not to be in the public list." in response.text
    assert "Zeta" not in response.text


@pytest.mark.parametrize("privacy", ["addressee", "counted"])
def test_nobody_sees_who_is_not_printed(
    opened: TestClient, outreach: Outreach, privacy: str
) -> None:
    _sign(opened, outreach, LIN, credit_line="Zeta", privacy=privacy)
    html = _preview(opened, _page(opened, outreach, IDA), WHOLE).text
    assert "Zeta" not in html
    assert "No other organization is in the public list yet." in html


def test_what_is_wrong_with_a_part_is_said_beside_it(
    opened: TestClient, outreach: Outreach
) -> None:
    page = _page(opened, outreach, IDA)
    wrong = WHOLE | {"url": "javascript:alert(1)", "acronym": "x" * 41}
    response = _preview(opened, page, wrong)
    assert response.status_code == 422
    assert "Write a web address, as in https://example.org." in response.text
    assert "Please shorten this to 40 characters." in response.text
    signed = submit(opened, page, "sign", SIGNED | wrong)
    assert signed.status_code == 422


def test_the_list_cannot_be_read_by_looking_often(
    opened: TestClient, outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "_PREVIEWS", "2/hour")
    _sign(opened, outreach, LIN, credit_line="Zeta", privacy="public")
    page = _page(opened, outreach, IDA)
    assert [_preview(opened, page, WHOLE).status_code for _ in range(3)] == [200, 200, 429]
    assert "Zeta" not in _preview(opened, page, WHOLE).text


def test_a_form_from_elsewhere_shows_nobody(opened: TestClient, outreach: Outreach) -> None:
    page = _page(opened, outreach, IDA)
    elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    response = opened.post(f"{page}/preview-sign", data=WHOLE, headers=elsewhere)
    assert response.status_code == 403


def test_after_the_deadline_nobody_is_shown(
    opened: TestClient, outreach: Outreach, clock: Clock
) -> None:
    clock.now = DEADLINE - timedelta(minutes=5)
    _sign(opened, outreach, LIN, credit_line="Zeta", privacy="public")
    page = _page(opened, outreach, IDA)
    typed = hidden_fields(opened.get(page).text, "sign") | WHOLE
    clock.now = DEADLINE
    headers = {"sec-fetch-site": "same-origin", "origin": "null"}
    response = opened.post(f"{page}/preview-sign", data=typed, headers=headers)
    assert response.status_code == 409
    assert "Zeta" not in response.text
