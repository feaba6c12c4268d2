"""Calls leave for public addresses alone, go to no other than was judged, and end in time."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outreach import calling
from outreach.calling import AddressRefused, CallFailed, check_address, is_public, post
from tests.webhook_server import Receiver, a_receiver

CERTIFICATE = Path(__file__).parent / "mail" / "server.pem"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as running:
        yield running


def _post(url: str, **changes: Any) -> calling.Reply:
    facts: dict[str, Any] = {"body": b"{}", "headers": {"x-one": "1"}, "private": True}
    return post(url, **(facts | changes))


PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2001:0:7f00:1::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "ff02::1",
    "2001:db8::1",
    # What older Pythons take for global.
    "192.0.0.8",
    "192.0.0.9",
    "192.0.0.255",
    "192.88.99.1",
    "::ffff:192.0.0.9",
    "64:ff9b::c058:6301",
    "64:ff9b:1::a00:1",
    "fec0::1",
    "feff::1",
    "3fff::1",
    "3fff:fff::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_this_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.org",
        "//hooks.example.org/in",
        "http://hooks.example.org/in",
        "ftp://hooks.example.org/in",
        "file:///etc/passwd",
        "https://",
        "https:///in",
        "https://user:pass@hooks.example.org/in",
        "https://user@hooks.example.org/in",
        "https://hooks.example.org/in#part",
        "https://hooks.example.org:0/in",
        "https://hooks.example.org:99999/in",
        "https://hooks.example.org/in\r\nX-Evil: 1",
        "https://hooks.example.org/in out",
        "https://hooks.example.org\\@127.0.0.1/",
        "https://höoks.example.org/in",
        "https://[::1/in",
        "https://hooks.example.org/" + "x" * 2_000,
        *[f"https://[{one}]/in" if ":" in one else f"https://{one}/in" for one in PRIVATE],
    ],
)
def test_such_an_address_is_not_taken(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(url, private=False)


def test_a_public_address_is_taken_and_on_demand_one_of_this_network() -> None:
    check_address("https://hooks.example.org:8443/in?key=1", private=False)
    check_address("http://127.0.0.1:9/in", private=True)


@pytest.mark.parametrize("name", ["localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1"])
def test_a_name_that_leads_to_this_network_is_not_called(
    name: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last four are as the system's resolver reads them: all this machine."""
    found = [(socket.AF_INET, 1, 6, "", ("127.0.0.1", receiver.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressRefused, match="public Internet"):
        _post(f"https://{name}:{receiver.port}/in", private=False)
    assert receiver.got == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(socket.AF_INET, 1, 6, "", (one, 443)) for one in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressRefused):
        _post("https://hooks.example.org/in", private=False)


def test_the_connection_goes_to_the_address_that_was_judged(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere at a second look changes nothing: there is none."""
    looks: list[object] = []

    def look_up(host: object, port: object, *_: object, **__: object) -> list[Any]:
        looks.append(host)
        first = "127.0.0.1" if host in ("rebinding.example", "127.0.0.1") else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (first, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    reply = _post(f"http://rebinding.example:{receiver.port}/in")
    assert reply.status == 204
    assert looks.count("rebinding.example") == 1
    assert receiver.got[0].headers["host"] == f"rebinding.example:{receiver.port}"


def test_a_call_brings_body_headers_and_path(receiver: Receiver) -> None:
    receiver.answer = lambda _: (200, b"thank you")
    reply = _post(f"{receiver.url}?a=1", body=b'{"type":"signed"}')
    assert (reply.status, reply.words) == (200, "thank you")
    (got,) = receiver.got
    assert (got.path, got.body, got.headers["x-one"]) == ("/in?a=1", b'{"type":"signed"}', "1")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: (status, b"")
    assert _post(receiver.url).status == status
    assert len(receiver.got) == 1


def test_no_more_than_500_plain_characters_of_an_answer_are_kept(receiver: Receiver) -> None:
    receiver.answer = lambda _: (500, b"a\x00b\r\n\xff\xe2\x80\xae" + b"x" * 1_000_000)
    words = _post(receiver.url).words
    assert len(words) == 500
    assert words.startswith("a b")
    assert words.isprintable()


def test_nobody_who_listens_is_said_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(CallFailed, match="nobody listens"):
        _post(f"http://127.0.0.1:{port}/in")


def test_what_is_no_http_is_said_so() -> None:
    with _speaking(b"220 smtp.example ESMTP\r\n") as port, pytest.raises(CallFailed, match="HTTP"):
        _post(f"http://127.0.0.1:{port}/in")


@pytest.mark.parametrize("drops", [b"", b"HTTP/1.1 200 OK\r\nx: "])
def test_an_answer_that_never_ends_is_given_up_in_time(drops: bytes) -> None:
    began = time.monotonic()
    with _speaking(drops, then_drip=True) as port, pytest.raises(CallFailed, match="no answer"):
        _post(f"http://127.0.0.1:{port}/in", seconds=0.6)
    assert time.monotonic() - began < 3


def test_a_secure_handshake_that_never_ends_is_given_up_in_time() -> None:
    began = time.monotonic()
    with _speaking(b"\x16\x03\x03\x3f\xff", then_drip=True) as port, pytest.raises(CallFailed):
        _post(f"https://127.0.0.1:{port}/in", seconds=0.6)
    assert time.monotonic() - began < 3


def test_a_certificate_that_nobody_vouches_for_ends_the_call_before_a_word_is_sent() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    heard: list[bytes] = []
    with (
        _speaking(b"", secure=context, heard=heard) as port,
        pytest.raises(CallFailed, match="certificate"),
    ):
        _post(f"https://127.0.0.1:{port}/in")
    assert heard == []


class _speaking:  # noqa: N801 - read as a sentence
    """A listener that says ``words`` to who connects, then drips on or hangs up."""

    def __init__(
        self,
        words: bytes,
        *,
        then_drip: bool = False,
        secure: ssl.SSLContext | None = None,
        heard: list[bytes] | None = None,
    ) -> None:
        self._words, self._drip, self._secure = words, then_drip, secure
        self._heard = [] if heard is None else heard
        self._ends = threading.Event()

    def __enter__(self) -> int:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(5)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        talking, _ = self._listener.accept()
        with talking:
            try:
                self._talk(talking)
            except OSError:
                return

    def _talk(self, talking: socket.socket) -> None:
        if self._secure:
            with self._secure.wrap_socket(talking, server_side=True) as wrapped:
                self._heard.append(wrapped.recv(100))
            return
        talking.recv(65_536)  # hanging up on what was not read would be a reset
        talking.sendall(self._words)
        while self._drip and not self._ends.wait(0.05):
            talking.sendall(b"x")
