"""Many connections, listened to together: none holds the others, and no server is hammered."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock

import pytest

from outreach.mail import connection as connection_module
from outreach.mail import group as group_module
from outreach.mail.connection import Envelope, Heard, SmtpConnection, What
from outreach.mail.group import ConnectionGroup
from outreach.mail.reply_table import Outcome
from outreach.mail.target import SmtpTarget
from tests.mail.raw_server import Script, a_raw_server
from tests.waiting import wait_until

BODY = b"Subject: one\r\n\r\nHello\r\n"


@contextmanager
def a_group(target: SmtpTarget, *, size: int) -> Iterator[ConnectionGroup]:
    group = ConnectionGroup(target, size=size)
    try:
        yield group
    finally:
        group.close()


def _open(group: ConnectionGroup, *, many: int) -> list[SmtpConnection]:
    group.want(many)
    ends = time.monotonic() + 5
    while group.is_opening and time.monotonic() < ends:
        group.listen(1)
    return group.connections


def _listen_until(
    group: ConnectionGroup, enough: Callable[[list[Heard]], bool], *, seconds: float = 5
) -> list[Heard]:
    heard: list[Heard] = []
    ends = time.monotonic() + seconds
    while not enough(heard) and time.monotonic() < ends:
        for _, told in group.listen(0.2):
            heard += told
    return heard


def _recipient(number: int) -> Envelope:
    return Envelope("from@coalition.example", f"contact{number}@one.example")


def test_so_many_open_as_are_wanted_and_no_more_than_its_size() -> None:
    script = Script(lambda _: "usual")
    with a_raw_server(script.serve) as target, a_group(target, size=4) as group:
        assert len(_open(group, many=2)) == 2
        assert len(_open(group, many=2)) == 2
        assert len(_open(group, many=9)) == 4
        assert script.connections == 4
        assert group.trouble is None


def test_an_opening_that_ends_is_noticed_at_once() -> None:
    script = Script(lambda _: "usual")
    with a_raw_server(script.serve) as target, a_group(target, size=1) as group:
        group.want(1)
        began = time.monotonic()
        while group.is_opening:
            group.listen(3)
        assert time.monotonic() - began < 2
        assert len(group.connections) == 1


def test_one_that_hangs_holds_no_other() -> None:
    may_go_on = Event()

    def answer(command: str) -> str:
        if command == "RCPT TO:<contact0@one.example>":
            may_go_on.wait(10)
        return "usual"

    script = Script(answer)
    with a_raw_server(script.serve) as target, a_group(target, size=3) as group:
        hanging, *others = _open(group, many=3)
        hanging.offer(_recipient(0))
        for number in range(30):
            connection = others[number % 2]
            connection.offer(_recipient(1 + number))
            (taken,) = _listen_until(group, bool)
            assert taken.what is What.TAKEN
            connection.send_body(BODY)
            (answered,) = _listen_until(group, bool)
            assert answered.reply.outcome is Outcome.ACCEPTED
        wait_until(lambda: len(script.taken) == 30)
        assert hanging.is_busy
        may_go_on.set()
        (taken,) = _listen_until(group, bool)
        assert taken.what is What.TAKEN


def test_a_reply_that_does_not_come_in_time_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "COMMAND_LIMIT", 0.1)
    ends = Event()

    def answer(command: str) -> str:
        if command.startswith("RCPT"):
            ends.wait(10)
        return "usual"

    with a_raw_server(Script(answer).serve) as target, a_group(target, size=2) as group:
        hanging, _idle = _open(group, many=2)
        assert group.expire() == []
        hanging.offer(_recipient(0))
        late: list[tuple[SmtpConnection, list[Heard]]] = []
        ends_at = time.monotonic() + 5
        while not late and time.monotonic() < ends_at:
            group.listen(0.02)
            late += group.expire()
        ends.set()
        ((connection, (heard,)),) = late
        assert connection is hanging
        assert (heard.what, heard.reply.outcome) == (What.REFUSED, Outcome.DEFERRED)
        assert group.connections == [_idle]


class _Narrow:
    """A server that takes ``room`` connections, and refuses all others at once."""

    def __init__(self, script: Script, *, room: int) -> None:
        self._script = script
        self._lock = Lock()
        self.room = room
        self.asked = 0

    def serve(self, connection: socket.socket) -> None:
        with self._lock:
            self.asked += 1
            takes = self.asked <= self.room
        if takes:
            self._script.serve(connection)
        else:
            connection.sendall(b"421 4.3.2 too many connections\r\n")


def test_a_server_that_takes_three_connections_is_not_asked_again_and_again() -> None:
    server = _Narrow(Script(lambda _: "usual"), room=3)
    with a_raw_server(server.serve) as target, a_group(target, size=8) as group:
        assert len(_open(group, many=8)) == 3
        asked = server.asked
        assert asked <= 16, asked
        assert group.trouble is not None
        assert group.trouble.words == "421 4.3.2 too many connections"
        for _ in range(50):
            group.want(8)
            group.listen(0.001)
        assert server.asked == asked


def test_nor_is_one_that_refuses_before_it_has_taken_any() -> None:
    """It refuses the surplus at once, and takes its time to greet whom it takes."""
    may_greet = Event()

    def answer(command: str) -> str:
        if command == "CONNECT":
            may_greet.wait(10)
        return "usual"

    server = _Narrow(Script(answer), room=3)
    with a_raw_server(server.serve) as target, a_group(target, size=8) as group:
        group.want(8)
        wait_until(lambda: group.listen(0.05) or server.asked == 8)
        ends = time.monotonic() + 0.3
        while time.monotonic() < ends:
            group.want(8)
            group.listen(0.1)
        asked = server.asked
        may_greet.set()
        assert len(_open(group, many=8)) == 3
        assert asked <= 16, asked


def test_it_is_asked_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_module, "_PAUSE", 0.1)
    server = _Narrow(Script(lambda _: "usual"), room=1)
    with a_raw_server(server.serve) as target, a_group(target, size=2) as group:
        wait_until(lambda: len(_open(group, many=2)) == 1)
        server.room = 99
        wait_until(lambda: len(_open(group, many=2)) == 2)
        assert group.trouble is None


def test_where_nothing_opens_the_trouble_is_told() -> None:
    with a_group(SmtpTarget("smtp", "127.0.0.1", 1), size=3) as group:
        assert _open(group, many=3) == []
        assert group.trouble is not None
        assert "refused the connection" in group.trouble.words


def test_one_that_is_dropped_or_lost_is_listened_to_no_more_and_another_opens() -> None:
    script = Script(lambda command: "" if command.startswith("MAIL") else "usual")
    with a_raw_server(script.serve) as target, a_group(target, size=2) as group:
        first, second = _open(group, many=2)
        group.drop(first)
        assert group.connections == [second]
        second.offer(_recipient(0))
        (gone,) = _listen_until(group, bool)
        assert gone.what is What.GONE
        assert group.connections == []
        assert len(_open(group, many=2)) == 2
        group.drop(first)  # again, though another may have its number by now
        assert len(group.connections) == 2


def test_a_body_that_waits_for_its_server_is_written_while_others_speak() -> None:
    may_read = Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        connection.recv(1000)
        connection.sendall(b"250 PIPELINING\r\n")
        connection.recv(1000)
        connection.sendall(b"250 ok\r\n250 ok\r\n354 go\r\n")
        may_read.wait(10)
        left = len(big) + len(b".\r\n")
        while left > 0:
            left -= len(connection.recv(1 << 20))
        connection.sendall(b"250 taken\r\n")
        connection.recv(1000)

    big = b"x" * 998 + b"\r\n" * 1 + (b"y" * 76 + b"\r\n") * 150_000
    with a_raw_server(serve) as target, a_group(target, size=1) as group:
        (connection,) = _open(group, many=1)
        connection.offer(_recipient(0))
        (taken,) = _listen_until(group, bool)
        assert taken.what is What.TAKEN
        connection.send_body(big)
        assert group.listen(0.05) == []
        may_read.set()
        (answered,) = _listen_until(group, bool)
        assert answered.reply.outcome is Outcome.ACCEPTED


def test_closed_it_takes_its_leave_of_all_and_gives_up_what_is_opening() -> None:
    script = Script(lambda _: "usual")
    with a_raw_server(script.serve) as target:
        group = ConnectionGroup(target, size=2)
        connections = _open(group, many=2)
        group.close()
        assert all(connection.closed for connection in connections)
        group = ConnectionGroup(target, size=2)
        group.want(2)
        group.close()
    assert group.connections == []
