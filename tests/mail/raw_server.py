"""SMTP servers of a few lines, for what no well-behaved server does."""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock, Thread

from outreach.mail.target import SmtpTarget

Serve = Callable[[socket.socket], None]


@contextmanager
def a_raw_server(serve: Serve) -> Iterator[SmtpTarget]:
    """``serve`` gets each connection, in a thread of its own."""

    def attend(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            serve(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threads.append(Thread(target=attend, args=(listening.accept()[0],)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        threads = [Thread(target=accept)]
        threads[0].start()
        try:
            yield SmtpTarget("smtp", "127.0.0.1", listening.getsockname()[1])
        finally:
            listening.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join(5)


@dataclass
class Script:
    """A server with PIPELINING that takes all, but for what ``answer`` says: to "CONNECT", to each
    command, and to "BODY <recipient>". "usual" stands; "" hangs up; what ends in "!" is said, and
    then it hangs up.
    """

    answer: Callable[[str], str] = lambda _: "usual"
    pipelining: bool = True
    taken: list[str] = field(default_factory=list)  # the recipients of whole bodies
    connections: int = 0
    # What had come already when the leave for a body was given.
    too_early: list[bytes] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def serve(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
        _Conversation(self, connection).run()


class _HungUp(Exception):
    pass


class _Conversation:
    def __init__(self, script: Script, connection: socket.socket) -> None:
        self._script = script
        self._connection = connection
        self._unread = b""
        self._recipient = ""

    def run(self) -> None:
        with suppress(_HungUp):
            self._say("CONNECT", "220 hello")
            while True:
                self._obey(self._line().decode())

    def _obey(self, command: str) -> None:
        verb = command[:4].upper()
        if verb == "QUIT":
            raise _HungUp
        if verb == "RCPT":
            self._recipient = command.partition("<")[2].rstrip(">")
        if verb == "EHLO":
            self._say(command, "250 PIPELINING" if self._script.pipelining else "250 hello")
        elif verb != "DATA":
            self._say(command, "250 ok")
        else:
            self._take_body(command)

    def _take_body(self, command: str) -> None:
        early = self._unread or bool(select.select([self._connection], [], [], 0)[0])
        if not self._say(command, "354 go on").startswith("354"):
            return
        if early:
            self._script.too_early.append(self._unread)
        while self._line() != b".":
            pass
        if self._say(f"BODY {self._recipient}", "250 taken").startswith("2"):
            self._script.taken.append(self._recipient)

    def _line(self) -> bytes:
        while b"\r\n" not in self._unread:
            chunk = self._connection.recv(1 << 16)
            if not chunk:
                raise _HungUp
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\r\n")
        return line

    def _say(self, command: str, usual: str) -> str:
        said = self._script.answer(command)
        said = usual if said == "usual" else said
        if said:
            self._connection.sendall(f"{said.rstrip('!')}\r\n".encode())
        if not said or said.endswith("!"):
            raise _HungUp
        return said
