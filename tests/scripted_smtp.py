"""Connections that answer as a test says, in the place of those of outreach.mail.group.

No socket, no thread and no waiting: a Delivery over them does exactly one round at a time.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from outreach.mail.connection import Envelope, Heard, What
from outreach.mail.replies import Reply
from outreach.mail.reply_table import Outcome


class Answer(Enum):
    """What the server says next, to an envelope or after a body."""

    YES = Outcome.ACCEPTED
    LATER = Outcome.DEFERRED
    NOT_TO_THEM = Outcome.RECIPIENT_REJECTED
    NOT_THIS = Outcome.MESSAGE_REJECTED
    NOT_FROM_US = Outcome.STOPPED
    HANGS_UP = Outcome.UNREACHABLE
    SILENCE = None

    @property
    def reply(self) -> Reply:
        return Reply(self.value or Outcome.UNREACHABLE, 250, f"{self.name}, said the server")


@dataclass(eq=False)
class ScriptedConnection:
    """``sent`` is called with each body as it leaves, ``refused`` where the server then says that
    it has not taken it."""

    sent: Callable[[bytes], None]
    refused: Callable[[bytes], None]
    utf8: bool = True
    closed: bool = False
    envelope: Envelope | None = None
    body: bytes | None = None
    taken: bool = False

    @property
    def is_busy(self) -> bool:
        return self.body is not None or (self.envelope is not None and not self.taken)

    def offer(self, envelope: Envelope) -> None:
        assert not self.is_busy
        self.envelope, self.taken = envelope, False

    def send_body(self, body: bytes, *, then: Envelope | None = None) -> None:
        assert self.taken
        assert not self.closed
        self.body, self.envelope, self.taken = body, then, False
        self.sent(body)

    def hear(self, answer: Answer) -> list[Heard]:
        if answer is Answer.SILENCE:
            return []
        if answer is Answer.HANGS_UP:
            return self._lose()
        if self.body is not None:
            if answer is not Answer.YES:
                self.refused(self.body)
            self.body = None
            return [Heard(What.ANSWERED, answer.reply)]
        if answer is Answer.YES:
            self.taken = True
            return [Heard(What.TAKEN, answer.reply)]
        self.envelope = None
        return [Heard(What.REFUSED, answer.reply)]

    def _lose(self) -> list[Heard]:
        heard = [Heard(What.GONE, Answer.HANGS_UP.reply)]
        if self.body is not None:
            doubt = Reply(Outcome.DOUBTFUL, None, "the server hung up")
            heard.insert(0, Heard(What.ANSWERED, doubt))
        self.closed = True
        return heard


@dataclass
class ScriptedGroup:
    """``answers`` are given in order, one to each connection that waits; then there is silence.
    ``opening``: what becomes of each connection that is to be opened."""

    size: int
    sent: Callable[[bytes], None]
    refused: Callable[[bytes], None]
    answers: deque[Answer] = field(default_factory=deque)
    opening: Answer = Answer.YES
    trouble: Reply | None = None
    is_opening: bool = False
    connections: list[ScriptedConnection] = field(default_factory=list)

    def script(self, answers: Iterable[Answer], *, opening: Answer) -> None:
        self.answers, self.opening = deque(answers), opening

    def want(self, many: int) -> None:
        while len(self.connections) < min(many, self.size):
            if self.opening is not Answer.YES:
                self.trouble = self.opening.reply
                return
            self.trouble = None
            self.connections.append(ScriptedConnection(self.sent, self.refused))

    def listen(self, timeout: float) -> list[tuple[ScriptedConnection, list[Heard]]]:
        news = []
        for connection in [one for one in self.connections if one.is_busy]:
            if self.answers and (told := connection.hear(self.answers.popleft())):
                news.append((connection, told))
        self.connections = [one for one in self.connections if not one.closed]
        return news

    def expire(self) -> list[tuple[ScriptedConnection, list[Heard]]]:
        return []

    def drop(self, connection: ScriptedConnection) -> None:
        connection.closed = True
        self.connections.remove(connection)

    def close(self) -> None:
        self.connections.clear()
