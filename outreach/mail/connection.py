"""A conversation with an SMTP server that never blocks, so that one sender can lead many.

Where the server announces PIPELINING (RFC 2920) one round trip serves a mail: the body goes out
together with the next MAIL, RCPT and DATA. Never does a body go out before its 354.
"""

import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

from outreach.mail.data import DataBytes, stuffed
from outreach.mail.replies import Reply, read_reply
from outreach.mail.reply_table import Outcome, Stage

COMMAND_LIMIT = 120.0  # seconds for the reply to a command, all of it
BODY_LIMIT = 180.0  # for a server to take a body
# RFC 5321 4.5.3.2.6 asks for ten minutes: a server that scans the body before it answers, and is
# not waited for, gets the mail twice.
FINAL_LIMIT = 600.0
_LONGEST_REPLY = 64 * 1024
_CHUNK = 64 * 1024
_CHUNKS_AT_ONCE = 16
_MOST_LINES = 500
_NO_REPLY = -1
_HUNG_UP = "the mail server hung up"


@dataclass(frozen=True)
class Envelope:
    """Who sends, and to whom."""

    sender: str
    recipient: str

    @property
    def needs_utf8(self) -> bool:
        return not (self.sender.isascii() and self.recipient.isascii())


class What(Enum):
    """What was heard. GONE: nothing came of the envelope; it may be offered elsewhere."""

    TAKEN = auto()
    REFUSED = auto()
    ANSWERED = auto()
    GONE = auto()


@dataclass(frozen=True)
class Heard:
    """``reply`` is that to the envelope (REFUSED) or to the body (ANSWERED)."""

    what: What
    reply: Reply


class _Await(Enum):
    """What the next reply is for. EMPTY: the dot after a 354 that came for a refused recipient."""

    RESET = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    EMPTY = auto()
    BODY = auto()


_STAGES = {_Await.MAIL: Stage.MAIL, _Await.RCPT: Stage.RCPT, _Await.DATA: Stage.DATA}


class SmtpConnection:
    """Says what it is told to, and tells what it heard. Not for use by two threads at once.

    At most one envelope and, before it, one body are under way.
    """

    def __init__(self, sock: socket.socket, *, pipelining: bool, utf8: bool) -> None:
        sock.setblocking(False)
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self.pipelining = pipelining
        self.utf8 = utf8
        self.closed = False
        self._out = b""
        self._body_unsent = 0
        self._in = b""
        self._lines: list[bytes] = []
        self._awaited: deque[_Await] = deque()
        self._unsaid: deque[tuple[_Await, bytes]] = deque()
        self._refusal: Reply | None = None
        self._needs_reset = False
        self._body_is_awaited = False
        self._since = time.monotonic()

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def is_busy(self) -> bool:
        """Whether a reply is awaited."""
        return bool(self._awaited)

    @property
    def wants_to_write(self) -> bool:
        return bool(self._out)

    def offer(self, envelope: Envelope) -> None:
        """MAIL, RCPT and DATA. To be heard: TAKEN, REFUSED or GONE."""
        self._say(self._commands(envelope))

    def send_body(self, body: bytes, *, then: Envelope | None = None) -> None:
        """After TAKEN: the body and, in the same write, the next envelope."""
        self._body_is_awaited = False
        data = body if isinstance(body, DataBytes) else stuffed(body)
        self._say([(_Await.BODY, data), *(self._commands(then) if then else [])])

    def _commands(self, envelope: Envelope) -> list[tuple[_Await, bytes]]:
        utf8 = " SMTPUTF8 BODY=8BITMIME" if envelope.needs_utf8 else ""
        commands = [
            (_Await.MAIL, f"MAIL FROM:<{envelope.sender}>{utf8}\r\n".encode()),
            (_Await.RCPT, f"RCPT TO:<{envelope.recipient}>\r\n".encode()),
            (_Await.DATA, b"DATA\r\n"),
        ]
        if self._needs_reset:
            self._needs_reset = False
            commands.insert(0, (_Await.RESET, b"RSET\r\n"))
        self._refusal = None
        return commands

    def _say(self, words: list[tuple[_Await, bytes]]) -> None:
        """All at once where the server pipelines, else one, and the rest as it answers."""
        self._unsaid.extend(words)
        if not self._awaited:
            self._since = time.monotonic()
            self._say_what_may_be_said()

    def _say_what_may_be_said(self) -> None:
        many = len(self._unsaid) if self.pipelining else 1
        said: list[bytes] = [self._out]
        for _ in range(many):
            awaited, words = self._unsaid.popleft()
            self._awaited.append(awaited)
            said.append(words)
            if awaited is _Await.BODY:
                self._body_unsent = len(self._out) + len(words)
        self._out = b"".join(said)
        self._write()

    def move(self) -> list[Heard]:
        """Writes and reads what can be written and read now."""
        if self.closed:
            return []
        if self._out:
            self._write()
        heard: list[Heard] = []
        open_still = self._read()
        for code, text in self._replies():
            heard.extend(self._hear(code, text))
            if self.closed:
                return heard
        if not open_still:
            heard.extend(self.lose(_HUNG_UP))
        return heard

    def expire(self) -> list[Heard]:
        """What follows from a reply that did not come in its time; mostly nothing."""
        if self._awaited and time.monotonic() > self._since + self._limit():
            return self.lose("the mail server did not answer in time")
        return []

    def _limit(self) -> float:
        if self._awaited[0] is not _Await.BODY:
            return COMMAND_LIMIT
        return BODY_LIMIT if self._body_unsent > 0 else FINAL_LIMIT

    def lose(self, words: str) -> list[Heard]:
        """Closes; what was under way ends as it must."""
        heard: list[Heard] = []
        awaited = self._awaited
        if _Await.BODY in awaited:
            # What is still here has not left: without its final dot no server takes a mail.
            outcome = Outcome.DEFERRED if self._body_unsent > 0 else Outcome.DOUBTFUL
            heard.append(Heard(What.ANSWERED, Reply(outcome, None, words)))
        if self._refusal is not None and self._refusal.outcome is not Outcome.UNREACHABLE:
            heard.append(Heard(What.REFUSED, self._refusal))
        elif not self._refusal and awaited and awaited[0] in (_Await.RCPT, _Await.DATA):
            # It has greeted us and taken the sender: this recipient is put off, not the others.
            heard.append(Heard(What.REFUSED, Reply(Outcome.DEFERRED, None, words)))
        else:
            heard.append(Heard(What.GONE, Reply(Outcome.UNREACHABLE, None, words)))
        self.close()
        return heard

    def close(self) -> None:
        """At once, without a word: also the only way out of a 354 whose body must not go."""
        self.closed = True
        self._awaited.clear()
        self._unsaid.clear()
        self._out = b""
        with suppress(OSError):
            self._socket.close()

    def quit(self) -> None:
        if not (self.closed or self._awaited or self._body_is_awaited):
            with suppress(OSError):
                self._socket.send(b"QUIT\r\n")
        self.close()

    def _write(self) -> None:
        try:
            while self._out:
                sent = self._socket.send(self._out)
                self._out = self._out[sent:]
                self._body_unsent -= sent
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return
        except OSError:
            return  # the reading that follows tells that it is gone
        if self._awaited and self._awaited[0] is _Await.BODY:
            self._since = time.monotonic()

    def _read(self) -> bool:
        """Whether the server is still there."""
        try:
            # More than once for TLS alone: what it has decrypted wakes no poll.
            for _ in range(_CHUNKS_AT_ONCE if isinstance(self._socket, ssl.SSLSocket) else 1):
                chunk = self._socket.recv(_CHUNK)
                if not chunk:
                    return False
                self._in += chunk
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        except OSError:
            return False
        return True

    def _replies(self) -> Iterator[tuple[int, bytes]]:
        """Each whole reply that has arrived."""
        while (end := self._in.find(b"\n")) >= 0:
            line, self._in = self._in[:end].rstrip(b"\r"), self._in[end + 1 :]
            self._lines.append(line[4:])
            if line[3:4] == b"-" and len(self._lines) < _MOST_LINES:
                continue
            text, self._lines = b" ".join(self._lines), []
            is_reply = line[:3].isdigit() and line[3:4] != b"-"
            yield (int(line[:3]), text) if is_reply else (_NO_REPLY, line)
        if len(self._in) > _LONGEST_REPLY:
            self._in = b""
            yield _NO_REPLY, b"a reply without end"

    def _hear(self, code: int, text: bytes) -> list[Heard]:
        if not self._awaited:
            # Unasked: a 421 before it closes, as RFC 5321 3.8 allows. Nothing is under way.
            return self.lose(f"{code} {text.decode('utf-8', 'replace')}"[:500])
        self._since = time.monotonic()
        awaited = self._awaited.popleft()
        heard = self._judge(awaited, code, text)
        if self.closed:
            return heard
        if code == 421 or _is_astray(awaited, code):
            # It closes, or is not understood any more. The rest is told as far as it got.
            envelope_told = any(one.what is What.REFUSED for one in heard)
            rest = self.lose(f"{code} {text.decode('utf-8', 'replace')}"[:500])
            return heard + [one for one in rest if not (envelope_told and one.what is What.GONE)]
        if not self._awaited and self._unsaid:
            self._say_what_may_be_said()
        return heard

    def _judge(self, awaited: _Await, code: int, text: bytes) -> list[Heard]:
        if awaited is _Await.BODY:
            return [Heard(What.ANSWERED, read_reply(code, text, stage=Stage.BODY))]
        if awaited is _Await.RESET:
            return []
        if awaited is _Await.EMPTY:
            return self._refused()
        if awaited is _Await.DATA and code == 354:
            return self._may_follow()
        if not 200 <= code < 300 or awaited is _Await.DATA:
            self._note_refusal(awaited, code, text)
        if awaited is _Await.DATA or (self._refusal and not self.pipelining):
            self._needs_reset = True
            self._unsaid.clear()
            return self._refused()
        return []

    def _note_refusal(self, awaited: _Await, code: int, text: bytes) -> None:
        """The first one counts; what follows in a pipeline only follows from it."""
        if self._refusal is None:
            reply = read_reply(code, text, stage=_STAGES[awaited])
            if reply.outcome is Outcome.UNREACHABLE and awaited is not _Await.MAIL:
                # The sender was taken: the trouble is with this recipient, not with the others.
                reply = Reply(Outcome.DEFERRED, reply.code, reply.words)
            self._refusal = reply

    def _may_follow(self) -> list[Heard]:
        if self._refusal is None:
            self._body_is_awaited = True
            return [Heard(What.TAKEN, Reply(Outcome.ACCEPTED, 354))]
        # RFC 2920 3.1: a 354 without any recipient is answered with the dot alone.
        self._awaited.appendleft(_Await.EMPTY)
        self._out += b".\r\n"
        self._write()
        return []

    def _refused(self) -> list[Heard]:
        reply, self._refusal = self._refusal, None
        assert reply is not None
        if reply.outcome is Outcome.UNREACHABLE:
            return self.lose(reply.words)
        return [Heard(What.REFUSED, reply)]


def _is_astray(awaited: _Await, code: int) -> bool:
    """Whether a reply fits nothing that was said: from there on nobody knows what is meant."""
    if awaited is _Await.DATA:
        return not (code == 354 or 400 <= code < 600)
    return not (200 <= code < 300 or 400 <= code < 600)
