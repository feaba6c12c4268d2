"""Signing in and out, over HTTP."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from outreach.services.passkeys import Party, add_passkey, creation_options, new_challenge
from outreach.services.second_factor import new_recovery_codes
from outreach.store.desk_tables import Coordinator
from outreach.web.app import create_app
from outreach.web.desk.door import ADDRESS_TRIES
from outreach.wiring import Outreach
from tests.authenticator import Authenticator
from tests.coordinators import a_coordinator, actor, the_code
from tests.web.desk.conftest import signed_in
from tests.web.desk.forms import hidden, options_of, send
from tests.web.invited import Clock, an_outreach

PASSWORD = "seven quiet herons at dawn"
EMAIL = "nora@coalition.example"


@pytest.fixture
def nora(outreach: Outreach) -> Coordinator:
    with outreach.database.transaction() as session:
        return a_coordinator(session, email=EMAIL, password_hash=outreach.passwords.hash(PASSWORD))


def show_password(client: TestClient, *, wanted: str = "", **fields: str) -> Any:
    page = client.get(f"/desk/sign-in?next={quote(wanted)}").text
    typed = {"email": EMAIL, "password": PASSWORD, "next": hidden(page, "next")} | fields
    return send(client, "/desk/sign-in", page, **typed)


def show_code(client: TestClient, **fields: str) -> Any:
    page = client.get("/desk/sign-in/code").text
    return send(client, "/desk/sign-in/code", page, **fields)


def test_password_and_code_lead_to_the_page_that_was_wanted(
    client: TestClient, nora: Coordinator, clock: Clock
) -> None:
    asked = client.get("/desk/activity?person=1", follow_redirects=False)
    assert asked.headers["location"] == "/desk/sign-in?next=/desk/activity%3Fperson%3D1"
    page = client.get(asked.headers["location"]).text
    fields = {"email": EMAIL, "password": PASSWORD, "next": hidden(page, "next")}
    half = send(client, "/desk/sign-in", page, **fields)
    assert half.headers["location"] == "/desk/sign-in/code?next=/desk/activity%3Fperson%3D1"
    assert client.get("/desk/activity", follow_redirects=False).status_code == 303, "half is not in"
    page = client.get(half.headers["location"]).text
    fields = {"code": the_code(clock.now), "next": hidden(page, "next")}
    entered = send(client, "/desk/sign-in/code", page, **fields)
    assert entered.headers["location"] == "/desk/activity?person=1"
    assert client.get("/desk/activity").status_code == 200


def test_the_answer_to_a_wrong_password_and_to_nobody_is_the_same(
    client: TestClient, nora: Coordinator
) -> None:
    wrong = show_password(client, password="something else entirely")
    nobody = show_password(client, email="nobody@coalition.example")
    assert wrong.status_code == nobody.status_code == 422
    plain = [
        page.text.replace(EMAIL, "").replace("nobody@coalition.example", "")
        for page in (wrong, nobody)
    ]
    cut = [text.split('data-options="')[0] for text in plain]
    assert cut[0] == cut[1]


def test_a_password_cannot_be_tried_for_ever_and_strangers_neither(
    client: TestClient, nora: Coordinator
) -> None:
    for email in (EMAIL, "nobody@coalition.example"):
        tries = [
            show_password(client, email=email, password="wrong").status_code for _ in range(11)
        ]
        assert tries == [422] * 10 + [429]
    assert show_password(client).status_code == 429, "not even the right one"


def test_an_address_cannot_try_many_accounts(client: TestClient, nora: Coordinator) -> None:
    tries = [
        show_password(client, email=f"{number}@coalition.example", password="wrong").status_code
        for number in range(41)
    ]
    assert tries == [422] * 40 + [429]


def test_codes_cannot_be_tried_for_ever(client: TestClient, nora: Coordinator) -> None:
    show_password(client)
    tries = [show_code(client, code="000000").status_code for _ in range(7)]
    assert tries == [422] * 6 + [429]


def test_a_recovery_code_stands_in_once(
    client: TestClient, outreach: Outreach, nora: Coordinator
) -> None:
    with outreach.database.transaction() as session:
        codes = new_recovery_codes(session, by=actor(nora), now=outreach.clock())
    for expected in (303, 422):
        client.cookies.clear()
        show_password(client)
        assert show_code(client, recovery=codes[0]).status_code == expected


def test_half_way_lasts_ten_minutes(client: TestClient, nora: Coordinator, clock: Clock) -> None:
    show_password(client)
    page = client.get("/desk/sign-in/code").text
    clock.now += timedelta(minutes=10, seconds=1)
    late = send(client, "/desk/sign-in/code", page, code=the_code(clock.now))
    assert late.headers["location"] == "/desk/sign-in"


def test_the_cookie_is_for_us_alone_and_new_each_time(
    client: TestClient, nora: Coordinator, clock: Clock
) -> None:
    seen = set()
    for _ in range(2):
        show_password(client)
        entered = show_code(client, code=the_code(clock.now))
        (cookie,) = [
            one for one in entered.headers.get_list("set-cookie") if one.startswith("desk=")
        ]
        assert {"httponly", "path=/", "samesite=lax"} <= set(cookie.lower().split("; "))
        seen.add(client.cookies["desk"])
        client.cookies.clear()
        clock.now += timedelta(minutes=2)
    assert len(seen) == 2


def test_signing_out_ends_the_session_on_the_server(
    client: TestClient, outreach: Outreach, nora: Coordinator
) -> None:
    signed_in(outreach, client, email=EMAIL)
    old = client.cookies["desk"]
    page = client.get("/desk/account").text
    assert send(client, "/desk/sign-out", page).status_code == 303
    client.cookies.set("desk", old)
    assert client.get("/desk/account", follow_redirects=False).status_code == 303


def test_signing_in_again_ends_the_session_before(
    client: TestClient, outreach: Outreach, nora: Coordinator, clock: Clock
) -> None:
    show_password(client)
    page = client.get("/desk/sign-in/code").text
    signed_in(outreach, client, email=EMAIL)
    old = client.cookies["desk"]
    entered = send(client, "/desk/sign-in/code", page, code=the_code(clock.now))
    assert entered.status_code == 303
    assert client.get("/desk/account").status_code == 200
    client.cookies.clear()
    client.cookies.set("desk", old)
    assert client.get("/desk/account", follow_redirects=False).status_code == 303


def test_over_https_the_cookie_is_bound_to_the_host(outreach: Outreach, clock: Clock) -> None:
    https = an_outreach(
        outreach.database,
        outreach.settings.home,
        clock=clock,
        public_url="https://sign.example.org",
    )
    with TestClient(
        create_app(https, mailbox=False), base_url="https://sign.example.org"
    ) as client:
        response = client.get("/desk/sign-in")
    (cookie,) = response.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-desk-door=")
    assert {"secure", "path=/", "httponly"} <= set(cookie.lower().split("; "))


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example/desk",
        "/\\evil.example",
        "/desk/../../evil",
        "/deskx",
        "/a/token",
        "/desk\\@evil.example",
        "/desk/\r\nset-cookie: a=b",
        "javascript:alert(1)",
        "/desk?x=<script>",
    ],
)
def test_next_leads_nowhere_but_to_the_desk(
    client: TestClient, nora: Coordinator, clock: Clock, wanted: str
) -> None:
    show_password(client)
    page = client.get("/desk/sign-in/code").text
    entered = send(client, "/desk/sign-in/code", page, code=the_code(clock.now), next=wanted)
    assert entered.headers["location"] == "/desk"


def test_a_passkey_alone_comes_in(outreach: Outreach, nora: Coordinator, clock: Clock) -> None:
    device = Authenticator("http://localhost")
    local = an_outreach(
        outreach.database, outreach.settings.home, clock=clock, public_url="http://localhost"
    )
    challenge, by, party = new_challenge(), actor(nora), Party("localhost", "http://localhost")
    with outreach.database.transaction() as session:
        options = creation_options(session, party, by=by, email=EMAIL, challenge=challenge)
        answer = device.create(options)
        add_passkey(
            session, party, by=by, answer=answer, challenge=challenge, name="A", now=clock.now
        )
    with TestClient(create_app(local, mailbox=False), base_url="http://localhost") as client:
        while local.attempts.allow(ADDRESS_TRIES, "address", "testclient"):
            pass  # of this address, somebody has tried passwords until no more count
        page = client.get("/desk/sign-in").text
        fields = {
            "challenge": hidden(page, "challenge"),
            "answer": device.get(options_of(page, "get")),
        }
        entered = send(client, "/desk/sign-in/passkey", page, **fields)
        assert entered.status_code == 303, entered.text
        assert client.get("/desk/account").status_code == 200
        client.cookies.delete("desk")
        again = send(client, "/desk/sign-in/passkey", page, **fields)
        assert again.status_code == 422, "a challenge counts once"


def test_where_no_passkey_is_possible_none_is_offered(
    client: TestClient, outreach: Outreach
) -> None:
    assert "data-passkey" not in client.get("/desk/sign-in").text


def test_who_is_signed_in_is_led_on(client: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, client)
    response = client.get("/desk/sign-in?next=/desk/people", follow_redirects=False)
    assert response.headers["location"] == "/desk/people"


def test_a_form_of_another_browser_signs_nobody_in(client: TestClient, nora: Coordinator) -> None:
    page = client.get("/desk/sign-in").text
    client.cookies.clear()
    response = send(client, "/desk/sign-in", page, email=EMAIL, password=PASSWORD)
    assert response.status_code == 403
