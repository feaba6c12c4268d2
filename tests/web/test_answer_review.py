"""Two colleagues answer differently: what each of them reads on their page."""

import pytest
from fastapi.testclient import TestClient

from outreach.wiring import Outreach
from tests.factories import the_invitation, the_signatures
from tests.web.browsing import SIGNED, has_form, open_answer_page, submit
from tests.web.contradicting import COLLEAGUE, FIRST, a_colleague
from tests.web.invited import letter_to

SURE = {"sure": "yes"}
KEPT = "Your answer is kept, and has changed nothing yet:"


@pytest.fixture
def pages(outreach: Outreach, client: TestClient) -> tuple[str, str]:
    """The first contact's page, and a colleague's."""
    a_colleague(outreach)
    first = open_answer_page(client, letter_to(outreach, FIRST).answer)
    return first, open_answer_page(client, letter_to(outreach, COLLEAGUE).answer)


def answer(client: TestClient, page: str, action: str, fields: dict[str, str]) -> str:
    response = submit(client, page, action, fields)
    assert response.status_code == 303, response.text
    return client.get(response.headers["location"]).text


def test_who_takes_a_colleagues_yes_back_reads_that_it_stands_and_what_can_be_done(
    outreach: Outreach, client: TestClient, pages: tuple[str, str]
) -> None:
    first, other = pages
    answer(client, first, "sign", SIGNED)
    html = answer(client, other, "withdraw", SURE)
    assert KEPT in html
    assert "has signed (" in html
    assert "Withdrawn." not in html
    assert "The coordinator was told at once" in html
    assert "mailto:coordinator@coalition.example" in html
    assert 'href="#protect"' in html
    html = answer(client, other, "protect", {"privacy": "counted"})
    assert "Your name is protected." in html
    assert KEPT in html
    assert 'href="#protect"' not in html  # nothing protects more
    with outreach.database.reading() as session:
        assert [one.privacy for one in the_signatures(session)] == ["counted"]
        assert the_invitation(session, "Archive Watch").state == "signed"
    assert "A colleague has answered differently" in client.get(first).text


def test_who_signs_against_a_colleagues_no_reads_that_the_no_stands(
    client: TestClient, pages: tuple[str, str]
) -> None:
    first, other = pages
    answer(client, first, "decline", SURE)
    html = answer(client, other, "sign", SIGNED)
    assert KEPT in html
    assert "has declined (" in html
    assert "You answered on" in html
    assert "Signed. Thank you." not in html
    html = answer(client, first, "sign", SIGNED)
    assert "Signed. Thank you." in html
    assert "differently" not in html
    assert KEPT not in client.get(other).text


def test_the_word_kept_is_repeated_to_nobody_else(
    client: TestClient, pages: tuple[str, str]
) -> None:
    first, other = pages
    answer(client, first, "sign", SIGNED)
    assert KEPT not in client.get(f"{first}?done=kept").text
    assert KEPT not in client.get(f"{other}?done=kept").text


def test_a_yes_that_waits_is_taken_back_on_the_same_page(
    client: TestClient, pages: tuple[str, str]
) -> None:
    first, other = pages
    answer(client, first, "decline", SURE)
    assert not has_form(client.get(other).text, "decline")
    assert KEPT in answer(client, other, "sign", SIGNED)
    html = answer(client, other, "decline", SURE)
    assert KEPT not in html
    assert "differently" not in client.get(first).text
    assert not has_form(client.get(other).text, "decline")
