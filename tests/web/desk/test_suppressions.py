"""Addresses that get no mail, over HTTP: all see them, owners lift them."""

import pytest
from fastapi.testclient import TestClient

from outreach.domain.coordinator import Role
from outreach.store.suppressions import is_suppressed
from outreach.wiring import Outreach
from tests.factories import NOW
from tests.services.test_lift_suppression import an_unsubscribed_address
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import Clock

LIST = "/desk/suppressions"


@pytest.fixture
def address(outreach: Outreach, clock: Clock) -> str:
    clock.now = NOW
    with outreach.database.transaction() as session:
        return an_unsubscribed_address(session)


def stands(outreach: Outreach, address: str) -> bool:
    with outreach.database.reading() as session:
        return is_suppressed(session, address)


@pytest.mark.parametrize("role", Role)
def test_everybody_sees_them_and_owners_are_offered_to_lift(
    outreach: Outreach, client: TestClient, address: str, role: Role
) -> None:
    signed_in(outreach, client, role)
    html = client.get(LIST).text
    for words in (address, "unsubscribed", "Two", "/desk/c/visit/organizations/2"):
        assert words in html
    assert (f"{LIST}/1" in html) is (role is Role.OWNER)


@pytest.mark.parametrize(("q", "found"), [("two.example", True), ("nowhere", False), ("%", False)])
def test_a_search_looks_at_the_address(
    outreach: Outreach, client: TestClient, address: str, q: str, found: bool
) -> None:
    signed_in(outreach, client)
    html = client.get(LIST, params={"q": q}).text
    assert (address in html) is found
    assert ("No such address" in html) is not found


def test_with_none_it_says_so(outreach: Outreach, client: TestClient) -> None:
    signed_in(outreach, client)
    assert "Every address gets mail" in client.get(LIST).text


def test_an_owner_lifts_one_with_a_reason(
    outreach: Outreach, client: TestClient, address: str
) -> None:
    visitor = signed_in(outreach, client)
    assert "How do you know?" in client.get(f"{LIST}/1").text
    response = post(client, f"{LIST}/1/lift", visitor, reason="She asked.")
    assert response.headers["location"] == f"{LIST}?done=lifted"
    assert not stands(outreach, address)
    assert "may go to this address again" in client.get(f"{LIST}?done=lifted").text
    assert outreach.bell.rung == 1  # type: ignore[attr-defined]


def test_without_a_reason_the_form_comes_back(
    outreach: Outreach, client: TestClient, address: str
) -> None:
    visitor = signed_in(outreach, client)
    response = post(client, f"{LIST}/1/lift", visitor, reason=" ")
    assert response.status_code == 422
    assert "Say how you know" in response.text
    assert stands(outreach, address)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_nobody_else_lifts(
    outreach: Outreach, client: TestClient, address: str, role: Role
) -> None:
    visitor = signed_in(outreach, client, role)
    assert client.get(f"{LIST}/1").status_code == 403
    assert post(client, f"{LIST}/1/lift", visitor, reason="She asked.").status_code == 403
    assert stands(outreach, address)


@pytest.mark.parametrize("number", ["2", "0", "99999999999"])
def test_one_that_is_not_there_is_not_found(
    outreach: Outreach, client: TestClient, address: str, number: str
) -> None:
    visitor = signed_in(outreach, client)
    assert client.get(f"{LIST}/{number}").status_code == 404
    assert post(client, f"{LIST}/{number}/lift", visitor, reason="x").status_code == 404
