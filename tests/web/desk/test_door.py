"""Tries at the door, counted by account and by address."""

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from outreach.web.desk.door import TooManyTries, count_try
from outreach.web.site import Site


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
