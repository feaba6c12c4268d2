"""A real SMTP server in a thread, which answers as a test tells it to."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Received:
    """One message that the server has accepted."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class Server:
    """``answer_rcpt`` and ``answer_data`` give the reply for an address."""

    received: list[Received] = field(default_factory=list)
    answer_mail: Callable[[str], str] = lambda _: "250 OK"
    answer_rcpt: Callable[[str], str] = lambda _: "250 OK"
    answer_data: Callable[[str], str] = lambda _: "250 OK"
    connections: int = 0
    pipelining: bool = True
    port: int = 0
    transport: asyncio.BaseTransport | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return [address for mail in self.received for address in mail.recipients]

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        if self.pipelining:
            responses.insert(1, "250-PIPELINING")
        return responses

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        mail_options: list[str],
    ) -> str:
        reply = self.answer_mail(address)
        if reply.startswith("2"):
            envelope.mail_from = address
        return reply

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        self.transport = server.transport
        reply = self.answer_rcpt(address)
        if reply == "HANG UP":
            self.hang_up()
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        reply = self.answer_data(envelope.rcpt_tos[0])
        if reply.startswith("2"):
            assert isinstance(envelope.content, bytes)
            self.received.append(
                Received(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content)
            )
        if reply == "HANG UP":
            self.hang_up()
        return reply

    def hang_up(self) -> None:
        """Drops the connection of the last recipient, without a word."""
        assert self.transport is not None
        self.transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


@contextmanager
def running_smtp_server(
    *,
    smtputf8: bool = False,
    pipelining: bool = True,
    tls: ssl.SSLContext | None = None,
    implicit_tls: bool = False,
    authenticator: Callable[..., AuthResult] | None = None,
) -> Iterator[Server]:
    """With ``tls``: STARTTLS, or from the first byte. With ``authenticator``: AUTH."""
    handler = Server(pipelining=pipelining)
    loop = asyncio.new_event_loop()

    def conversation() -> SMTP:
        return SMTP(
            handler,
            enable_SMTPUTF8=smtputf8,
            tls_context=None if implicit_tls else tls,
            authenticator=authenticator,
            auth_require_tls=False,
            loop=loop,
        )

    async def start() -> asyncio.Server:
        secured = tls if implicit_tls else None
        return await loop.create_server(conversation, "127.0.0.1", 0, ssl=secured, backlog=200)

    listening = loop.run_until_complete(start())
    handler.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield handler
    finally:
        loop.call_soon_threadsafe(listening.close)
        loop.call_soon_threadsafe(_stop, loop)
        thread.join(timeout=5)
        loop.close()


def _stop(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.call_later(0.05, loop.stop)
