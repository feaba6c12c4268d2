"""One connection of a sender, and the mails on it."""

from collections import deque
from dataclasses import dataclass, field

from outreach.mail.connection import SmtpConnection
from outreach.services.mail_stock import Mail


@dataclass(eq=False)
class Line:
    """One connection and its mails: the one whose envelope is ``offered`` (``taken``: its 354 has
    come), the one whose body is out (``sending``), and the ``window``: those to follow, which are
    marked together with the one before them."""

    connection: SmtpConnection
    offered: Mail | None = None
    taken: bool = False
    sending: Mail | None = None
    window: deque[Mail] = field(default_factory=deque)
    marked_pks: set[int] = field(default_factory=set)
    has_served: bool = False

    @property
    def is_active(self) -> bool:
        return self.offered is not None or self.sending is not None

    @property
    def waiting(self) -> list[Mail]:
        """What waits for the round's marks."""
        return [*([self.offered] if self.offered else []), *self.window]
