"""The signer chooses who may see the name, without JavaScript, and finds the choice again."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.store.tables import Signature
from outreach.wiring import Outreach
from tests.web.browsing import SIGNED, has_form, open_answer_page, submit
from tests.web.invited import DEADLINE, Clock, Letter, close_and_publish, everything_stored

NAMED = "Who may see your organization’s name"
SURE = {"sure": "yes"}


@pytest.fixture
def page(client: TestClient, letter: Letter) -> str:
    return open_answer_page(client, letter.answer)


def _chosen(html: str, form: str) -> list[str]:
    return re.findall(rf'id="{form}-privacy-([a-z]+)" name="privacy" value="\1" checked', html)


def _choices(html: str, form: str) -> list[str]:
    return re.findall(rf'type="radio" id="{form}-privacy-([a-z]+)"', html)


def _stands(outreach: Outreach) -> list[str]:
    with outreach.database.reading() as session:
        return [one.privacy for one in session.exec(select(Signature))]


def _seen_by(html: str) -> str:
    found = re.search(r"<dt>Name seen by</dt><dd>\s*(.*?)\s*</dd>", html)
    assert found
    return found[1]


def test_three_plain_choices_and_the_public_one_is_made(client: TestClient, page: str) -> None:
    html = client.get(page).text
    assert f"<legend>{NAMED}</legend>" in html
    assert _choices(html, "sign") == ["public", "addressee", "counted"]
    assert _chosen(html, "sign") == ["public"]
    for words in (
        "Print our name in the public list",
        "Count us, without our name",
        "Show our name to <bdi>the Minister of Culture</bdi> only",
    ):
        assert words in html


@pytest.mark.parametrize(
    ("privacy", "seen_by"),
    [
        ("public", "Everybody, in the public list"),
        ("addressee", "<bdi>the Minister of Culture</bdi> only"),
        ("counted", "Nobody; counted without it"),
    ],
)
def test_what_was_chosen_stands_under_the_signature(
    client: TestClient, outreach: Outreach, page: str, privacy: str, seen_by: str
) -> None:
    assert submit(client, page, "sign", SIGNED | {"privacy": privacy}).status_code == 303
    assert _stands(outreach) == [privacy]
    html = client.get(page).text
    assert _seen_by(html) == seen_by
    assert _chosen(html, "correct") == [privacy]


def test_the_choice_is_kept_while_something_else_is_missing(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    fields = SIGNED | {"privacy": "counted", "capacity": ""}
    response = submit(client, page, "sign", fields)
    assert response.status_code == 422
    assert _chosen(response.text, "sign") == ["counted"]
    assert "It will be printed like this" not in response.text
    assert _stands(outreach) == []


def test_a_made_up_choice_is_pointed_out(client: TestClient, outreach: Outreach, page: str) -> None:
    response = submit(client, page, "sign", SIGNED | {"privacy": "secret"})
    assert response.status_code == 422
    assert "Please choose who may see your name." in response.text
    assert _stands(outreach) == []


def test_it_is_changed_until_the_deadline(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    submit(client, page, "sign", SIGNED)
    line = {"credit_line": "Archive Watch", "sort_name": ""}
    response = submit(client, page, "correct", line | {"privacy": "counted"})
    assert response.headers["location"] == f"{page}?done=corrected"
    shown = client.get(response.headers["location"]).text
    assert "Your organization is not named in the public list." in shown
    assert "is now printed as" not in shown
    assert _stands(outreach) == ["counted"]
    response = submit(client, page, "correct", line | {"privacy": "counted"})
    assert response.headers["location"] == f"{page}?done=unchanged"


def test_who_signs_again_begins_with_the_choice_made_last(client: TestClient, page: str) -> None:
    submit(client, page, "sign", SIGNED | {"privacy": "counted"})
    submit(client, page, "withdraw", SURE)
    assert _chosen(client.get(page).text, "sign") == ["counted"]


def test_after_the_deadline_only_a_protection_is_offered(
    client: TestClient, outreach: Outreach, clock: Clock, letter: Letter, page: str
) -> None:
    submit(client, page, "sign", SIGNED)
    clock.now = DEADLINE + timedelta(minutes=5)
    open_answer_page(client, letter.answer)
    close_and_publish(outreach.database, now=clock.now)
    assert "Archive Watch" in client.get("/s/archives").text
    html = client.get(page).text
    assert not has_form(html, "correct")
    assert _choices(html, "protect") == ["addressee", "counted"]
    assert _chosen(html, "protect") == []

    response = submit(client, page, "protect", {"privacy": "addressee"})
    assert response.headers["location"] == f"{page}?done=protected"
    assert "Your name is protected." in client.get(response.headers["location"]).text
    assert "Archive Watch" not in client.get("/s/archives").text
    assert _choices(client.get(page).text, "protect") == ["counted"]
    submit(client, page, "protect", {"privacy": "counted"})
    assert _stands(outreach) == ["counted"]
    assert not has_form(client.get(page).text, "protect")


def test_a_lone_press_of_the_button_protects_nothing(
    client: TestClient, outreach: Outreach, clock: Clock, letter: Letter, page: str
) -> None:
    submit(client, page, "sign", SIGNED)
    clock.now = DEADLINE + timedelta(minutes=5)
    open_answer_page(client, letter.answer)
    before = everything_stored(outreach.database)
    response = submit(client, page, "protect", {})
    assert response.status_code == 422
    assert "Please choose who may see your name." in response.text
    assert everything_stored(outreach.database) == before


def test_the_receipt_page_says_the_choice(client: TestClient, page: str) -> None:
    submit(client, page, "sign", SIGNED | {"privacy": "addressee"})
    html = client.get(f"{page}/receipt").text
    assert "<dt>Name seen by</dt><dd><bdi>the addressee only</bdi></dd>" in html
