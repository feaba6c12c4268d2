"""What the fault proxy is to do, where in the conversation, and how often."""

import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

VERBS = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "DOT", "RSET", "QUIT")

# before VERB  the client has said it, the server has not seen it (before DOT: the server has the
#              whole body but its final dot)
# reply VERB   the server has answered (reply DOT: it has accepted the mail), the client has not
#              seen that yet
# after VERB   the client has been given the answer
POINTS = frozenset(
    {f"{when} {verb}" for verb in VERBS for when in ("before", "reply", "after")} | {"mid-body"}
)

# Each action, in the order given; "reset", "close" and "hang" end the conversation.
ACTIONS = frozenset(
    {
        "reset",  # RST to both sides
        "close",  # FIN to both sides
        "hang",  # not a word more, until the client gives up
        "drop",  # the command does not reach the server, or its reply not the client
        "say",  # ``words`` to the client instead; at "before …" the server is not asked
        "strip",  # the lines of the reply that hold ``words`` are left out
        "trickle",  # from here on the client gets one byte every ``seconds``
        "wait",  # ``seconds``
        "kill",  # ``signal`` to the one of ``pids`` that holds this connection
    }
)


@dataclass
class Fault:
    """``skip`` passes are let through first, then ``times`` are hit (0: all), each by ``odds``.

    Only passes of a recipient that holds ``recipient`` count, where it is given; where ``pids``
    are, only those on a connection that one of them holds.
    """

    point: str
    actions: list[str]
    words: str = ""
    seconds: float = 1.0
    signal: int = 9
    pids: list[int] = field(default_factory=list)
    skip: int = 0
    times: int = 1
    odds: float = 1.0
    recipient: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        self.name = self.name or f"{'+'.join(self.actions)} at {self.point}"
        if self.point not in POINTS or not set(self.actions) <= ACTIONS:
            raise ValueError(f"no such fault: {self}")

    def to_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass
class Armed:
    """A fault that counts its passes."""

    fault: Fault
    passed: int = 0
    hit: int = 0

    def hits(
        self, point: str, recipient: str, chance: random.Random, *, held_by: Callable[[int], bool]
    ) -> bool:
        """Whether it strikes now."""
        fault = self.fault
        if point != fault.point or fault.recipient not in recipient:
            return False
        if fault.times and self.hit >= fault.times:
            return False
        if fault.pids and not any(map(held_by, fault.pids)):
            return False
        self.passed += 1
        if self.passed <= fault.skip or chance.random() >= fault.odds:
            return False
        self.hit += 1
        return True
