"""What a server cannot do to a conversation: hold it for ever, fill the memory, hide an end."""

import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.mail import connection as connection_module
from outreach.mail.connection import Envelope, Heard, What
from outreach.mail.data import stuffed
from outreach.mail.reply_table import Outcome
from tests.mail.conversation import Talk, a_talk, told
from tests.mail.test_connection import (
    ACCEPTED,
    BODY,
    DATA,
    DOUBTFUL,
    FIRST,
    GONE,
    MAIL,
    NEXT,
    NEXT_RCPT,
    PUT_OFF,
    STUFFED,
    TAKEN,
    take,
)

BIG = b"Subject: big\r\n\r\n" + b"x" * 998 + b"\r\n" + (b"y" * 76 + b"\r\n") * 250_000


@pytest.fixture
def pipelined() -> Iterator[Talk]:
    with a_talk(pipelining=True) as talk:
        yield talk


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds are counted on a clock of the test's own."""
    now = [1000.0]
    monkeypatch.setattr(connection_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_who_does_not_answer_a_command_in_time_is_left(pipelined: Talk, clock: list[float]) -> None:
    pipelined.connection.offer(FIRST)
    pipelined.says("250 ok")
    clock[0] += connection_module.COMMAND_LIMIT
    assert pipelined.connection.expire() == []
    clock[0] += 1
    assert told(pipelined.connection.expire()) == [PUT_OFF]
    assert pipelined.connection.closed


def test_a_byte_now_and_then_is_no_reply(pipelined: Talk, clock: list[float]) -> None:
    pipelined.connection.offer(FIRST)
    for byte in b"250-" + b"x" * 130:
        clock[0] += 1
        pipelined.server.sendall(bytes([byte]))
        assert pipelined.hears() == []
        if pipelined.connection.expire():
            break
    assert clock[0] == 1000 + connection_module.COMMAND_LIMIT + 1


def test_a_line_now_and_then_is_no_reply_either(pipelined: Talk, clock: list[float]) -> None:
    take(pipelined)
    pipelined.connection.send_body(BODY)
    for _ in range(99):
        clock[0] += 10
        assert pipelined.says("250-one moment") == []
        if heard := pipelined.connection.expire():
            assert told(heard) == [DOUBTFUL, GONE]
            break
    assert clock[0] == 1000 + connection_module.FINAL_LIMIT + 10


def test_each_reply_has_its_own_time(pipelined: Talk, clock: list[float]) -> None:
    pipelined.connection.offer(FIRST)
    for reply in ("250 ok", "250 ok", "354 go on"):
        clock[0] += connection_module.COMMAND_LIMIT - 1
        assert pipelined.connection.expire() == []
        pipelined.says(reply)
    clock[0] += 10 * connection_module.COMMAND_LIMIT
    assert pipelined.connection.expire() == []  # it waits for us now


def test_a_server_that_scans_a_body_has_ten_minutes_for_it(
    pipelined: Talk, clock: list[float]
) -> None:
    take(pipelined)
    clock[0] += 500
    pipelined.connection.send_body(BODY, then=NEXT)
    clock[0] += connection_module.FINAL_LIMIT
    assert pipelined.connection.expire() == []
    assert told(pipelined.says("250 taken")) == [ACCEPTED]
    clock[0] += connection_module.COMMAND_LIMIT - 1
    assert pipelined.connection.expire() == []
    assert connection_module.FINAL_LIMIT >= 600  # RFC 5321 4.5.3.2.6


def test_who_does_not_take_a_body_in_time_has_not_got_it(
    pipelined: Talk, clock: list[float]
) -> None:
    take(pipelined)
    pipelined.connection._socket.room = len(STUFFED) - 1  # type: ignore[attr-defined]
    pipelined.connection.send_body(BODY, then=NEXT)
    clock[0] += connection_module.BODY_LIMIT
    assert pipelined.connection.expire() == []
    clock[0] += 1
    assert told(pipelined.connection.expire()) == [(What.ANSWERED, Outcome.DEFERRED), GONE]


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
def test_a_body_that_the_server_does_not_take_holds_nobody_and_arrives_whole_later(
    secure: bool,
) -> None:
    with a_talk(pipelining=True, secure=secure) as talk:
        take(talk)
        talk.connection.send_body(BIG, then=NEXT)  # returns, though nobody reads
        assert talk.connection.wants_to_write
        assert talk.connection.move() == []
        taken: list[bytes] = []
        whole = len(BIG) + len(b".\r\n" + MAIL + NEXT_RCPT + DATA)

        def reads() -> None:
            while sum(map(len, taken)) < whole and (chunk := talk.server.recv(1 << 20)):
                taken.append(chunk)

        reader = Thread(target=reads)
        reader.start()
        while reader.is_alive() and talk.connection.wants_to_write:
            assert talk.connection.move() == []
        reader.join(10)
        assert b"".join(taken) == BIG + b".\r\n" + MAIL + NEXT_RCPT + DATA
        assert told(talk.says("250 taken")) == [ACCEPTED]


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
def test_who_hangs_up_in_the_midst_of_a_body_has_not_got_it(secure: bool) -> None:
    with a_talk(pipelining=True, secure=secure) as talk:
        take(talk)
        talk.connection.send_body(BIG, then=NEXT)
        heard = talk.hangs_up(hard=True)
        assert told(heard) == [(What.ANSWERED, Outcome.DEFERRED), GONE]


@pytest.mark.parametrize("then", [None, NEXT], ids=["the last", "with a next"])
@pytest.mark.parametrize(
    ("unsent", "expected"),
    [(1, (What.ANSWERED, Outcome.DEFERRED)), (0, DOUBTFUL), (-1, DOUBTFUL)],
)
def test_a_doubt_begins_with_the_last_byte_of_the_final_dot(
    pipelined: Talk, unsent: int, expected: tuple[What, Outcome], then: Envelope | None
) -> None:
    take(pipelined)
    pipelined.connection._socket.room = len(STUFFED) - unsent  # type: ignore[attr-defined]
    pipelined.connection.send_body(BODY, then=then)
    assert told(pipelined.connection.lose("gone")) == [expected, GONE]


def test_a_reply_without_end_is_not_kept_in_memory(pipelined: Talk) -> None:
    pipelined.connection.offer(FIRST)
    heard: list[Heard] = []
    for _ in range(4):
        with suppress(OSError):  # it may have been left already
            pipelined.server.sendall(b"250-" + b"x" * 70_000)
        heard += pipelined.hears()
        while _is_readable(pipelined):
            heard += pipelined.hears()
        assert len(pipelined.connection._in) <= 70_000
    assert told(heard) == [GONE]
    assert pipelined.connection.closed


def _is_readable(talk: Talk) -> bool:
    return not talk.connection.closed and bool(select.select([talk.connection], [], [], 0.02)[0])


def test_lines_without_end_are_no_leave_for_anything(pipelined: Talk) -> None:
    pipelined.connection.offer(FIRST)
    pipelined.server.sendall(b"250-and\r\n" * 1000)
    heard = pipelined.hears()
    assert [one for one in told(heard) if one[0] is What.TAKEN] == []
    assert pipelined.connection.closed


def test_what_follows_a_reply_of_too_many_lines_is_no_reply_to_the_next_command(
    pipelined: Talk,
) -> None:
    take(pipelined)
    pipelined.connection.send_body(BODY, then=NEXT)
    lines = "\r\n".join(["250-scanned"] * 150 + ["250 taken"])
    assert told(pipelined.says(lines))[0] == ACCEPTED
    heard = pipelined.says("550 5.1.1 no such user")  # to MAIL: about us, and about nobody else
    assert [one for one in told(heard) if one[1] is Outcome.RECIPIENT_REJECTED] == []


def test_a_server_that_talks_without_end_holds_nobody(pipelined: Talk) -> None:
    """It must not be listened to as long as it likes to talk."""
    pipelined.connection.offer(FIRST)
    enough = Event()

    def talks() -> None:
        with suppress(OSError):
            while not enough.is_set():
                pipelined.server.sendall(b"x" * 1_000_000)

    def listens() -> None:
        while not pipelined.connection.closed:
            pipelined.connection.move()

    threads = [Thread(target=talks), Thread(target=listens)]
    for thread in threads:
        thread.start()
    threads[1].join(1)
    held = threads[1].is_alive()
    enough.set()
    with suppress(OSError):
        pipelined.server.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(10)
    assert not held


def test_a_conversation_in_tls_is_the_same() -> None:
    with a_talk(pipelining=True, secure=True) as talk:
        assert isinstance(talk.server, ssl.SSLSocket)
        for _ in range(3):
            take(talk)
            talk.connection.send_body(BODY, then=NEXT)
            assert talk.said() == STUFFED + MAIL + NEXT_RCPT + DATA
            assert told(talk.says("250 taken\r\n250 ok\r\n250 ok", "354 go on")) == [
                ACCEPTED,
                TAKEN,
            ]
            talk.connection.send_body(BODY)
            assert talk.said() == STUFFED
            assert told(talk.says("250 taken")) == [ACCEPTED]


def test_dropped_after_a_354_the_server_sees_the_end_and_no_dot(pipelined: Talk) -> None:
    take(pipelined)
    pipelined.connection.close()
    assert pipelined.said() == b""
    assert pipelined.has_ended


def test_it_takes_its_leave_where_nothing_is_under_way(pipelined: Talk) -> None:
    pipelined.connection.quit()
    assert pipelined.said() == b"QUIT\r\n"
    assert pipelined.connection.closed


def test_it_says_no_quit_where_the_server_waits_for_a_body(pipelined: Talk) -> None:
    take(pipelined)
    pipelined.connection.quit()
    assert pipelined.said() == b""


def test_an_address_outside_ascii_is_announced(pipelined: Talk) -> None:
    pipelined.connection.offer(Envelope("from@coalition.example", "jürgen@one.example"))
    said = pipelined.said().decode()
    assert said.splitlines()[:2] == [
        "MAIL FROM:<from@coalition.example> SMTPUTF8 BODY=8BITMIME",
        "RCPT TO:<jürgen@one.example>",
    ]


LINES = st.lists(st.sampled_from([b"", b".", b"..", b".hidden", b"a", b"a.", b". ."]), max_size=6)


@given(lines=LINES, ends=st.booleans())
def test_no_line_of_a_body_ends_it_and_each_arrives_as_it_was(
    lines: list[bytes], ends: bool
) -> None:
    body = b"\r\n".join(lines) + (b"\r\n" if ends else b"")
    sent = stuffed(body)
    arrived: list[bytes] = []
    said = sent.split(b"\r\n")
    while said[0] != b".":
        line = said.pop(0)
        arrived.append(line[1:] if line.startswith(b".") else line)
    assert said == [b".", b""]  # the first lone dot is the last line
    whole = b"".join(line + b"\r\n" for line in arrived)
    assert whole in (body, body + b"\r\n")
