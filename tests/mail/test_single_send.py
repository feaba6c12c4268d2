"""One mail at once: taken, refused, or not answered in time."""

import socket
import time
from dataclasses import replace

from outreach.mail.connection import Envelope
from outreach.mail.reply_table import Outcome
from outreach.mail.single_send import send_single
from outreach.mail.target import SmtpTarget
from tests.smtp_server import running_smtp_server

ENVELOPE = Envelope("sign@coalition.example", "nora@coalition.example")
BODY = b"Subject: x\r\n\r\n.a line with a dot\r\n"


def test_the_server_takes_it_as_it_is() -> None:
    with running_smtp_server() as server:
        reply = send_single(SmtpTarget.from_url(server.url), ENVELOPE, BODY, within=10)
    assert reply.outcome is Outcome.ACCEPTED
    (received,) = server.received
    assert received.recipients == ["nora@coalition.example"]
    assert b".a line with a dot" in received.raw


def test_what_the_server_says_against_it_comes_back() -> None:
    with running_smtp_server() as server:
        server.answer_rcpt = lambda _: "550 5.1.1 no such mailbox"
        reply = send_single(SmtpTarget.from_url(server.url), ENVELOPE, BODY, within=10)
    assert reply.outcome is not Outcome.ACCEPTED
    assert "no such mailbox" in reply.words
    assert server.received == []


def test_nobody_waits_longer_than_was_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = SmtpTarget("smtp", "127.0.0.1", silent.getsockname()[1])
        began = time.monotonic()
        reply = send_single(replace(target), ENVELOPE, BODY, within=0.5)
    assert time.monotonic() - began < 3
    assert reply.outcome is Outcome.UNREACHABLE
