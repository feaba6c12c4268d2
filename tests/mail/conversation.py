"""Both ends of one SMTP conversation in a test's hand: it says the server's part itself."""

import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from outreach.mail.connection import Heard, SmtpConnection, What
from outreach.mail.reply_table import Outcome

CERTIFICATE = Path(__file__).with_name("server.pem")  # for localhost, of this folder's tests alone


class Counted(socket.socket):
    """Counts its writes. ``room``: so many bytes more it takes, where not negative."""

    writes = 0
    room = -1

    def send(self, data: Any, flags: int = 0) -> int:
        if self.room == 0:
            raise BlockingIOError
        sent = super().send(data if self.room < 0 else data[: self.room], flags)
        self.writes += 1
        self.room -= sent if self.room > 0 else 0
        return sent


class Talk:
    """``connection`` is the client's, ``server`` the raw other end."""

    def __init__(self, connection: SmtpConnection, server: socket.socket) -> None:
        self.connection = connection
        self.server = server

    def said(self) -> bytes:
        """What the client has said since; for as long as something comes at once."""
        found = b""
        while select.select([self.server], [], [], 0.02)[0]:
            chunk = self.server.recv(1 << 20)
            if not chunk:
                break
            found += chunk
        return found

    def says(self, *replies: str) -> list[Heard]:
        """The server's words, and what the client makes of them: each in a segment of its own."""
        heard: list[Heard] = []
        for reply in replies:
            self.server.sendall(reply.encode() + b"\r\n")
            heard += self.hears()
        return heard

    def hears(self) -> list[Heard]:
        if self.connection.closed:
            return []
        assert select.select([self.connection], [], [], 2)[0], "nothing came"
        return self.connection.move()

    def hangs_up(self, *, hard: bool = False) -> list[Heard]:
        if hard:
            self.server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.server.close()
        return self.hears()

    @property
    def has_ended(self) -> bool:
        """Whether the server sees the end of it."""
        self.said()
        with suppress(ConnectionResetError):
            return bool(select.select([self.server], [], [], 0.5)[0]) and not self.server.recv(1)
        return True


def told(heard: list[Heard]) -> list[tuple[What, Outcome]]:
    return [(one.what, one.reply.outcome) for one in heard]


@contextmanager
def a_talk(*, pipelining: bool, utf8: bool = True, secure: bool = False) -> Iterator[Talk]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ours: socket.socket = Counted(socket.AF_INET, socket.SOCK_STREAM)
        ours.connect(listening.getsockname())
        theirs, _ = listening.accept()
    if secure:
        ours, theirs = _secured(ours, theirs)
    connection = SmtpConnection(ours, pipelining=pipelining, utf8=utf8)
    try:
        yield Talk(connection, theirs)
    finally:
        connection.close()
        theirs.close()


def _secured(ours: socket.socket, theirs: socket.socket) -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(CERTIFICATE)
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    secured: list[ssl.SSLSocket] = []
    thread = Thread(target=lambda: secured.append(shown.wrap_socket(theirs, server_side=True)))
    thread.start()
    client = trusting.wrap_socket(ours, server_hostname="localhost")
    thread.join(5)
    return client, secured[0]
