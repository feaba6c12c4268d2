"""The proxy does at each point what it is told, and nothing else."""

import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.fault import Fault
from tests.faults.servers import MailServer, aiosmtpd_server
from tests.faults.steering import Proxy, fault_proxy
from tests.waiting import wait_until

_BODY = b"Message-ID: <%d@o.example>\r\nSubject: one\r\n\r\n" + b"..dotted\r\nline\r\n" * 200
_ENVELOPE = b"MAIL FROM:<s@o.example>\r\nRCPT TO:<r%d@o.example>\r\nDATA\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with aiosmtpd_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def running(server: MailServer) -> Iterator[Proxy]:
    with fault_proxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def proxy(running: Proxy, server: MailServer) -> Proxy:
    """Nothing is armed, and nothing has been taken."""
    running.clear()
    running.strikes.clear()
    server.log.write_bytes(b"")
    return running


def _client(proxy: Proxy) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", proxy.port, timeout=3)


def _send(proxy: Proxy, number: int = 1) -> None:
    with _client(proxy) as client:
        client.sendmail("s@o.example", f"r{number}@o.example", _BODY % number)


def _ids(server: MailServer) -> list[str]:
    return [mail.message_id for mail in server.taken()]


def test_without_a_fault_mails_pass_as_they_are(proxy: Proxy, server: MailServer) -> None:
    _send(proxy)
    assert _ids(server) == ["1@o.example"]
    assert proxy.strikes == []


def test_a_body_and_the_next_envelope_may_come_in_one_write(
    proxy: Proxy, server: MailServer
) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=3) as talk:
        answers = talk.makefile("rb")
        assert answers.readline().startswith(b"220")
        talk.sendall(b"EHLO us.example\r\n")
        greeting: list[bytes] = []
        while not greeting or greeting[-1][3:4] == b"-":
            greeting.append(answers.readline())
        assert b"250-PIPELINING\r\n" in greeting
        talk.sendall(_ENVELOPE % 0)
        for number in range(5):
            assert [answers.readline()[:3] for _ in range(3)] == [b"250", b"250", b"354"]
            talk.sendall(_BODY % number + b".\r\n" + _ENVELOPE % (number + 1))
            assert answers.readline().startswith(b"250")
        answers.close()
    assert _ids(server) == [f"{number}@o.example" for number in range(5)]


@pytest.mark.parametrize("action", ["reset", "close"])
@pytest.mark.parametrize(
    ("point", "taken"),
    [
        ("before CONNECT", 0),
        ("reply CONNECT", 0),
        ("before MAIL", 0),
        ("reply RCPT", 0),
        ("after DATA", 0),
        ("mid-body", 0),
        ("before DOT", 0),
        ("reply DOT", 1),
    ],
)
def test_a_conversation_broken_off_leaves_a_mail_only_after_the_final_dot(
    proxy: Proxy, server: MailServer, point: str, taken: int, action: str
) -> None:
    proxy.arm(Fault(point, [action]))
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        _send(proxy)
    assert len(_ids(server)) == taken
    _send(proxy, 2)
    assert len(_ids(server)) == taken + 1
    wait_until(lambda: len(proxy.strikes) == 1, what="the strike to be told")
    assert proxy.strikes[0]["point"] == point


@pytest.mark.parametrize("point", ["before MAIL", "before RCPT", "before DATA", "before DOT"])
def test_a_refusal_is_the_clients_and_the_next_mail_passes(
    proxy: Proxy, server: MailServer, point: str
) -> None:
    proxy.arm(Fault(point, ["say"], words="450 4.2.1 Busy"))
    with _client(proxy) as client:
        with pytest.raises(smtplib.SMTPException, match="Busy"):
            client.sendmail("s@o.example", "r1@o.example", _BODY % 1)
        client.rset()
        client.sendmail("s@o.example", "r2@o.example", _BODY % 2)
    assert _ids(server) == ["2@o.example"]


def test_a_reply_dropped_leaves_the_client_waiting_and_the_mail_taken(
    proxy: Proxy, server: MailServer
) -> None:
    proxy.arm(Fault("reply DOT", ["drop"]))
    client = _client(proxy)
    client.timeout = 0.3
    assert client.sock
    client.sock.settimeout(0.3)
    with pytest.raises((smtplib.SMTPServerDisconnected, TimeoutError)):
        client.sendmail("s@o.example", "r1@o.example", _BODY % 1)
    client.close()
    assert _ids(server) == ["1@o.example"]


def test_what_is_stripped_is_not_announced(proxy: Proxy) -> None:
    proxy.arm(Fault("reply EHLO", ["strip"], words="PIPELINING"))
    with _client(proxy) as client:
        client.ehlo()
        assert not client.has_extn("pipelining")
        assert client.has_extn("smtputf8")
        client.ehlo()
        assert client.has_extn("pipelining")


def test_a_trickle_is_one_byte_at_a_time(proxy: Proxy) -> None:
    proxy.arm(Fault("reply CONNECT", ["trickle"], seconds=0.005))
    began = time.monotonic()
    with _client(proxy):
        assert time.monotonic() - began > 0.1


def test_only_the_recipient_named_is_hit_after_those_let_through(
    proxy: Proxy, server: MailServer
) -> None:
    proxy.arm(Fault("before RCPT", ["say"], words="550 5.1.1 No", recipient="r1@", skip=1))
    _send(proxy, 1)
    _send(proxy, 2)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        _send(proxy, 1)
    assert _ids(server) == ["1@o.example", "2@o.example"]


def test_the_process_at_the_other_end_is_killed_if_it_was_named(
    proxy: Proxy, server: MailServer
) -> None:
    program = (
        "import smtplib, sys; sys.stdin.read(1);"
        f"smtplib.SMTP('127.0.0.1', {proxy.port}).sendmail('s@o.example', ['r@o.example'],"
        "'Message-ID: <k@o.example>\\r\\n\\r\\nbody')"
    )
    victim, bystander = (
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) for _ in range(2)
    )
    try:
        proxy.arm(Fault("reply DOT", ["kill"], pids=[victim.pid, bystander.pid]))
        victim.communicate(b"x", timeout=5)
        assert victim.returncode == -9
        bystander.communicate(b"x", timeout=5)
        assert bystander.returncode == 0
    finally:
        for process in (victim, bystander):
            process.kill()
            process.wait()
    assert _ids(server) == ["k@o.example"] * 2
    wait_until(lambda: proxy.killed[-1:] == [victim.pid], what="the death to be told")


def test_a_fault_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no such fault"):
        Fault("before LUNCH", ["reset"])


def test_a_server_that_announces_no_pipelining_is_to_be_had(tmp_path: Path) -> None:
    with (
        aiosmtpd_server(tmp_path, pipelining=False) as server,
        smtplib.SMTP("127.0.0.1", server.port, timeout=3) as client,
    ):
        client.ehlo()
        assert not client.has_extn("pipelining")
