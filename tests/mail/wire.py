"""Ready mails over the wire: by a real sender, from a real database, to a real server."""

import re
import socketserver
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Thread

from outreach.mail.templates import MailTemplates, email_template_folder
from outreach.services.compose_message import ComposedMail, MessageComposer
from outreach.store.database import Database
from outreach.store.outgoing import Outgoing
from tests.sending import LINKS, PUBLIC_URL, a_delivery, launch, states
from tests.smtp_server import Received, Server, running_smtp_server

SENDER = "The Coalition <sign@coalition.example>"


class _Writer(MessageComposer):
    def __init__(self) -> None:
        super().__init__(
            MailTemplates(email_template_folder()), LINKS, sender=SENDER, public_url=PUBLIC_URL
        )


class RememberedMails(_Writer):
    """Writes as ever. ``bodies`` are all that it wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    def compose(self, found: Outgoing, *, now: datetime) -> ComposedMail:
        composed = super().compose(found, now=now)
        self.bodies.append(composed.body)
        return composed


class GivenMails(_Writer):
    """Writes for each row, whosever it is, the next of these mails."""

    def __init__(self, mails: Iterable[ComposedMail]) -> None:
        super().__init__()
        self._left = list(mails)

    def compose(self, found: Outgoing, *, now: datetime) -> ComposedMail:
        return self._left.pop(0)


def receive(database: Database, bodies: Sequence[bytes]) -> list[Received]:
    """What a server has after they were sent, each to a recipient of its own, in their order."""
    with running_smtp_server() as server:
        _send(database, bodies, server)
    return sorted(server.received, key=lambda mail: mail.recipients)


def overhear(database: Database, bodies: Sequence[bytes]) -> list[bytes]:
    """What follows each DATA on the wire after they were sent."""
    with listening() as (listener, server):
        _send(database, bodies, server)
    return listener.bodies


def _send(database: Database, bodies: Sequence[bytes], server: Server) -> None:
    addresses = [f"a{number:05}@hkw.example" for number in range(len(bodies))]
    pairs = zip(addresses, bodies, strict=True)
    mails = GivenMails(ComposedMail("sign@coalition.example", to, body) for to, body in pairs)
    launch(database, *addresses)
    a_delivery(database, server, composer=mails).deliver_due()
    assert states(database) == ["sent"] * len(bodies)


class _Hearing(socketserver.StreamRequestHandler):
    """Keeps what follows a DATA just as it comes, up to the one end that the standard knows."""

    def handle(self) -> None:
        with suppress(ConnectionError):
            self._converse()

    def _converse(self) -> None:
        self._say("220 listening")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                self._hear_body()
            self._say("221 bye" if verb == b"QUIT" else "250 OK")

    def _hear_body(self) -> None:
        raw = b""
        while (line := self.rfile.readline()) and not (raw + line).endswith(b"\r\n.\r\n"):
            raw += line
        assert isinstance(self.server, Listener)
        self.server.bodies.append(raw + line)

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


class Listener(socketserver.ThreadingTCPServer):
    """A server whose ``bodies`` are the bytes of the wire, stuffed dots and final dot and all."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hearing)
        self.bodies: list[bytes] = []


@contextmanager
def listening() -> Iterator[tuple[Listener, Server]]:
    """The listener, and it as ``a_delivery`` takes a server."""
    with Listener() as listener:
        thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield listener, Server(port=listener.server_address[1])
        finally:
            listener.shutdown()
            thread.join(5)


def lone_dots(raw: bytes) -> int:
    """How many mails the most lenient server would see: any CR or LF ends a line for it."""
    return re.split(rb"\r\n|\r|\n", raw).count(b".")
