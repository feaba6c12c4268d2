"""A person is erased by somebody's hand: one way for the command line and the desk."""

from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import Refused
from outreach.services.erase_again import note_erasure
from outreach.services.erase_person import ErasureReport, erase_person
from outreach.services.note_activity import note_activity
from outreach.store.database import Database


class ContactsChanged(Refused):
    """The address has more or fewer contacts than somebody has agreed to erase."""

    def __init__(self, *, contacts: int, expected: int) -> None:
        super().__init__(f"there are {contacts:,} contacts of this address now, not {expected:,}")


def erase_for_good(
    database: Database,
    home: Path,
    *,
    email: str,
    seed: bytes,
    mail_domain: str,
    by: Actor,
    now: datetime,
    expected: int | None = None,
) -> ErasureReport:
    """Erases who has this address, and notes it in the activity log and outside the database.

    ``expected`` is the number of contacts that was agreed to. Raises NobodyOfThisAddress and, with
    nothing erased, ContactsChanged.
    """

    def work(session: Session) -> ErasureReport:
        report = erase_person(session, email=email, seed=seed, mail_domain=mail_domain, now=now)
        if expected is not None and report.contacts != expected:
            raise ContactsChanged(contacts=report.contacts, expected=expected)
        # How much, never who: the log outlives the person's data.
        detail = f"{report.contacts:,} contacts, {report.mentions:,} other mentions"
        note_activity(session, by=by, action="person.erase", detail=detail, now=now)
        note_erasure(home, email, seed=seed)
        return report

    return database.persist(work)
