"""No test talks to the world: connecting to anything but this machine is an error that says so.

Reaches Python's own sockets in this process; libpq's and a child's are beyond it.
"""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_LOCAL_NAMES = frozenset({"", "localhost", "localhost.localdomain"})


class OutsideConnection(RuntimeError):
    """No OSError, so that no code under test takes it for a server that is down."""

    def __init__(self, where: object) -> None:
        super().__init__(f"a test tried to reach {where!r}: only this machine may be connected to")


@contextmanager
def only_this_machine() -> Iterator[None]:
    """Until it is left, sockets connect to loopback and AF_UNIX alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        patch.setattr(socket.socket, "sendto", _guarded_sendto(socket.socket.sendto))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        _check(self, address)
        return connect(self, address)

    return guarded


def _guarded_sendto(sendto: Any) -> Any:
    def guarded(self: socket.socket, data: Any, *rest: Any) -> Any:
        _check(self, rest[-1])
        return sendto(self, data, *rest)

    return guarded


def _guarded_lookup(lookup: Any) -> Any:
    def guarded(host: Any, *rest: Any, **named: Any) -> Any:
        if host is not None and not (_is_local(host) or _is_number(host)):
            raise OutsideConnection(host)
        return lookup(host, *rest, **named)

    return guarded


def _check(talking: socket.socket, address: Any) -> None:
    if talking.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
        talking.close()  # asyncio would leave it open
        raise OutsideConnection(address)


def _is_local(host: object) -> bool:
    text = _text(host)
    if text.lower() in _LOCAL_NAMES:
        return True
    return _is_number(text) and ipaddress.ip_address(text.partition("%")[0]).is_loopback


def _is_number(host: object) -> bool:
    try:
        ipaddress.ip_address(_text(host).partition("%")[0])
    except ValueError:
        return False
    return True


def _text(host: object) -> str:
    return host.decode() if isinstance(host, bytes) else str(host)
