"""What no form offers elsewhere: the board decides later, a colleague has to answer."""

import pytest
from fastapi.testclient import TestClient

from outreach.wiring import Outreach
from tests.web.browsing import has_form, open_answer_page, submit
from tests.web.invited import Letter
from tests.web.test_answer import state_of


@pytest.fixture
def page(client: TestClient, letter: Letter) -> str:
    return open_answer_page(client, letter.answer)


def test_naming_a_day_leads_back_and_keeps_the_way_to_every_answer(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    response = submit(client, page, "defer", {"decides_on": "2026-11-25"})

    back = f"{page}?done=deferred"
    assert (response.status_code, response.headers["location"]) == (303, back)
    assert state_of(outreach) == "deferred"
    html = client.get(back).text
    assert 'decides on <bdi class="whole" lang="en">25 November 2026</bdi>' in html
    assert all(has_form(html, form) for form in ("sign", "defer", "decline"))
    assert "We decide on another day" in html
    assert "decides on" in client.get(page).text
    assert outreach.bell.rung == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "choose a day, as in 2026-03-04"),
        ("next week", "choose a day, as in 2026-03-04"),
        ("2026-11-20", "a day after today"),
        ("2026-12-03", "before the deadline"),
    ],
)
def test_a_day_that_cannot_be_is_said_beside_the_field(
    client: TestClient, outreach: Outreach, page: str, typed: str, words: str
) -> None:
    response = submit(client, page, "defer", {"decides_on": typed})

    assert response.status_code == 422
    assert words in response.text
    assert f'name="decides_on" value="{typed}"' in response.text
    assert 'aria-invalid="true"' in response.text
    assert state_of(outreach) == "awaiting"


def test_passing_it_on_invites_the_colleague_and_changes_no_answer(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    typed = {"name": "Bea Frost", "email": "bea@archive-watch.example"}
    response = submit(client, page, "pass", typed)

    back = f"{page}?done=passed"
    assert (response.status_code, response.headers["location"]) == (303, back)
    html = client.get(back).text
    assert "<strong>Passed on.</strong>" in html
    assert has_form(html, "sign")
    assert state_of(outreach) == "awaiting"

    again = submit(client, page, "pass", typed | {"name": ""})
    assert again.status_code == 422
    assert "Please type your colleague&#39;s name" in again.text
    assert 'value="bea@archive-watch.example"' in again.text
