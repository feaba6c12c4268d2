"""The conversation with a real server."""

import select
from collections.abc import Iterator

import pytest

from outreach.mail.connection import Envelope, Heard, SmtpConnection, What
from outreach.mail.opening import Opening
from outreach.mail.reply_table import Outcome
from outreach.mail.target import SmtpTarget
from tests.smtp_server import Server, running_smtp_server

BODY = b"Subject: one\r\n\r\nHello\r\n"


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running_smtp_server(pipelining=request.param) as running:
        yield running


@pytest.fixture
def connection(server: Server) -> Iterator[SmtpConnection]:
    opened = Opening(SmtpTarget.from_url(server.url)).take()
    assert isinstance(opened, SmtpConnection)
    yield opened
    opened.close()


def _hear(connection: SmtpConnection, *, many: int = 1) -> list[Heard]:
    """The next things that are told."""
    heard: list[Heard] = []
    while len(heard) < many and not connection.closed:
        assert select.select([connection], [], [], 5)[0]
        heard += connection.move()
    return heard


def _send(
    connection: SmtpConnection, recipient: str = "a@one.example", *, body: bytes = BODY
) -> Outcome:
    connection.offer(Envelope("from@coalition.example", recipient))
    heard = _hear(connection)[0]
    if heard.what is not What.TAKEN:
        return heard.reply.outcome
    connection.send_body(body)
    return _hear(connection)[0].reply.outcome


def test_one_connection_serves_many_messages(server: Server, connection: SmtpConnection) -> None:
    assert [_send(connection) for _ in range(5)] == [Outcome.ACCEPTED] * 5
    assert server.connections == 1
    assert len(server.received) == 5


def test_and_each_body_may_bring_the_next_envelope(
    server: Server, connection: SmtpConnection
) -> None:
    recipients = [f"contact{number}@one.example" for number in range(5)]
    envelopes = [Envelope("from@coalition.example", one) for one in recipients]
    connection.offer(envelopes[0])
    assert _hear(connection)[0].what is What.TAKEN
    for following in envelopes[1:]:
        connection.send_body(BODY, then=following)
        answered, taken = _hear(connection, many=2)
        assert (answered.what, answered.reply.outcome) == (What.ANSWERED, Outcome.ACCEPTED)
        assert taken.what is What.TAKEN
    connection.send_body(BODY)
    assert _hear(connection)[0].reply.outcome is Outcome.ACCEPTED
    assert server.recipients == recipients


def test_a_refused_recipient_leaves_the_connection_in_use(
    server: Server, connection: SmtpConnection
) -> None:
    server.answer_rcpt = lambda address: "550 no such user" if "bad" in address else "250 OK"
    for _ in range(2):
        assert _send(connection, "bad@one.example") is Outcome.RECIPIENT_REJECTED
        assert _send(connection) is Outcome.ACCEPTED
    assert server.connections == 1


def test_a_refused_sender_says_nothing_about_the_recipient(
    server: Server, connection: SmtpConnection
) -> None:
    server.answer_mail = lambda _: "530 5.7.0 Authentication required"
    connection.offer(Envelope("from@coalition.example", "a@one.example"))
    reply = _hear(connection)[0].reply
    assert reply.outcome is Outcome.STOPPED
    assert reply.words == "530 5.7.0 Authentication required"


def test_no_reply_after_the_body_is_doubtful(server: Server, connection: SmtpConnection) -> None:
    server.answer_data = lambda _: "HANG UP"
    assert _send(connection) is Outcome.DOUBTFUL


def test_an_abandoned_envelope_sends_nothing(server: Server, connection: SmtpConnection) -> None:
    connection.offer(Envelope("a@one.example", "b@one.example"))
    assert _hear(connection)[0].what is What.TAKEN
    connection.close()
    again = Opening(SmtpTarget.from_url(server.url)).take()
    assert isinstance(again, SmtpConnection)
    assert _send(again) is Outcome.ACCEPTED
    again.close()
    assert server.recipients == ["a@one.example"]


@pytest.mark.parametrize("line", [b".", b"..", b".hidden", b"\r\n.\r\nMAIL FROM:<x@y.example>"])
def test_a_body_with_leading_dots_arrives_as_it_was_and_once(
    server: Server, connection: SmtpConnection, line: bytes
) -> None:
    body = b"Subject: one\r\n\r\n" + line + b"\r\nend\r\n"
    assert _send(connection, body=body) is Outcome.ACCEPTED
    assert [mail.raw for mail in server.received] == [body]
