"""Who may come in, over HTTP."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from outreach.domain.coordinator import Role
from outreach.services.keep_session import FRESH
from outreach.wiring import Outreach
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import Clock


def test_an_owner_invites_and_the_link_is_shown_once(
    client: TestClient, outreach: Outreach
) -> None:
    nora = signed_in(outreach, client)
    invited = post(client, "/desk/people/invite", nora, email="ben@example.org", role="editor")
    link = re.search(rf"{outreach.public_url}/desk/setup/[\w.-]+", invited.text)
    assert link
    people = client.get("/desk/people").text
    assert "ben@example.org" in people
    assert "Invited" in people
    assert "/desk/setup/" not in people
    assert "ben@example.org" in client.get(link[0]).text


def test_an_address_that_is_none_is_said_so(client: TestClient, outreach: Outreach) -> None:
    nora = signed_in(outreach, client)
    refused = post(client, "/desk/people/invite", nora, email="ben", role="viewer")
    assert refused.status_code == 422
    assert 'id="email-error"' in refused.text


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_others_see_who_is_there_and_change_nothing(
    client: TestClient, outreach: Outreach, role: Role
) -> None:
    signed_in(outreach, client)
    visitor = signed_in(outreach, client, role)
    page = client.get("/desk/people").text
    assert "owner@coalition.example" in page
    assert "Manage" not in page
    for path in ("invite", "1/role", "1/disable", "1/enable", "1/reset"):
        assert post(client, f"/desk/people/{path}", visitor, role="owner").status_code == 403


def test_the_last_owner_stays(client: TestClient, outreach: Outreach) -> None:
    nora = signed_in(outreach, client)
    for path in (f"{nora.coordinator_id}/role", f"{nora.coordinator_id}/disable"):
        refused = post(client, f"/desk/people/{path}", nora, role="viewer")
        assert refused.status_code == 409
        assert "last owner" in refused.text


def test_a_changed_role_counts_at_once(client: TestClient, outreach: Outreach) -> None:
    ed = signed_in(outreach, client, Role.EDITOR)
    cookie = client.cookies["desk"]
    nora = signed_in(outreach, client)
    post(client, f"/desk/people/{ed.coordinator_id}/role", nora, role="owner")
    client.cookies.set("desk", cookie)
    assert client.get("/desk/people/invite").status_code == 200


def test_who_is_disabled_is_out_and_can_be_let_in_again(
    client: TestClient, outreach: Outreach
) -> None:
    ed = signed_in(outreach, client, Role.EDITOR)
    cookie = client.cookies["desk"]
    nora = signed_in(outreach, client)
    owner = client.cookies["desk"]
    post(client, f"/desk/people/{ed.coordinator_id}/disable", nora)
    client.cookies.set("desk", cookie)
    assert client.get("/desk/people", follow_redirects=False).status_code == 303
    client.cookies.set("desk", owner)
    assert "Disabled" in client.get("/desk/people").text
    post(client, f"/desk/people/{ed.coordinator_id}/enable", nora)
    assert "Disabled" not in client.get("/desk/people").text


def test_a_reset_shows_a_new_link(client: TestClient, outreach: Outreach) -> None:
    ed = signed_in(outreach, client, Role.EDITOR)
    nora = signed_in(outreach, client)
    shown = post(client, f"/desk/people/{ed.coordinator_id}/reset", nora)
    assert "editor@coalition.example" in shown.text
    link = re.search(rf"{outreach.public_url}/desk/setup/[\w.-]+", shown.text)
    assert link
    revoked = "API keys are revoked"
    assert revoked in client.get(f"/desk/people/{ed.coordinator_id}").text
    assert revoked in client.get(link[0]).text, "who sets up anew had keys, perhaps"
    invited = post(client, "/desk/people/invite", nora, email="ben@example.org", role="editor")
    link = re.search(rf"{outreach.public_url}/desk/setup/[\w.-]+", invited.text)
    assert link
    assert revoked not in client.get(link[0]).text


def test_all_of_it_asks_for_the_second_factor_again(
    client: TestClient, outreach: Outreach, clock: Clock
) -> None:
    nora = signed_in(outreach, client)
    clock.now += FRESH + timedelta(seconds=1)
    for path in ("invite", "1/role", "1/disable", "1/enable", "1/reset"):
        asked = post(client, f"/desk/people/{path}", nora, role="owner")
        assert asked.headers["location"] == "/desk/prove?next=/desk/people"
    asked = client.get("/desk/people/invite", follow_redirects=False)
    assert asked.headers["location"] == "/desk/prove?next=/desk/people/invite"


def test_nobody_is_not_found(client: TestClient, outreach: Outreach) -> None:
    nora = signed_in(outreach, client)
    assert client.get("/desk/people/99").status_code == 404
    assert post(client, "/desk/people/99/disable", nora).status_code == 404
