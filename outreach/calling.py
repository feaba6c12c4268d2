"""Posts to an address that somebody else has chosen, without letting it lead us anywhere else.

The name is looked up once, each address is judged, and the connection goes to the one that was
judged: a name that changes its address in between changes nothing. Redirects are not followed.
"""

import http.client
import ipaddress
import socket
import ssl
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from outreach.domain.errors import Refused

SECONDS = 10.0
_WORDS = 500
_PORTS = {"https": 443, "http": 80}
# Public by number, and a way to a private address all the same where a gateway translates.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
# Not of the public Internet, and global to some of the Pythons that we run on: IETF's own, 6to4
# relays, site-local, documentation (IANA's special-purpose registries; RFC 3879, 7526, 9637).
_SPECIAL = tuple(
    ipaddress.ip_network(one)
    for one in ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "3fff::/20")
)
_LONGEST_URL = 2_000


class AddressRefused(Refused):
    """No address that may be called."""


class CallFailed(Exception):
    """No whole answer came; ``str()`` says why, without the address."""


@dataclass(frozen=True)
class Reply:
    """What the other side answered; ``words`` are the first of its body, fit to be shown."""

    status: int
    words: str


def check_address(url: str, *, private: bool) -> None:
    """Raises AddressRefused for what could never be called; the name is not looked up."""
    parts = _split(url)
    if parts.scheme not in (("https", "http") if private else ("https",)):
        raise AddressRefused("begin it with https://")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("leave out user, password and #fragment")
    with suppress(ValueError):
        if not private and not is_public(str(parts.hostname)):
            raise AddressRefused("this address is not on the public Internet")


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody may reach. Raises ValueError for a name."""
    found: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        if found in _TRANSLATED:
            found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        else:
            hidden = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
            found = hidden or found
    if any(found in network for network in _SPECIAL):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    private: bool,
    seconds: float = SECONDS,
    trust: ssl.SSLContext | None = None,
) -> Reply:
    """One POST, answered within ``seconds`` in all. Raises AddressRefused, CallFailed.

    ``private`` lets it reach this network too, and without TLS. The name's look-up alone takes as
    long as the system's resolver does.
    """
    check_address(url, private=private)
    parts = _split(url)
    port = parts.port or _PORTS[parts.scheme]
    addresses = _look_up(str(parts.hostname), port, private=private)
    context = (trust or ssl.create_default_context()) if parts.scheme == "https" else None
    connection = _Pinned(str(parts.hostname), port, addresses, context=context, seconds=seconds)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _at_most(connection, seconds):
            connection.request("POST", path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            reply = Reply(answer.status, _shown(answer.read(4 * _WORDS)))
            if connection.overdue:  # cut off by us, it may look whole
                raise TimeoutError
            return reply
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CallFailed(_why(error, overdue=connection.overdue)) from None
    finally:
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """Connects to the addresses that were judged, and to no other."""

    def __init__(
        self,
        host: str,
        port: int,
        addresses: list[str],
        *,
        context: ssl.SSLContext | None,
        seconds: float,
    ) -> None:
        super().__init__(host, port, timeout=seconds)
        self.default_port = _PORTS["https" if context else "http"]
        self._addresses = addresses
        self._context = context
        self.overdue = False

    def connect(self) -> None:
        failure: OSError = OSError("no address")
        for address in self._addresses:
            try:
                self.sock = socket.create_connection((address, self.port), self.timeout)
            except OSError as error:
                failure = error
            if self.sock or self.overdue:
                break
        if not self.sock or self.overdue:
            raise failure
        if self._context:
            # The handshake follows where give_up reaches it: it too can come drop by drop.
            self.sock = self._context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def give_up(self) -> None:
        self.overdue = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def _at_most(connection: _Pinned, seconds: float) -> Iterator[None]:
    """A socket's own limit is for each step: drop by drop, an answer could take for ever."""
    timer = Timer(seconds, connection.give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _split(url: str) -> SplitResult:
    """Raises AddressRefused."""
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    try:
        parts = urlsplit(url)
        whole = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        raise AddressRefused("write a whole address, as in https://hooks.example.org/in") from None
    if not plain or not whole or len(url) > _LONGEST_URL:
        raise AddressRefused("write a whole address, as in https://hooks.example.org/in")
    return parts


def _look_up(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses that may be called. Raises AddressRefused, CallFailed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CallFailed("its name cannot be looked up") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not private and not all(is_public(one.partition("%")[0]) for one in addresses):
        raise AddressRefused("its name leads to an address that is not on the public Internet")
    return addresses


def _why(error: Exception, *, overdue: bool) -> str:
    if overdue or isinstance(error, TimeoutError):
        return f"no answer within {SECONDS:.0f} seconds"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {_one_line(error.verify_message)}"
    if isinstance(error, ssl.SSLError):
        return "no secure connection could be made"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(error, OSError) and error.strerror:
        return _one_line(error.strerror)
    return "the answer is no HTTP"


def _shown(body: bytes) -> str:
    return _one_line(body.decode("utf-8", "replace"))


def _one_line(text: str) -> str:
    """Its beginning, without what could be drawn as something else or not be stored."""
    visible = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text)
    return " ".join(visible.split())[:_WORDS]
