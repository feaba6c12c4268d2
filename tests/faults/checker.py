"""Joins what the mail server has accepted with what the database says."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select

from outreach.domain.message import MessageEvent, MessageState
from outreach.store.database import Database
from outreach.store.tables import Contact, DeliveryEvent, Message
from tests.faults.servers import Taken

_UNENDED = frozenset({MessageState.QUEUED, MessageState.SENDING})
_DOUBT = frozenset({MessageEvent.REPEAT, MessageEvent.LAPSED_AFTER_DATA})


@dataclass(frozen=True)
class Row:
    """One message of the outbox, with the address it is for and the facts recorded of it.

    ``marked_at``: it is being sent, and since then its body may have gone out.
    """

    message_id: str
    recipient: str
    state: str
    repeats: int = 0
    lapses: int = 0
    attempts: int = 0
    last_reply: str = ""
    marked_at: datetime | None = None
    key: int = 0
    events: tuple[str, ...] = ()

    @property
    def is_flagged(self) -> bool:
        """Whether a coordinator sees that it may have gone out twice."""
        return self.repeats > 0 or bool(_DOUBT & set(self.events))


def read_rows(url: str) -> list[Row]:
    database = Database(url)
    with database.reading() as session:
        events: dict[int, list[str]] = {}
        for key, event in session.exec(
            select(DeliveryEvent.message_pk, DeliveryEvent.event).order_by(col(DeliveryEvent.id))
        ):
            events.setdefault(key, []).append(event)
        query = select(Message, Contact.email).join(
            Contact, col(Contact.id) == col(Message.contact_id)
        )
        rows = [
            Row(
                message.message_id,
                email,
                message.state,
                message.repeats,
                message.lapses,
                message.attempts,
                message.last_reply,
                message.data_at if message.state == MessageState.SENDING else None,
                message.id or 0,
                tuple(events.get(message.id or 0, ())),
            )
            for message, email in session.exec(query)
        ]
    database.close()
    return rows


@dataclass
class Finding:
    """What does not fit. ``duplicates`` counts the copies beyond the first."""

    mails: int = 0
    rows: int = 0
    states: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    duplicates: int = 0
    most_copies: int = 0
    copied: list[str] = field(default_factory=list)
    unflagged: list[str] = field(default_factory=list)
    flagged: int = 0
    uncertain: int = 0
    strangers: list[str] = field(default_factory=list)
    unended: list[str] = field(default_factory=list)
    misrouted: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Every mail has a row, every sent row a mail, every row an end, every copy a flag."""
        return not self.faults

    @property
    def faults(self) -> list[str]:
        return [
            f"{len(found)} {what}"
            for what, found in (
                ("lost (sent, and no mail)", self.lost),
                ("mails without a row", self.strangers),
                ("rows without an end", self.unended),
                ("second copies without a flag", self.unflagged),
                ("mails at another's address", self.misrouted),
                ("mails whose row says failed or cancelled", self.denied),
            )
            if found
        ]


def check(taken: Iterable[Taken], rows: Sequence[Row], *, may_wait: bool = False) -> Finding:
    """``may_wait``: a row that is queued for later has an end in sight."""
    mails = list(taken)
    copies = Counter(mail.message_id for mail in mails)
    by_id = {row.message_id: row for row in rows}
    found = Finding(mails=len(mails), rows=len(rows), states=Counter(row.state for row in rows))
    found.strangers = [key for key in copies if key not in by_id]
    found.misrouted = [
        mail.message_id
        for mail in mails
        if mail.message_id in by_id and by_id[mail.message_id].recipient != mail.recipient
    ]
    found.duplicates = sum(many - 1 for many in copies.values())
    found.copied = [key for key, many in copies.items() if many > 1]
    found.most_copies = max(copies.values(), default=0)
    for row in rows:
        _judge(row, copies[row.message_id], found, may_wait=may_wait)
    return found


def _judge(row: Row, copies: int, found: Finding, *, may_wait: bool) -> None:
    found.flagged += row.is_flagged
    found.uncertain += row.state == MessageState.UNCERTAIN
    if row.state == MessageState.SENT and not copies:
        found.lost.append(row.message_id)
    if row.state == MessageState.SENDING or (row.state in _UNENDED and not may_wait):
        found.unended.append(row.message_id)
    if copies > 1 and not row.is_flagged:
        found.unflagged.append(row.message_id)
    if copies and row.state in (MessageState.FAILED, MessageState.CANCELLED):
        found.denied.append(row.message_id)
