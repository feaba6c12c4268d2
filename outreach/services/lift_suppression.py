"""Addresses that get no mail: listed for coordinators, and lifted where an owner has a reason."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors, Refused
from outreach.services.note_activity import note_activity
from outreach.store import requeue, suppressions
from outreach.store.suppressions import ListedSuppression

PAGE_SIZE = 50
_LONGEST_REASON = 500


class SuppressionNotFound(Refused):
    """The address gets mail, or was never known."""


@dataclass(frozen=True)
class SuppressionList:
    """One page, newest first; ``total`` counts those on all ``pages``."""

    rows: tuple[ListedSuppression, ...]
    total: int
    page: int
    pages: int


def list_suppressions(session: Session, *, search: str = "", page: int = 1) -> SuppressionList:
    """Past the last page is the last page."""
    text = search.replace("\0", " ").strip().casefold()
    total = suppressions.count_listed(session, text)
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(page, pages)
    rows = suppressions.list_page(session, text, start=(page - 1) * PAGE_SIZE, many=PAGE_SIZE)
    return SuppressionList(tuple(rows), total, page, pages)


def find_suppression(session: Session, suppression_id: int) -> ListedSuppression:
    """Raises SuppressionNotFound."""
    found = suppressions.find_listed(session, suppression_id)
    if found is None:
        raise SuppressionNotFound("this address is not among those that get no mail")
    return found


def lift_suppression(
    session: Session, suppression_id: int, *, reason: str, by: Actor, now: datetime
) -> int:
    """Mails may go to the address again; the invitations that were held back go out after all.

    Returns how many. Raises SuppressionNotFound, FieldErrors.
    """
    found = find_suppression(session, suppression_id)
    why = _require_reason(reason)
    suppressions.lift_suppression(session, found.email_key)
    # As suppress_contact words it, and as the last look before DATA does.
    held_back = (found.reason, f"the address gets no mail: {found.reason}")
    requeued = requeue.requeue_invitations(session, found.email_key, reasons=held_back, now=now)
    only = found.whose[0] if len(found.whose) == 1 else None
    note_activity(
        session,
        by=by,
        action="suppression.lift",
        campaign_id=only.campaign_id if only else None,
        organization_id=only.organization_id if only else None,
        detail=f"{masked(found.email_key)} ({found.reason}): {why}",
        now=now,
    )
    return requeued


def masked(address: str) -> str:
    """``a…@one.example``: enough to know it again, and no address in a log that is never cut."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _require_reason(reason: str) -> str:
    why = " ".join(reason.replace("\0", " ").split())
    if not why:
        raise FieldErrors({"reason": "Say how you know that mail is wanted again."})
    if len(why) > _LONGEST_REASON:
        raise FieldErrors({"reason": f"Please say it in {_LONGEST_REASON} characters."})
    return why
