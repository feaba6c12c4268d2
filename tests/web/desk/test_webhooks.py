"""The pages of webhooks. On both databases."""

import re
from functools import partial
from typing import Any

import pytest
from fastapi.testclient import TestClient

from outreach.domain.coordinator import Role
from outreach.wiring import Outreach
from tests.api_facts import the_calls
from tests.web.desk.conftest import SAME_ORIGIN, post, signed_in
from tests.webhook_server import a_receiver

URL = "https://hooks.example.org/in"
_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


def _add(client: TestClient, visitor: Any, **fields: Any) -> Any:
    facts = {"url": URL, "events": ["signed", "closed"]}
    return post(client, "/desk/webhooks/new", visitor, **(facts | fields))


def _allow_this_network(outreach: Outreach) -> None:
    changes = {"webhook_private_networks": True}
    outreach.settings = outreach.settings.model_copy(update=changes)


def test_a_webhook_is_added_and_its_secret_shown_once(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    assert "No webhooks yet" in client.get("/desk/webhooks").text
    response = _add(client, visitor)
    assert response.status_code == 200
    assert _SECRET.search(response.text)
    for path in ("/desk/webhooks", "/desk/webhooks/1"):
        page = client.get(path).text
        assert URL in page
        assert "signed, closed" in page
        assert not _SECRET.search(page)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "http://hooks.example.org/in"}, "begin it with https://"),
        ({"url": "https://192.168.0.1/in"}, "not on the public Internet"),
        ({"url": ""}, "write a whole address"),
        ({"events": []}, "choose at least one"),
        ({"events": ["opened"]}, "choose at least one"),
    ],
)
def test_what_is_not_usable_is_said_beside_the_field(
    outreach: Outreach, client: TestClient, fields: dict[str, Any], words: str
) -> None:
    visitor = signed_in(outreach, client)
    response = _add(client, visitor, **fields)
    assert response.status_code == 422
    assert words in response.text
    assert "No webhooks yet" in client.get("/desk/webhooks").text


def test_a_test_call_is_made_shown_and_made_again(outreach: Outreach, client: TestClient) -> None:
    _allow_this_network(outreach)
    visitor = signed_in(outreach, client)
    with a_receiver() as receiver:
        receiver.answer = lambda number: (500, b"<b>not today</b>") if number == 1 else (200, b"ok")
        _add(client, visitor, url=receiver.url)
        done = post(client, "/desk/webhooks/1/test", visitor)
        assert done.headers["location"] == "/desk/webhooks/1?done=tested"
        assert outreach.bell.rung == 1  # type: ignore[attr-defined]
        outreach.webhook_caller().call_due()
        page = client.get("/desk/webhooks/1?done=tested").text
        assert "500 &lt;b&gt;not today&lt;/b&gt;" in page
        assert "Queued" in page
        assert "/calls/1/retry" not in page
        with outreach.database.transaction() as session:
            the_calls(session)[0].state = "failed"
        page = client.get("/desk/webhooks/1").text
        assert "/calls/1/retry" in page
        again = post(client, "/desk/webhooks/1/calls/1/retry", visitor)
        assert again.headers["location"] == "/desk/webhooks/1?done=retried"
        outreach.webhook_caller().call_due()
        assert "200 ok" in client.get("/desk/webhooks/1").text
        assert len(receiver.got) == 2


def test_switched_off_and_on(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    _add(client, visitor)
    post(client, "/desk/webhooks/1/disable", visitor)
    page = client.get("/desk/webhooks/1?done=disabled").text
    assert "Switch on" in page
    assert "/test" not in page
    refused = post(client, "/desk/webhooks/1/test", visitor)
    assert refused.status_code == 409
    assert "it is switched off" in refused.text
    post(client, "/desk/webhooks/1/enable", visitor)
    assert "Switch off" in client.get("/desk/webhooks/1").text


def test_what_is_not_there_is_not_found(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    assert client.get("/desk/webhooks/9").status_code == 404
    for act in ("test", "disable", "enable", "calls/1/retry"):
        assert post(client, f"/desk/webhooks/9/{act}", visitor).status_code == 404


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_webhooks_are_an_owners_matter(outreach: Outreach, client: TestClient, role: Role) -> None:
    _add(client, signed_in(outreach, client))
    visitor = signed_in(outreach, client, role)
    for path in ("/desk/webhooks", "/desk/webhooks/new", "/desk/webhooks/1"):
        assert client.get(path).status_code == 403
    for path in ("new", "1/test", "1/disable", "1/enable", "1/calls/1/retry"):
        assert post(client, f"/desk/webhooks/{path}", visitor).status_code == 403
    assert "/desk/webhooks" not in client.get("/desk/keys").text


def test_a_form_from_elsewhere_does_nothing(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    _add(client, visitor)
    send = partial(client.post, follow_redirects=False)
    for path in ("new", "1/test", "1/disable"):
        for token, headers in (
            ("", SAME_ORIGIN),
            (visitor.form_token, {"sec-fetch-site": "cross-site"}),
        ):
            data = {"form_token": token, "url": "https://evil.example/", "events": "signed"}
            assert send(f"/desk/webhooks/{path}", data=data, headers=headers).status_code == 403
    page = client.get("/desk/webhooks").text
    assert "evil.example" not in page
    assert "None yet" in page
