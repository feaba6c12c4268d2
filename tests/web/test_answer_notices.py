"""What the page says just after an answer, and what it says ever after."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.store.tables import Message
from outreach.wiring import Outreach
from tests.web.browsing import SIGNED, hidden_fields, open_answer_page, submit
from tests.web.invited import (
    DEADLINE,
    Clock,
    Letter,
    close_and_publish,
    everything_stored,
)

SURE = {"sure": "yes"}
RECEIPT = "comes by e-mail"
THANKS = "Signed. Thank you."


@pytest.fixture
def page(client: TestClient, letter: Letter) -> str:
    return open_answer_page(client, letter.answer)


def follow(client: TestClient, page: str, action: str, fields: dict[str, str]) -> str:
    """Sends the form. Returns what the browser then shows."""
    response = submit(client, page, action, fields)
    assert response.status_code == 303, response.text
    return client.get(response.headers["location"]).text


def test_each_answer_is_confirmed_by_its_own_words(client: TestClient, page: str) -> None:
    assert "Your answer is recorded: " in follow(client, page, "decline", SURE)
    assert THANKS in follow(client, page, "sign", SIGNED)
    corrected = follow(client, page, "correct", {"credit_line": "AW <i>", "sort_name": ""})
    assert "Corrected." in corrected
    assert "is now printed as <strong><bdi>AW &lt;i&gt;</bdi></strong>" in corrected
    assert THANKS not in corrected
    withdrawn = follow(client, page, "withdraw", SURE)
    assert "<strong>Withdrawn.</strong>" in withdrawn
    assert RECEIPT in withdrawn


def test_the_words_of_an_answer_are_not_said_again(client: TestClient, page: str) -> None:
    follow(client, page, "decline", SURE)
    assert RECEIPT not in client.get(page).text
    follow(client, page, "sign", SIGNED)
    html = client.get(page).text
    assert "<bdi>Archive Watch</bdi> has signed this statement." in html
    assert THANKS not in html
    assert RECEIPT not in html
    follow(client, page, "withdraw", SURE)
    html = client.get(page).text
    assert "is withdrawn." in html
    assert RECEIPT not in html


def test_a_correction_that_changes_nothing_promises_no_receipt(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    follow(client, page, "sign", SIGNED)
    with outreach.database.reading() as session:
        before = len(session.exec(select(Message)).all())
    same = {"credit_line": " Archive Watch ", "sort_name": ""}
    html = follow(client, page, "correct", same)

    assert "Nothing was changed." in html
    assert "Corrected." not in html
    with outreach.database.reading() as session:
        assert len(session.exec(select(Message)).all()) == before


@pytest.mark.parametrize(
    "done",
    ["corrected", "unchanged", "withdrawn", "declined", "", "Signed", "\x00", "<b>", "x" * 5000],
)
def test_a_word_in_the_address_says_nothing_untrue_and_changes_nothing(
    client: TestClient, outreach: Outreach, page: str, done: str
) -> None:
    calm = client.get(page).text
    before = everything_stored(outreach.database)

    assert client.get(page, params={"done": done}).text == calm
    assert client.get(page, params={"done": "signed"}).text == calm
    assert everything_stored(outreach.database) == before


def test_of_a_signature_only_its_own_words_are_true(client: TestClient, page: str) -> None:
    follow(client, page, "sign", SIGNED)
    calm = client.get(page).text

    for done in ("withdrawn", "declined"):
        assert client.get(page, params={"done": done}).text == calm


def test_after_the_deadline_and_once_published_a_signature_is_shown_calmly(
    client: TestClient, outreach: Outreach, clock: Clock, letter: Letter, page: str
) -> None:
    follow(client, page, "sign", SIGNED)
    clock.now = DEADLINE
    closed = client.get(open_answer_page(client, letter.answer)).text
    close_and_publish(outreach.database, now=clock.now)
    published = client.get(open_answer_page(client, letter.answer)).text

    for html in (closed, published):
        assert "has signed this statement." in html
        assert "The deadline has passed" in html
        assert THANKS not in html
        assert RECEIPT not in html
    assert "/s/archives" not in closed
    assert 'href="/s/archives"' in published


def test_above_what_is_still_wrong_no_signature_is_announced(client: TestClient, page: str) -> None:
    follow(client, page, "sign", SIGNED)
    for action, fields in (("withdraw", {}), ("correct", {"credit_line": " "})):
        html = submit(client, page, action, fields).text
        assert "Almost there." in html
        assert "has signed this statement." not in html
        assert THANKS not in html


def test_once_published_every_organization_finds_the_list(
    client: TestClient, outreach: Outreach, clock: Clock, letter: Letter, page: str
) -> None:
    clock.now = DEADLINE + timedelta(days=1)
    close_and_publish(outreach.database, now=clock.now)
    html = client.get(open_answer_page(client, letter.answer)).text

    assert "The deadline has passed." in html
    assert 'href="/s/archives"' in html
    assert "Archive Watch" not in client.get("/s/archives").text


def test_who_signs_again_finds_the_name_as_it_was_last_printed(
    client: TestClient, page: str
) -> None:
    follow(client, page, "sign", SIGNED)
    last = {"credit_line": "Archive Watch International", "sort_name": "Watch"}
    follow(client, page, "correct", last)
    html = follow(client, page, "withdraw", SURE)

    assert 'name="credit_line" value="Archive Watch International"' in html
    assert 'name="sort_name" value="Watch"' in html
    assert 'value="Ida Berg"' not in html
    assert hidden_fields(html, "sign")
