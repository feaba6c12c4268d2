"""All that is kept of a person is shown to them (GDPR, article 15)."""

import json
from datetime import datetime
from typing import Any

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.partners.keys import email_key
from outreach.services.erase_person import NobodyOfThisAddress, ids_of, words_of
from outreach.services.note_activity import note_activity
from outreach.store import erasures, join_requests, mentions, recorded_erasures
from outreach.store.mentions import Mention
from outreach.store.tables import Contact


def export_person(session: Session, *, email: str) -> dict[str, Any]:
    """All that is kept of who has this address, as plain values. Raises NobodyOfThisAddress."""
    key = email_key(email)
    found = erasures.find_contacts(session, key)
    sought = words_of(session, key, found)
    suppression = erasures.find_suppression(session, key)
    told = {
        "contacts": [_told(session, contact) for contact in found],
        "suppression": suppression.model_dump(mode="json") if suppression else None,
        "recorded_consents": [
            recorded_erasures.tell(session, record)
            for record in recorded_erasures.recorded_of(session, ids_of(found), sought)
        ],
        "join_requests": join_requests.tell(session, key),
        "mentions": [
            {"table": one.table.name, "column": one.column.name, "text": _in_words(one)}
            for one in mentions.find_mentions(session, sought)
        ],
    }
    if not any(told.values()):
        raise NobodyOfThisAddress
    return told


def _told(session: Session, contact: Contact) -> dict[str, Any]:
    assert contact.id is not None
    facts = contact.model_dump(mode="json", exclude={"email_key"})
    return {**facts, **erasures.related_rows(session, contact.id)}


def _in_words(mention: Mention) -> str:
    """A mail's copy bears the reader's way in, and a file is all others' as well."""
    if mention.column.name == "sent":
        return "the copy of a mail that names the person"
    return mention.value if isinstance(mention.value, str) else "a file that names the person"


def as_json(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def take_out_person(session: Session, *, email: str, by: Actor, now: datetime) -> str:
    """The same as a file, and in the activity log that it was taken, not whose it is. Raises
    NobodyOfThisAddress."""
    told = as_json(export_person(session, email=email))
    note_activity(session, by=by, action="person.export", now=now)
    return told
