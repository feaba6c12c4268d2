"""An SMTP server of its own process: ``python -m tests.faults.mail_server LOG``.

It says its port, then takes every mail: one JSON line for each is in the log file before it says
250. What is written so outlives the server; whether a mail was accepted is never in question.
"""

import argparse
import asyncio
import json
import logging
import os
import ssl
import sys
import time
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Taking:
    """``pace``: seconds that it takes over each mail, half of them before it is in the log."""

    log: int
    pipelining: bool
    pace: float

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        if self.pipelining:
            responses.insert(1, "250-PIPELINING")
        return responses

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.pace / 2)
        assert isinstance(envelope.content, bytes)
        headers = BytesHeaderParser().parsebytes(envelope.content)
        line = {
            "message_id": str(headers["Message-ID"]).strip(" <>\r\n"),
            "recipient": ",".join(envelope.rcpt_tos),
            "at": time.time(),
        }
        os.write(self.log, f"{json.dumps(line)}\n".encode())
        await asyncio.sleep(self.pace / 2)
        return "250 2.0.0 Taken"


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def _serve(given: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    log = os.open(given.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    context = _context(given.certificate) if given.certificate else None

    def conversation() -> SMTP:
        return SMTP(
            Taking(log, given.pipelining, given.pace),
            enable_SMTPUTF8=True,
            hostname="server.example",
            tls_context=None if given.implicit_tls else context,
            loop=loop,
        )

    server = await loop.create_server(
        conversation,
        "127.0.0.1",
        given.port,
        ssl=context if given.implicit_tls else None,
        backlog=200,
    )
    print(json.dumps({"listening": server.sockets[0].getsockname()[1]}), flush=True)  # noqa: T201 - its parent reads it
    await server.serve_forever()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="tests.faults.mail_server")
    parser.add_argument("log", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--pace", type=float, default=0.0)
    parser.add_argument("--no-pipelining", dest="pipelining", action="store_false")
    parser.add_argument("--certificate", type=Path, help="a PEM file with its key: STARTTLS")
    parser.add_argument("--implicit-tls", action="store_true")
    logging.getLogger("mail.log").disabled = True  # clients that hang up are the trial
    asyncio.run(_serve(parser.parse_args(arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
