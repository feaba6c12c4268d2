"""The proof of an organization's last answer, for whoever holds one of its links."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.errors import Refused
from outreach.ledger.commitment import Opening
from outreach.ledger.note import LogKey
from outreach.ledger.receipt import CheckedReceipt, LoggedEvent, check_receipt, write_receipt
from outreach.services.view_invitation import find_answer_page
from outreach.store import ledger
from outreach.store.ledger import StoredEvent


class NoReceipt(Refused):
    """The organization has given no answer that is logged."""


@dataclass(frozen=True)
class Receipt:
    """The file, and what it says."""

    text: str
    checked: CheckedReceipt


def give_receipt(session: Session, *, link_id: str, key: LogKey, now: datetime) -> Receipt:
    """The same text as the file that came by mail. Raises LinkRefused, NoReceipt."""
    find_answer_page(session.connection(), link_id=link_id, now=now)
    stored = ledger.find_newest_answer(session, link_id)
    if stored is None:
        raise NoReceipt
    text = receipt_of(stored, key)
    return Receipt(text, check_receipt(text, key=key.verifier(stored.origin)))


def receipt_of(stored: StoredEvent, key: LogKey) -> str:
    return write_receipt(
        LoggedEvent(
            log=stored.origin,
            position=stored.position,
            text=stored.event,
            before=stored.before,
            openings=tuple(Opening(*opening) for opening in stored.openings),
        ),
        key,
    )
