"""The one-time link, and the account that it makes."""

import re

import pyotp
import pytest
from fastapi.testclient import TestClient

from outreach.domain.coordinator import Role
from outreach.links import ANSWER, UNSUBSCRIBE
from outreach.services import set_up_account
from outreach.services.set_up_account import SETUP, SETUP_LIFE, setup_address
from outreach.wiring import Outreach
from tests.web.desk.conftest import signed_in
from tests.web.desk.forms import hidden, send
from tests.web.invited import Clock, everything_stored

FIELDS = {
    "email": "nora@example.org",
    "name": "Nora Feld",
    "zone": "Europe/Berlin",
    "password": "seven quiet herons at dawn",
}


@pytest.fixture
def link(outreach: Outreach) -> str:
    """Of the very first account."""
    with outreach.database.transaction() as session:
        link_id = set_up_account.offer_first_account(session, now=outreach.clock())
    assert link_id
    return setup_address(outreach.links, link_id, public_url=outreach.public_url)


def set_up(client: TestClient, link: str) -> None:
    """To the page of the second factor."""
    response = send(client, link, client.get(link).text, **FIELDS)
    assert response.status_code == 303, response.text
    assert response.headers["location"] == "/desk/second-factor"


def confirm_app(client: TestClient, clock: Clock, *, code: str = "") -> tuple[str, str]:
    """The answer's page, and the app's secret."""
    page = client.get("/desk/second-factor").text
    found = re.search(r'class="copy">([^<]*)<', page)
    assert found
    secret = found[1].replace(" ", "")
    fields = {"sealed": hidden(page, "sealed"), "code": code or pyotp.TOTP(secret).at(clock.now)}
    return send(client, "/desk/second-factor/app", page, **fields).text, secret


def test_the_link_leads_to_an_account_with_a_second_factor(
    client: TestClient, link: str, clock: Clock
) -> None:
    set_up(client, link)
    shown, _ = confirm_app(client, clock)
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code></li>", shown)
    assert len(set(codes)) == 10
    account = client.get("/desk/account").text
    assert "nora@example.org" in account
    assert "10 left" in account
    assert all(code not in account for code in codes), "they are shown once"


def test_who_only_looks_uses_nothing_up(client: TestClient, outreach: Outreach, link: str) -> None:
    before = everything_stored(outreach.database)
    for method in ("GET", "HEAD", "GET", "OPTIONS"):
        client.request(method, link)
    assert everything_stored(outreach.database) == before
    set_up(client, link)


def test_a_used_link_and_one_that_never_was_look_the_same(
    client: TestClient, outreach: Outreach, link: str, clock: Clock
) -> None:
    page = client.get(link).text
    set_up(client, link)
    used = client.get(link)
    assert used.status_code == 404
    assert send(client, link, page, **FIELDS).status_code == 404
    unknown = outreach.links.token("x" * 24, purpose=SETUP)
    for token in (unknown, "x", link.rpartition("/")[2][:-1], "x/y"):
        assert client.get(f"/desk/setup/{token}").text == used.text


def test_a_link_of_another_purpose_sets_nothing_up(
    client: TestClient, outreach: Outreach, link: str
) -> None:
    link_id = outreach.links.read(link.rpartition("/")[2], purpose=SETUP)
    for purpose in (ANSWER, UNSUBSCRIBE, "desk-form", "form"):
        token = outreach.links.token(link_id, purpose=purpose)
        assert client.get(f"/desk/setup/{token}").status_code == 404


def test_an_expired_link_sets_nothing_up(client: TestClient, link: str, clock: Clock) -> None:
    page = client.get(link).text
    clock.now += SETUP_LIFE
    assert client.get(link).status_code == 404
    assert send(client, link, page, **FIELDS).status_code == 404


def test_what_is_wrong_stands_beside_its_field_and_the_link_still_works(
    client: TestClient, link: str
) -> None:
    wrong = FIELDS | {"password": "short", "name": "<b>"}
    response = send(client, link, client.get(link).text, **wrong)
    assert response.status_code == 422
    assert 'id="password-error"' in response.text
    assert 'value="&lt;b&gt;"' in response.text
    assert "short" not in response.text
    set_up(client, link)


def test_a_form_from_elsewhere_sets_nothing_up(
    client: TestClient, outreach: Outreach, link: str
) -> None:
    page, before = client.get(link).text, everything_stored(outreach.database)
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert send(client, link, page, headers=headers, **FIELDS).status_code == 403
    assert client.post(link, data=FIELDS).status_code == 403
    assert everything_stored(outreach.database) == before


def test_without_a_second_factor_there_is_no_desk(client: TestClient, link: str) -> None:
    set_up(client, link)
    for path in ("/desk/account", "/desk/people", "/desk/activity"):
        response = client.get(path, follow_redirects=False)
        assert (response.status_code, response.headers["location"]) == (303, "/desk/second-factor")
    assert "Skip for now" not in client.get("/desk/second-factor").text


def test_where_it_is_optional_it_can_be_skipped(
    client: TestClient, outreach: Outreach, link: str
) -> None:
    object.__setattr__(outreach.settings, "desk_second_factor", "optional")
    set_up(client, link)
    assert "Skip for now" in client.get("/desk/second-factor").text
    assert client.get("/desk/account").status_code == 200


def test_a_wrong_code_keeps_the_picture(client: TestClient, link: str, clock: Clock) -> None:
    set_up(client, link)
    page, secret = confirm_app(client, clock, code="000000")
    assert 'id="code-error"' in page
    found = re.search(r'class="copy">([^<]*)<', page)
    assert found
    assert found[1].replace(" ", "") == secret


def test_anothers_picture_is_refused(
    client: TestClient, outreach: Outreach, link: str, clock: Clock
) -> None:
    set_up(client, link)
    theirs = hidden(client.get("/desk/second-factor").text, "sealed")
    signed_in(outreach, client, Role.EDITOR)
    page = client.get("/desk/second-factor").text
    response = send(client, "/desk/second-factor/app", page, sealed=theirs, code="123456")
    assert response.status_code == 422


def test_codes_cannot_be_tried_for_ever(client: TestClient, link: str, clock: Clock) -> None:
    set_up(client, link)
    pages = [confirm_app(client, clock, code="000000")[0] for _ in range(8)]
    assert "tried too often" in pages[-1]
    assert "tried too often" not in pages[0]
