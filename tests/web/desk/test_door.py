"""Tries at the door, counted by account and by address."""

import re

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from outreach.web.desk.door import TooManyTries, count_try
from outreach.web.site import Site
from tests.web.desk.conftest import SAME_ORIGIN
from tests.web.desk.forms import hidden, send


@pytest.mark.parametrize(
    ("peer", "forwarded", "many"),
    [
        ("172.30.213.1", "198.51.100.7", 41),  # a proxy that is not trusted speaks for everybody
        ("172.30.213.1", "10.0.0.9, 198.51.100.7", 41),
        ("198.51.100.7", "10.0.0.9, 198.51.100.7", 40),  # taken over from a proxy that is
        ("9.9.9.9", "198.51.100.7", 40),  # no proxy: a visitor who adds the header
        ("172.30.213.1", "", 40),
    ],
)
def test_a_proxys_address_is_not_that_of_all_its_visitors(
    client: TestClient, peer: str, forwarded: str, many: int
) -> None:
    site: Site = client.app.state.site  # type: ignore[attr-defined]
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    request = Request({"type": "http", "client": (peer, 0), "headers": headers})
    counted = 0
    try:
        while counted < 41:
            count_try(site, request, "10/15 minutes", "password", f"{counted}@coalition.example")
            counted += 1
    except TooManyTries:
        pass
    assert counted == many


@pytest.mark.parametrize("name", ["a\\x", 'a"', "", "x" * 23, "x" * 25, "[" * 24, "x" * 5_000])
def test_a_door_cookie_that_we_never_set_is_replaced(client: TestClient, name: str) -> None:
    client.cookies.set("desk-door", name)
    page = client.get("/desk/sign-in")
    (cookie,) = page.headers.get_list("set-cookie")
    kept = cookie.removeprefix("desk-door=").partition(";")[0]
    assert re.fullmatch(r"[\w-]{24}", kept)
    client.cookies.clear()
    client.cookies.set("desk-door", name)
    assert send(client, "/desk/sign-in", page.text, email="x", password="y").status_code == 403
    client.cookies.clear()
    client.cookies.set("desk-door", kept)
    assert send(client, "/desk/sign-in", page.text, email="x", password="y").status_code == 422


def test_what_no_address_can_hold_finds_nobody(client: TestClient) -> None:
    page = client.get("/desk/sign-in").text
    answer = send(client, "/desk/sign-in", page, email="nora\0@coalition.example", password="x")
    assert answer.status_code == 422
    assert "is not right" in answer.text


@pytest.mark.parametrize(
    ("charset", "email", "status"),
    [
        ("utf-8", "nora@coalition.example", 422),
        ('"UTF-8"', "nora@coalition.example", 422),
        ("unicode_escape", r"\ud800", 415),
        ('"UTF-7"', "+2AA-", 415),
    ],
)
def test_a_form_in_an_encoding_of_its_own_is_not_read(
    client: TestClient, charset: str, email: str, status: int
) -> None:
    token = hidden(client.get("/desk/sign-in").text, "form_token")
    fields = {"form_token": token, "email": email, "password": "x"}
    parts = (
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    answer = client.post(
        "/desk/sign-in",
        content="".join(parts) + "--b--\r\n",
        headers=SAME_ORIGIN
        | {"content-type": f"multipart/form-data; boundary=b; charset={charset}"},
    )
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/desk/suppressions/{}", "/desk/c/archives/mails/{}"])
@pytest.mark.parametrize("digits", [20, 5_000])
def test_no_number_is_too_long_for_a_stranger(client: TestClient, path: str, digits: int) -> None:
    answer = client.get(path.format("9" * digits), follow_redirects=False)
    assert answer.status_code in (303, 404)
