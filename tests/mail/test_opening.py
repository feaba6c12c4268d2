"""From a target to an open connection, with real servers: TLS, login, and each way to fail."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from threading import Event

import pytest
from aiosmtpd.smtp import AuthResult

from outreach.mail import opening as opening_module
from outreach.mail.connection import SmtpConnection
from outreach.mail.opening import Opening, greet, spoken
from outreach.mail.replies import Reply
from outreach.mail.reply_table import Outcome
from outreach.mail.target import SmtpTarget
from tests.mail.conversation import CERTIFICATE
from tests.mail.raw_server import a_raw_server
from tests.smtp_server import Server, running_smtp_server
from tests.waiting import wait_until


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own certificate is trusted."""
    create = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: create(cafile=CERTIFICATE))


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def refused(target: SmtpTarget) -> Reply:
    opened = Opening(target).take()
    assert isinstance(opened, Reply)
    return opened


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("utf8", [True, False])
def test_it_knows_what_the_server_can(pipelining: bool, utf8: bool) -> None:
    with running_smtp_server(smtputf8=utf8, pipelining=pipelining) as server:
        opened = Opening(SmtpTarget.from_url(server.url)).take()
        assert isinstance(opened, SmtpConnection)
        assert (opened.pipelining, opened.utf8) == (pipelining, utf8)
        opened.quit()


@pytest.fixture(autouse=True)
def trust_read_anew() -> Iterator[None]:
    opening_module._trust.cache_clear()
    yield
    opening_module._trust.cache_clear()


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("security", ["smtp+starttls", "smtps"])
def test_tls_of_either_kind_is_spoken_and_the_name_is_verified(security: str) -> None:
    implicit = security == "smtps"
    with running_smtp_server(tls=_context(), implicit_tls=implicit) as server:
        opened = Opening(SmtpTarget(security, "localhost", server.port)).take()
        assert isinstance(opened, SmtpConnection)
        assert isinstance(opened._socket, ssl.SSLSocket)
        opened.quit()


@pytest.mark.parametrize("security", ["smtp+starttls", "smtps"])
def test_a_certificate_that_nobody_vouches_for_is_refused(security: str) -> None:
    with running_smtp_server(tls=_context(), implicit_tls=security == "smtps") as server:
        reply = refused(SmtpTarget(security, "localhost", server.port))
    assert reply.outcome is Outcome.UNREACHABLE
    assert reply.words.startswith("the mail server's certificate is not valid: ")


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("security", ["smtp+starttls", "smtps"])
def test_a_certificate_for_another_name_is_refused(security: str) -> None:
    with running_smtp_server(tls=_context(), implicit_tls=security == "smtps") as server:
        reply = refused(SmtpTarget(security, "127.0.0.1", server.port))
    assert "certificate is not valid" in reply.words


def test_a_stripped_starttls_is_unreachable_not_plain(server: Server) -> None:
    reply = refused(SmtpTarget("smtp+starttls", "127.0.0.1", server.port, "me", "secret"))
    assert reply.outcome is Outcome.UNREACHABLE
    assert "lacks what SMTP_URL asks for" in reply.words
    assert server.received == []


@pytest.mark.parametrize(("password", "outcome"), [("right", None), ("wrong", Outcome.STOPPED)])
def test_a_login_is_said_and_a_wrong_one_stops(password: str, outcome: Outcome | None) -> None:
    def check(*given: object) -> AuthResult:
        return AuthResult(success=getattr(given[-1], "password", b"") == b"right", handled=False)

    with running_smtp_server(authenticator=check) as server:
        opened = Opening(SmtpTarget("smtp", "127.0.0.1", server.port, "me", password)).take()
        if outcome is None:
            assert isinstance(opened, SmtpConnection)
            opened.quit()
        else:
            assert isinstance(opened, Reply)
            assert (opened.outcome, opened.code) == (outcome, 535)
            assert "right" not in opened.words
            assert "wrong" not in opened.words


def test_no_server_is_unreachable() -> None:
    reply = refused(SmtpTarget("smtp", "127.0.0.1", 1))
    assert reply.outcome is Outcome.UNREACHABLE
    assert "refused the connection" in reply.words


@pytest.mark.parametrize(
    ("greeting", "outcome", "words"),
    [
        ("421 4.3.2 too many connections", Outcome.UNREACHABLE, "421 4.3.2 too many connections"),
        ("554 5.7.1 your IP is blocked", Outcome.STOPPED, "554 5.7.1 your IP is blocked"),
        ("hello", Outcome.UNREACHABLE, "not an SMTP reply"),
        ("", Outcome.UNREACHABLE, "hung up"),
    ],
)
def test_a_greeting_that_is_none_says_why(greeting: str, outcome: Outcome, words: str) -> None:
    def greets(connection: socket.socket) -> None:
        if greeting:
            connection.sendall(f"{greeting}\r\n".encode())
            connection.recv(100)

    with a_raw_server(greets) as target:
        reply = refused(target)
    assert reply.outcome is outcome
    assert words in reply.words


@pytest.mark.parametrize("limit", ["CONNECT_LIMIT", "OPENING_LIMIT"])
def test_a_server_that_does_not_greet_is_given_up(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening_module, limit, 0.2)
    ends = Event()

    def silent(connection: socket.socket) -> None:
        ends.wait(5)

    with a_raw_server(silent) as target:
        opening = Opening(target)
        wait_until(lambda: opening.done, seconds=2)
        reply = opening.take()
        ends.set()
        opening._thread.join(5)
    assert isinstance(reply, Reply)
    assert reply.outcome is Outcome.UNREACHABLE
    assert "in time" in reply.words


def test_a_byte_now_and_then_is_no_greeting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening_module, "CONNECT_LIMIT", 0.3)
    monkeypatch.setattr(opening_module, "OPENING_LIMIT", 0.6)
    ends = Event()

    def trickles(connection: socket.socket) -> None:
        while not ends.wait(0.05):
            connection.sendall(b"x")

    with a_raw_server(trickles) as target:
        opening = Opening(target)
        wait_until(lambda: opening.done, seconds=2)
        reply = opening.take()
        opening._thread.join(2)
        assert not opening._thread.is_alive()
        ends.set()
    assert isinstance(reply, Reply)
    assert reply.words == "the mail server did not greet in time"


def test_given_up_nothing_of_it_is_left_open() -> None:
    greets, ended = Event(), Event()

    def late(connection: socket.socket) -> None:
        greets.wait(5)
        connection.sendall(b"220 hello\r\n")
        while connection.recv(1000):
            connection.sendall(b"250 ok\r\n")
        ended.set()

    with a_raw_server(late) as target:
        opening = Opening(target)
        opening.give_up()
        greets.set()
        opening._thread.join(5)
        assert ended.wait(5)


def test_whoever_waits_is_told_when_it_is_done(server: Server) -> None:
    told = Event()
    opening = Opening(SmtpTarget.from_url(server.url), when_done=told.set)
    assert told.wait(5)
    assert opening.done
    opened = opening.take()
    assert isinstance(opened, SmtpConnection)
    opened.close()


def test_closed_a_connection_is_closed_though_smtplib_opened_it() -> None:
    """smtplib reads through a file on the socket, which must not keep it open."""
    ended = Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        connection.recv(1000)
        connection.sendall(b"250 ok\r\n")
        connection.recv(1000)
        ended.set()

    with a_raw_server(serve) as target:
        opened = Opening(target).take()
        assert isinstance(opened, SmtpConnection)
        opened.close()
        assert ended.wait(2)


def test_greeting_says_whether_mail_could_be_sent(server: Server) -> None:
    assert greet(SmtpTarget.from_url(server.url)).outcome is Outcome.ACCEPTED
    assert greet(SmtpTarget("smtp", "127.0.0.1", 1)).outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "did not answer in time"),
        (ConnectionRefusedError(), "refused the connection"),
        (ConnectionResetError(), "hung up"),
        (smtplib.SMTPServerDisconnected("x"), "hung up"),
        (socket.gaierror(-2, "Name or service not known"), "could not be reached: gaierror"),
        (OSError(113, "No route to host"), "could not be reached: OSError"),
    ],
)
def test_a_coordinator_reads_why_nothing_opened(error: Exception, words: str) -> None:
    assert words in spoken(error)
