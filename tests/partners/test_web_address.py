"""The address of a website, as a list may link to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.partners.values import ValueRefused
from outreach.partners.web_address import parse_web_address


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("", ""),
        ("  ", ""),
        ("example.org", "https://example.org"),
        ("www.example.org/about us", "https://www.example.org/about%20us"),
        ("HTTP://Example.ORG/Über", "http://example.org/%C3%9Cber"),
        ("https://example.org:8443/a?b=c&d=(e)#f", "https://example.org:8443/a?b=c&d=%28e%29"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("https://例子.example/路", "https://xn--fsqu00a.example/%E8%B7%AF"),
        ("https://example.org/a%20b", "https://example.org/a%20b"),
    ],
)
def test_it_is_one_that_a_browser_can_open(typed: str, address: str) -> None:
    assert parse_web_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org",
        "https://",
        "https://localhost/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "https://user:secret@example.org",
        "https://example.org@evil.example",
        "https://exa mple.org",
        "https://example.org:99999999",
        "mailto:a@example.org",
        "not an address",
        "https://-.example..org",
    ],
)
def test_what_leads_to_no_public_page_is_refused(typed: str) -> None:
    with pytest.raises(ValueRefused, match="write a web address"):
        parse_web_address(typed)


def test_one_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueRefused, match="300"):
        parse_web_address("https://example.org/" + "a" * 300)


@given(st.text())
def test_nothing_of_it_can_end_a_link(typed: str) -> None:
    try:
        address = parse_web_address(typed)
    except ValueRefused:
        return
    assert address == "" or address.startswith(("http://", "https://"))
    assert address.isascii()
    assert not set(address) & set(' \t\r\n()<>[]"\\`')
