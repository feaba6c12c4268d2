"""The capturing SMTP server: takes every mail on the loopback address and delivers none."""

import asyncio
import signal
import socket
from collections.abc import Callable
from email.message import Message
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from outreach.clock import utc_now
from outreach.domain.errors import Refused
from outreach.mailbox import store_mail

LOOPBACK = "127.0.0.1"
SIZE_LIMIT = 10 * 1024 * 1024


class Capture:
    """Answers 250 only once the mail is on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        try:
            await asyncio.to_thread(
                store_mail,
                self._folder,
                _as_bytes(envelope.content),
                list(envelope.rcpt_tos),
                sender=envelope.mail_from or "",
                now=utc_now(),
            )
        except OSError as error:
            return f"452 4.3.1 Not stored: {error.strerror}"
        return "250 2.0.0 Captured; it goes no further"


def serve_mailbox(folder: Path, *, port: int, say: Callable[[str], None]) -> None:
    """Runs until SIGTERM or SIGINT. ``port`` 0 means a free one, which is said.

    Raises Refused where the port is taken.
    """
    listener = _listen(port)
    with listener:
        say(f"Mailbox at smtp://{LOOPBACK}:{listener.getsockname()[1]}, kept in {folder}")
        asyncio.run(_serve(folder, listener))


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(100)
    except OSError as error:
        listener.close()
        raise Refused(
            f"port {port} cannot be used for the mailbox ({error.strerror}); choose another --port"
        ) from None
    return listener


async def _serve(folder: Path, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)

    def conversation() -> SMTP:
        return SMTP(
            Capture(folder),
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname="mailbox.example",
            ident="Outreach mailbox",
            loop=loop,
        )

    server = await loop.create_server(conversation, sock=listener)
    await stopped.wait()
    server.close()


def _as_bytes(content: bytes | str | Message | None) -> bytes:
    if isinstance(content, bytes):
        return content
    return content.encode() if isinstance(content, str) else b""
