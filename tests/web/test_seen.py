"""A person at the answer page is noted by the page's script, never by opening it."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.store.desk_tables import PageView
from outreach.wiring import Outreach
from tests.web.browsing import hidden_fields, open_answer_page
from tests.web.invited import Clock, Letter, everything_stored

OURS = {"sec-fetch-site": "same-origin"}


def _report(client: TestClient, page: str, **headers: str) -> int:
    token = hidden_fields(client.get(page).text, "sign")["form_token"]
    response = client.post(f"{page}/seen", data={"form_token": token}, headers=OURS | headers)
    return response.status_code


def _views(outreach: Outreach) -> int:
    with outreach.database.reading() as session:
        return len(session.exec(select(PageView)).all())


def test_opening_the_page_is_no_view(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    before = everything_stored(outreach.database)
    page = open_answer_page(client, letter.answer)
    for path in (page, f"{page}/source.md", letter.answer):
        client.get(path)
        client.head(path)
    assert client.get(f"{page}/seen").status_code == 405
    assert everything_stored(outreach.database) == before


def test_a_report_is_a_view_once_in_half_an_hour(
    client: TestClient, outreach: Outreach, letter: Letter, clock: Clock
) -> None:
    page = open_answer_page(client, letter.answer)
    assert _report(client, page) == 204
    assert _report(client, page) == 204
    assert _views(outreach) == 1
    clock.now += timedelta(minutes=30)
    assert _report(client, page) == 204
    assert _views(outreach) == 2


@pytest.mark.parametrize("token", ["", "x", "form"])
def test_without_the_pages_token_it_counts_for_nothing(
    client: TestClient, outreach: Outreach, letter: Letter, token: str
) -> None:
    page = open_answer_page(client, letter.answer)
    response = client.post(f"{page}/seen", data={"form_token": token}, headers=OURS)
    assert response.status_code == 403
    assert _views(outreach) == 0


def test_from_elsewhere_or_without_the_visit_it_counts_for_nothing(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    page = open_answer_page(client, letter.answer)
    assert _report(client, page, **{"sec-fetch-site": "cross-site"}) == 403
    token = hidden_fields(client.get(page).text, "sign")["form_token"]
    client.cookies.clear()
    response = client.post(f"{page}/seen", data={"form_token": token}, headers=OURS)
    assert response.status_code == 403
    assert _views(outreach) == 0


def test_the_page_allows_scripts_of_this_site_alone(client: TestClient, letter: Letter) -> None:
    page = open_answer_page(client, letter.answer)
    policy = client.get(page).headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in client.get("/").headers["content-security-policy"]
