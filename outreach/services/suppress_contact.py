"""One contact wants no more mail. It never touches a signature."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.store import invitations, messages, requeue, suppressions

_REASON = "unsubscribed"
# As suppress() words it here, and as the last look before DATA does.
_HELD_BACK = (_REASON, f"the address gets no mail: {_REASON}")


@dataclass(frozen=True)
class SuppressionPage:
    address: str
    suppressed: bool


def find_suppression_page(session: Session, *, link_id: str, now: datetime) -> SuppressionPage:
    """Raises LinkRefused."""
    contact = invitations.require_linked(session, link_id, now=now).contact
    return SuppressionPage(contact.email, suppressions.is_suppressed(session, contact.email_key))


def suppress(session: Session, *, link_id: str, now: datetime) -> None:
    """Cancels what waits for the address and lets nothing more go to it. Raises LinkRefused."""
    contact = invitations.require_linked(session, link_id, now=now).contact
    assert contact.id is not None
    suppressions.record_suppression(session, contact.email_key, reason=_REASON, now=now)
    messages.cancel_queued(session, contact_ids=[contact.id], reason=_REASON)


def lift(session: Session, *, link_id: str, now: datetime) -> None:
    """Undoes it: by who pressed it by mistake, or in whose name a colleague did.

    The invitation that it held back goes out after all. Raises LinkRefused.
    """
    contact = invitations.require_linked(session, link_id, now=now).contact
    suppressions.lift_suppression(session, contact.email_key)
    requeue.requeue_invitations(session, contact.email_key, reasons=_HELD_BACK, now=now)
