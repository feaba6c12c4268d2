"""The open door over HTTP: asked, mailed, proven; and nothing told that is nobody's business."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.links import JOIN
from outreach.services.settle_requests import set_door
from outreach.store.join_tables import JoinRequest
from outreach.web.join import FROM_ONE_PLACE, TO_ONE_ADDRESS
from outreach.wiring import Outreach
from tests.joining import nora
from tests.web.invited import NOW, an_open_campaign

DOOR = "/join/archives"
TYPED = {
    "organization": "Beta Rights",
    "country": "Germany",
    "person": "Bea Example",
    "capacity": "Director",
    "email": "bea@beta.example",
    "words": "",
}
OWN_FORM = {"sec-fetch-site": "same-origin", "origin": "null"}


@pytest.fixture(autouse=True)
def _open(outreach: Outreach) -> None:
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        set_door(session, slug="archives", is_on=True, by=nora(session), now=NOW)


def ask(client: TestClient, **changes: str) -> Any:
    return client.post(DOOR, data=TYPED | changes, headers=OWN_FORM, follow_redirects=False)


def the_request(outreach: Outreach) -> JoinRequest:
    with outreach.database.reading() as session:
        return session.exec(select(JoinRequest)).one()


def open_mailed_link(outreach: Outreach, client: TestClient, *, tail: str = "") -> str:
    """Presses the link in the mail. Returns the clean address."""
    token = outreach.links.token(the_request(outreach).link_id, purpose=JOIN)
    opened = client.get(f"/j/{token}{tail}", follow_redirects=False)
    if tail:
        opened = client.get(opened.headers["location"], follow_redirects=False)
    assert opened.status_code == 303
    return str(opened.headers["location"])


def press(client: TestClient, page: str, **fields: str) -> Any:
    token = re.search(r'name="form_token" value="([^"]+)"', client.get(page).text)
    assert token
    data = {"form_token": token[1], **fields}
    return client.post(page, data=data, headers=OWN_FORM, follow_redirects=False)


def test_the_page_has_the_text_and_names_nobody(client: TestClient) -> None:
    html = client.get(DOOR).text
    assert "thirty years" in html
    assert "Archive Watch" not in html
    assert 'content="noindex' in html


def test_asking_answers_the_same_whoever_asks(outreach: Outreach, client: TestClient) -> None:
    stranger, invited = ask(client), ask(client, email="ida@archive-watch.example")
    assert stranger.status_code == invited.status_code == 303
    assert stranger.headers["location"] == invited.headers["location"] == f"{DOOR}/sent"
    assert "mailbox" in client.get(f"{DOOR}/sent").text
    assert "bea@" not in client.get(f"{DOOR}/sent").text


def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(client: TestClient) -> None:
    answer = ask(client, person="", email="bea@", words="two\nlines")
    assert answer.status_code == 422
    assert 'id="join-person-error"' in answer.text
    assert 'id="join-email-error"' in answer.text
    assert 'value="Beta Rights"' in answer.text
    assert "two\nlines" in answer.text
    assert "the 2 fields" in answer.text


def test_looking_changes_nothing_and_the_ticked_button_sends_it_off(
    outreach: Outreach, client: TestClient
) -> None:
    ask(client)
    page = open_mailed_link(outreach, client)
    assert re.fullmatch(r"/request/[0-9a-f]{16}", page)
    for method in ("GET", "HEAD", "OPTIONS"):
        client.request(method, page)
    assert "Beta Rights" in client.get(page).text
    assert press(client, page).status_code == 422
    assert the_request(outreach).state == "unproven"
    assert press(client, page, sure="yes").headers["location"] == page
    assert the_request(outreach).state == "waiting"
    assert "with the coordinators" in client.get(page).text


def test_who_is_invited_already_lands_on_their_own_page(
    outreach: Outreach, client: TestClient
) -> None:
    ask(client, email="ida@archive-watch.example")
    answer = press(client, open_mailed_link(outreach, client), sure="yes")
    own = answer.headers["location"]
    assert own.startswith("/answer/")
    assert "Archive Watch" in client.get(own).text
    assert the_request(outreach).state == "known"


@pytest.mark.parametrize("tail", [".", ">", ")", "%3E"])
def test_a_link_with_something_hanging_on_it_is_led_back(
    outreach: Outreach, client: TestClient, tail: str
) -> None:
    ask(client)
    assert open_mailed_link(outreach, client, tail=tail).startswith("/request/")


def test_a_session_is_for_its_own_request_only(outreach: Outreach, client: TestClient) -> None:
    ask(client)
    page = open_mailed_link(outreach, client)
    client.cookies.clear()
    assert client.get(page).status_code == 403
    assert client.post(page, data={"sure": "yes"}, headers=OWN_FORM).status_code == 403
    assert the_request(outreach).state == "unproven"


def test_a_link_of_another_purpose_proves_nothing(outreach: Outreach, client: TestClient) -> None:
    ask(client)
    token = outreach.links.token(the_request(outreach).link_id, purpose="answer")
    assert client.get(f"/j/{token}").status_code == 404
    token = outreach.links.token(the_request(outreach).link_id, purpose=JOIN)
    assert client.get(f"/a/{token}").status_code == 404


def test_a_form_from_elsewhere_asks_nothing(outreach: Outreach, client: TestClient) -> None:
    answer = client.post(DOOR, data=TYPED, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    with outreach.database.reading() as session:
        assert not session.exec(select(JoinRequest)).all()


def test_a_shut_door_is_no_page(outreach: Outreach, client: TestClient) -> None:
    with outreach.database.transaction() as session:
        set_door(session, slug="archives", is_on=False, by=nora(session), now=NOW)
    shut = [client.get(DOOR), client.get(f"{DOOR}/sent"), ask(client)]
    never = client.get("/join/never-was")
    assert {one.status_code for one in (*shut, never)} == {404}
    assert {one.text for one in shut} == {never.text}
    assert client.get("/join/a%00b").status_code == 404
    assert client.post("/join/a%00b", data=TYPED, headers=OWN_FORM).status_code == 404


def test_one_place_may_ask_so_often(outreach: Outreach, client: TestClient) -> None:
    most = int(FROM_ONE_PLACE.partition("/")[0])
    for number in range(most):
        assert ask(client, email=f"{number}@beta.example").status_code == 303
    refused = ask(client, email="last@beta.example")
    assert refused.status_code == 429
    assert "Too many requests" in refused.text
    assert 'value="Beta Rights"' in refused.text
    with outreach.database.reading() as session:
        assert len(session.exec(select(JoinRequest)).all()) == most


def test_one_address_gets_so_many_mails_and_nobody_is_told(
    outreach: Outreach, client: TestClient
) -> None:
    most = int(TO_ONE_ADDRESS.partition("/")[0])
    answers = {ask(client, email="BEA@beta.example").status_code for _ in range(most + 2)}
    assert answers == {303}
    with outreach.database.reading() as session:
        assert len(session.exec(select(JoinRequest)).all()) == most
