"""The connections of one sender: opened as needed, listened to together."""

import select
import socket
from contextlib import suppress
from time import monotonic

from outreach.mail.connection import Heard, SmtpConnection
from outreach.mail.opening import Opening
from outreach.mail.replies import Reply
from outreach.mail.target import SmtpTarget

# A server that takes no more connections is not asked for another one at once.
_PAUSE = 30.0

News = list[tuple[SmtpConnection, list[Heard]]]


class ConnectionGroup:
    """Up to ``size`` connections to one server. Not for use by two threads at once.

    ``trouble`` is why the last opening failed; None once one succeeds.
    """

    def __init__(self, target: SmtpTarget, *, size: int) -> None:
        self._target = target
        self._size = size
        self._openings: list[Opening] = []
        self._open: dict[int, SmtpConnection] = {}
        self._poll = select.poll()
        self._writing: set[int] = set()
        self._ring, self._bell = socket.socketpair()
        self._ring.setblocking(False)
        self._bell.setblocking(False)
        self._poll.register(self._ring, select.POLLIN)
        self._more_after = 0.0
        self.trouble: Reply | None = None

    @property
    def connections(self) -> list[SmtpConnection]:
        return list(self._open.values())

    @property
    def is_opening(self) -> bool:
        return bool(self._openings)

    def want(self, many: int) -> None:
        """Begins to open so many, within the size; what opens is in ``connections`` later."""
        under_way = len(self._open) + len(self._openings)
        if monotonic() < self._more_after:
            many = min(many, 1)
        missing = min(many, self._size) - under_way
        for _ in range(missing):
            self._openings.append(Opening(self._target, when_done=self._wake))

    def listen(self, timeout: float) -> News:
        """What was heard within ``timeout`` seconds, at once where there is something.

        Openings that came to an end are taken in on the way.
        """
        self._watch_writers()
        heard: News = []
        for descriptor, _ in self._poll.poll(max(0.0, timeout) * 1000):
            connection = self._open.get(descriptor)
            if connection is None:
                self._take_openings()
            else:  # a part of a reply tells nothing yet, and is no silence either
                heard.append((connection, connection.move()))
        self._forget_closed()
        return heard

    def expire(self) -> News:
        """What follows from replies that did not come in time. To be asked for now and then."""
        self._take_openings()
        late = [(connection, connection.expire()) for connection in self.connections]
        self._forget_closed()
        return [(connection, told) for connection, told in late if told]

    def drop(self, connection: SmtpConnection) -> None:
        """Closes it without a word."""
        descriptor = connection.fileno()
        connection.close()
        self._forget(descriptor)

    def close(self) -> None:
        for opening in self._openings:
            opening.give_up()
        self._openings.clear()
        for descriptor, connection in list(self._open.items()):
            connection.quit()
            self._forget(descriptor)
        self._ring.close()
        self._bell.close()

    def _wake(self) -> None:
        with suppress(OSError):
            self._bell.send(b"!")

    def _take_openings(self) -> None:
        with suppress(OSError):
            self._ring.recv(1024)
        for opening in [one for one in self._openings if one.done]:
            self._openings.remove(opening)
            opened = opening.take()
            if isinstance(opened, Reply):
                self.trouble = opened
                self._more_after = monotonic() + _PAUSE
            else:
                self.trouble = None
                self._open[opened.fileno()] = opened
                self._poll.register(opened.fileno(), select.POLLIN)

    def _watch_writers(self) -> None:
        """A server that is slow to take a body is waited for like one that is slow to answer."""
        writing = {fd for fd, connection in self._open.items() if connection.wants_to_write}
        for descriptor in writing ^ self._writing:
            if descriptor in self._open:
                also = select.POLLOUT if descriptor in writing else 0
                self._poll.modify(descriptor, select.POLLIN | also)
        self._writing = writing

    def _forget_closed(self) -> None:
        for descriptor in [fd for fd, connection in self._open.items() if connection.closed]:
            self._forget(descriptor)

    def _forget(self, descriptor: int) -> None:
        if self._open.pop(descriptor, None) is not None:
            with suppress(KeyError, OSError, ValueError):
                self._poll.unregister(descriptor)
