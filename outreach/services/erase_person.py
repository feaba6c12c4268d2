"""A person is erased, or shown all that is kept of them (GDPR, articles 15 and 17).

What an organization has consented to stays, and so do list and counts; the ledger's events stay to
the byte, and what their commitments hid of the person is gone. An erasure is remembered by a keyed
hash of the address, in the database and in a file outside it, so that a backup that is brought
back is erased again.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlmodel import Session

from outreach.domain.errors import Refused
from outreach.domain.evidence import EventKind, Method
from outreach.domain.message import MessageKind
from outreach.partners.keys import email_key
from outreach.services.append_event import Fact, append_event
from outreach.store import campaigns, erasures, messages
from outreach.store.database import Database
from outreach.store.tables import Contact

_log = structlog.get_logger(__name__)

FILE_NAME = "erasures"


class NobodyOfThisAddress(Refused):
    """Nothing is kept of this address."""

    def __init__(self) -> None:
        super().__init__("nothing is kept of this address")


@dataclass(frozen=True)
class ErasureReport:
    """How many contacts were erased, and in how many other places they were mentioned."""

    contacts: int
    mentions: int


def address_hash(email: str, *, seed: bytes) -> str:
    """Keyed: who has the database alone cannot try likely addresses."""
    key = hashlib.sha256(b"outreach.erasure" + seed).digest()
    return hmac.new(key, email_key(email).encode(), hashlib.sha256).hexdigest()


def erase_person(
    session: Session, *, email: str, seed: bytes, mail_domain: str, now: datetime
) -> ErasureReport:
    """Erases who has this address, in every campaign. Raises NobodyOfThisAddress."""
    found = erasures.find_contacts(session, email_key(email))
    if not found:
        raise NobodyOfThisAddress
    words = {email_key(email), *(contact.email for contact in found)}
    # A single word is too common a name to be sought everywhere.
    words |= {contact.name for contact in found if " " in contact.name.strip()}
    words |= erasures.signer_names(session, [contact.id for contact in found])
    campaign_ids = sorted({contact.campaign_id for contact in found})
    for campaign_id in campaign_ids:
        campaigns.hold_campaign(session, campaign_id)
    ids = [contact.id for contact in found if contact.id is not None]
    messages.cancel_queued(session, contact_ids=ids, reason="", kinds=set(MessageKind))
    erasures.erase_contacts(session, found, now=now)
    erasures.erase_recorded(session, ids, words, now=now)
    mentions = erasures.scrub(session, words)
    erasures.remember(session, address_hash(email, seed=seed), now=now)
    for campaign_id in campaign_ids:
        _log_erasure(session, campaign_id, mail_domain=mail_domain, now=now)
    return ErasureReport(len(found), mentions)


def _log_erasure(session: Session, campaign_id: int, *, mail_domain: str, now: datetime) -> None:
    """That somebody was erased is evidence too; who, is not said."""
    fact = Fact(
        kind=EventKind.ERASED,
        at=now,
        statement=campaigns.current_version(session, campaign_id),
        method=Method.SERVICE,
    )
    campaign = campaigns.hold_campaign(session, campaign_id)
    append_event(session, campaign, fact, mail_domain=mail_domain, now=now)


def export_person(session: Session, *, email: str) -> dict[str, Any]:
    """All that is kept of who has this address, as plain values. Raises NobodyOfThisAddress."""
    found = erasures.find_contacts(session, email_key(email))
    if not found:
        raise NobodyOfThisAddress
    return {"contacts": [_told(session, contact) for contact in found]}


def _told(session: Session, contact: Contact) -> dict[str, Any]:
    assert contact.id is not None
    facts = contact.model_dump(mode="json", exclude={"email_key"})
    return {**facts, **erasures.related_rows(session, contact.id)}


def note_erasure(home: Path, email: str, *, seed: bytes) -> None:
    """Keeps the hash outside the database, where no restored backup takes it back."""
    line = address_hash(email, seed=seed) + "\n"
    descriptor = os.open(home / FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def erase_again(
    database: Database, home: Path, *, seed: bytes, mail_domain: str, clock: Callable[[], datetime]
) -> int:
    """After a backup was brought back: erases who was erased since it was made.

    Looks at no contact unless the file knows of an erasure that the database does not. Returns how
    many persons were erased.
    """
    try:
        noted = set((home / FILE_NAME).read_text().split())
    except FileNotFoundError:
        return 0
    except (OSError, ValueError) as error:  # a sweep has other things to do
        _log.error("erasures_not_read", error=type(error).__name__)
        return 0
    with database.reading() as session:
        missing = noted - erasures.remembered(session).keys()
        if not missing:
            return 0
        emails = erasures.all_email_keys(session)
    found = [one for one in emails if address_hash(one, seed=seed) in missing]
    now = clock()
    with database.transaction() as session:
        for email in found:
            erase_person(session, email=email, seed=seed, mail_domain=mail_domain, now=now)
        for one in missing:
            erasures.remember(session, one, now=now)
    return len(found)


def as_json(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"
