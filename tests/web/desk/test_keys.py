"""The page of keys: made and shown once, listed without the secret, revoked. On both databases."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from outreach.domain.coordinator import Role
from outreach.services.keep_session import FRESH
from outreach.wiring import Outreach
from tests.web.desk.conftest import SAME_ORIGIN, post, signed_in
from tests.web.invited import Clock

_KEY = re.compile(r"outreach_[0-9a-f]{12}_[\w-]{43}")


def _make(client: TestClient, visitor: Any, **fields: Any) -> Any:
    facts = {"name": "Newsletter", "scopes": ["read"], "life": "90"}
    return post(client, "/desk/keys/new", visitor, **(facts | fields))


def _key_in(response: Any) -> str:
    found = _KEY.search(response.text)
    assert found, response.text
    return found[0]


def _lets_in(client: TestClient, key: str) -> bool:
    answer = client.get("/api/v1/key", headers={"authorization": f"Bearer {key}"})
    return bool(answer.status_code == 200)


def test_a_key_is_shown_once_and_works(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    response = _make(client, visitor)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    key = _key_in(response)
    assert _lets_in(client, key)
    listed = client.get("/desk/keys").text
    assert "Newsletter" in listed
    assert key.split("_")[1] in listed
    assert not _KEY.search(listed)
    assert key not in client.get("/desk/activity").text


def test_without_a_key_the_page_says_what_one_is_for(
    outreach: Outreach, client: TestClient
) -> None:
    signed_in(outreach, client)
    assert "No keys yet" in client.get("/desk/keys").text


def test_a_revoked_key_is_turned_away(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    key = _key_in(_make(client, visitor))
    done = post(client, "/desk/keys/1/revoke", visitor)
    assert (done.status_code, done.headers["location"]) == (303, "/desk/keys?done=revoked")
    assert not _lets_in(client, key)
    page = client.get("/desk/keys?done=revoked").text
    assert "Revoked" in page
    assert "turned away" in page
    assert "/revoke" not in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "name what will use the key"),
        ({"scopes": []}, "choose at least one"),
        ({"scopes": ["everything"]}, "choose at least one"),
    ],
)
def test_what_is_missing_is_said_beside_the_field(
    outreach: Outreach, client: TestClient, fields: dict[str, Any], words: str
) -> None:
    visitor = signed_in(outreach, client)
    response = _make(client, visitor, **fields)
    assert response.status_code == 422
    assert words in response.text
    assert "Error: Make a key" in response.text
    assert "No keys yet" in client.get("/desk/keys").text


def test_a_life_that_is_not_offered_is_the_first_one(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    key = _key_in(_make(client, visitor, life="99999"))
    answer = client.get("/api/v1/key", headers={"authorization": f"Bearer {key}"}).json()
    assert answer["expires_at"] == "2027-02-18T09:30:00Z"


def test_a_key_is_made_only_by_who_has_just_shown_the_second_factor(
    outreach: Outreach, client: TestClient, clock: Clock
) -> None:
    visitor = signed_in(outreach, client)
    clock.now += FRESH
    looked = client.get("/desk/keys/new", follow_redirects=False)
    assert looked.headers["location"] == "/desk/prove?next=/desk/keys/new"
    refused = _make(client, visitor)
    assert refused.headers["location"] == "/desk/prove?next=/desk/keys"
    assert not _KEY.search(refused.text)
    assert "No keys yet" in client.get("/desk/keys").text


def test_a_new_password_revokes_ones_own_keys_and_says_so(
    outreach: Outreach, client: TestClient
) -> None:
    owner = signed_in(outreach, client)
    owners = _key_in(_make(client, owner, name="The owner's"))
    editor = signed_in(outreach, client, Role.EDITOR)
    editors = _key_in(_make(client, editor, name="The editor's"))
    assert "API keys" in client.get("/desk/account/password").text
    changed = post(client, "/desk/account/password", editor, password="eight loud herons at noon")
    assert not _lets_in(client, editors)
    assert _lets_in(client, owners)
    assert "your API keys are revoked" in client.get(changed.headers["location"]).text
    assert "The editor&#39;s" in client.get("/desk/activity").text.split("revoked a key")[1]


def test_a_viewer_is_offered_and_given_only_what_looks(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client, Role.VIEWER)
    form = client.get("/desk/keys/new").text
    assert 'value="read"' in form
    assert 'value="send"' not in form
    refused = _make(client, visitor, scopes=["read", "send"])
    assert refused.status_code == 422
    assert not _KEY.search(refused.text)


def test_an_owner_sees_and_revokes_everybodys_keys_others_their_own(
    outreach: Outreach, client: TestClient
) -> None:
    owner = signed_in(outreach, client)
    owners = _key_in(_make(client, owner, name="The owner's"))
    editor = signed_in(outreach, client, Role.EDITOR)
    editors = _key_in(_make(client, editor, name="The editor's"))
    page = client.get("/desk/keys").text
    assert "The editor&#39;s" in page
    assert "The owner&#39;s" not in page
    assert post(client, "/desk/keys/1/revoke", editor).status_code == 404
    assert _lets_in(client, owners)
    owner = signed_in(outreach, client)
    assert "The editor&#39;s" in client.get("/desk/keys").text
    post(client, "/desk/keys/2/revoke", owner)
    assert not _lets_in(client, editors)


@pytest.mark.parametrize("path", ["/desk/keys", "/desk/keys/new"])
def test_who_is_not_signed_in_is_led_to_the_door(client: TestClient, path: str) -> None:
    response = client.get(path, follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/desk/sign-in?next=")


@pytest.mark.parametrize("path", ["/desk/keys/new", "/desk/keys/1/revoke"])
def test_a_form_from_elsewhere_does_nothing(
    outreach: Outreach, client: TestClient, path: str
) -> None:
    visitor = signed_in(outreach, client)
    key = _key_in(_make(client, visitor))
    for token, headers in (
        ("", SAME_ORIGIN),
        ("wrong", SAME_ORIGIN),
        (visitor.form_token, {"sec-fetch-site": "cross-site"}),
        (visitor.form_token, {"origin": "https://evil.example"}),
    ):
        data = {"form_token": token, "name": "Evil", "scopes": "read"}
        response = client.post(path, data=data, headers=headers, follow_redirects=False)
        assert response.status_code == 403
    assert _lets_in(client, key)
    assert "Evil" not in client.get("/desk/keys").text
