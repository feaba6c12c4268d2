"""Taking a person out of every table, and remembering that it was done.

Written over the tables as they are declared, so that a table that comes later is searched too.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import Column, LargeBinary, String, Table, delete, func, update
from sqlmodel import AutoString, Session, SQLModel, col, select

from outreach.domain.evidence import PERSONAL_FIELDS
from outreach.domain.moves import next_state
from outreach.domain.recorded_consent import CONSENT_MOVES, ConsentEvent, ConsentState
from outreach.store.consent_tables import ConsentFile, RecordedConsent
from outreach.store.ledger_tables import Erasure, LedgerEvent, LedgerOpening
from outreach.store.tables import (
    Answer,
    Contact,
    DeliveryEvent,
    Link,
    Message,
    Signature,
    Suppression,
)

ERASED = "(erased)"
_NOWHERE = "erased.invalid"  # RFC 2606: nothing is ever delivered there
# Append-only, or the coordinators' own; and openings, which would no longer open anything.
_UNTOUCHED_TABLES = frozenset(
    {"ledger_event", "ledger_checkpoint", "ledger_log", "ledger_opening", "erasure", "campaign"}
    | {"statement_version", "coordinator"}
)
# What the organization is called and has consented to, even where it bears a person's name.
_UNTOUCHED = frozenset(
    {("organization", name) for name in ("name", "name_key", "sort_name")}
    | {
        (table, name)
        for table in ("signature", "answer", "recorded_consent")
        for name in ("credit_line", "sort_name", "authority")
    }
    | {("activity", "actor")}
)


def find_contacts(session: Session, email_key: str) -> list[Contact]:
    """In every campaign."""
    query = select(Contact).where(col(Contact.email_key) == email_key).order_by(col(Contact.id))
    return list(session.exec(query))


def all_email_keys(session: Session) -> list[str]:
    """Of everybody who was not erased."""
    query = select(Contact.email_key).where(~col(Contact.email_key).endswith(_NOWHERE)).distinct()
    return list(session.exec(query))


def remembered(session: Session) -> dict[str, datetime]:
    """When each keyed hash of an address was erased."""
    return dict(session.exec(select(Erasure.address_hash, Erasure.at)).all())


def remember(session: Session, address_hash: str, *, now: datetime) -> None:
    session.merge(Erasure(address_hash=address_hash, at=now))
    session.flush()


def related_rows(session: Session, contact_id: int) -> dict[str, list[dict[str, Any]]]:
    """What else is kept of a contact, by table. A link's id stays out: it is a way in."""
    sources: dict[str, tuple[Any, set[str]]] = {
        "links": (Link, {"id"}),
        "messages": (Message, {"owner", "lease_until"}),
        "answers": (Answer, set()),
        "signatures": (Signature, set()),
        "recorded_consents": (RecordedConsent, {"recorded_by", "settled_by"}),
    }
    told = {
        name: [
            row.model_dump(mode="json", exclude=hidden)
            for row in session.exec(select(table).where(table.contact_id == contact_id))
        ]
        for name, (table, hidden) in sources.items()
    }
    return {**told, "ledger": _logged_of(session, contact_id)}


def _logged_of(session: Session, contact_id: int) -> list[dict[str, Any]]:
    query = (
        sqlalchemy.select(
            col(LedgerOpening.campaign_id),
            col(LedgerOpening.position),
            col(LedgerOpening.field),
            col(LedgerOpening.value),
        )
        .join(
            LedgerEvent,
            (col(LedgerEvent.campaign_id) == col(LedgerOpening.campaign_id))
            & (col(LedgerEvent.position) == col(LedgerOpening.position)),
        )
        .where(col(LedgerEvent.contact_id) == contact_id)
        .order_by(col(LedgerOpening.campaign_id), col(LedgerOpening.position))
    )
    return [dict(row) for row in session.connection().execute(query).mappings()]


def erase_contacts(session: Session, contacts: Sequence[Contact], *, now: datetime) -> None:
    """What the columns say of these persons, and the openings of what was logged of them.

    What the organization consented to stays: its name, its credit line, that somebody signed.
    """
    ids = [contact.id for contact in contacts]
    signed = col(Signature.contact_id).in_(ids)
    _do(session, update(Signature).where(signed).values(signer_name=ERASED, capacity=ERASED))
    answered = col(Answer.contact_id).in_(ids)
    named = update(Answer).where(answered, col(Answer.signer_name) != "")
    _do(session, named.values(signer_name=ERASED, capacity=ERASED))
    _do(session, update(Answer).where(answered).values(reason=""))
    _erase_openings(session, ids)
    _erase_replies(session, ids)
    _do(
        session,
        update(Link)
        .where(col(Link.contact_id).in_(ids), col(Link.revoked_at).is_(None))
        .values(revoked_at=now),
    )
    keys = [contact.email_key for contact in contacts]
    _do(session, delete(Suppression).where(col(Suppression.email_key).in_(keys)))
    for contact in contacts:
        contact.name = ""
        contact.email = contact.email_key = f"{contact.id}@{_NOWHERE}"
        contact.role = "copied"
        session.add(contact)
    session.flush()


def erase_recorded(
    session: Session, contact_ids: Collection[int | None], words: Collection[str], *, now: datetime
) -> None:
    """What was recorded of these persons, or of one who is called so: who, what they said and what
    they sent. One that still waits is refused: there is nothing left to confirm."""
    called_so = [_mentions(col(RecordedConsent.person), sorted(words))] if words else []
    theirs = sqlalchemy.or_(col(RecordedConsent.contact_id).in_(contact_ids), *called_so)
    for record in session.exec(select(RecordedConsent).where(theirs)):
        if record.state == ConsentState.WAITING:
            record.state = next_state(CONSENT_MOVES, ConsentState.WAITING, ConsentEvent.REFUSE)
            record.settled_at, record.reason = now, ERASED
        record.person = record.capacity = ERASED
        record.quote = ""
        session.add(record)
        session.flush()
        _do(session, delete(ConsentFile).where(col(ConsentFile.consent_id) == record.id))
        _erase_counted(session, record)


def _erase_counted(session: Session, record: RecordedConsent) -> None:
    """What the signature that came of it says of the person, and what the ledger opens."""
    gone = {"signer_name": ERASED, "capacity": ERASED}
    signed = select(Answer.signature_id).where(col(Answer.id) == record.answer_id)
    _do(session, update(Signature).where(col(Signature.id).in_(signed)).values(**gone))
    _do(session, update(Answer).where(col(Answer.id) == record.answer_id).values(**gone))
    logged = select(LedgerEvent.position).where(
        col(LedgerEvent.campaign_id) == record.campaign_id,
        sqlalchemy.or_(
            col(LedgerEvent.position) == record.event_position,
            col(LedgerEvent.answer_id) == record.answer_id,
        ),
    )
    openings = delete(LedgerOpening).where(
        col(LedgerOpening.campaign_id) == record.campaign_id,
        col(LedgerOpening.position).in_(logged),
        col(LedgerOpening.field).in_(sorted(PERSONAL_FIELDS)),
    )
    _do(session, openings)


def _erase_openings(session: Session, contact_ids: Collection[int | None]) -> None:
    """Of each event that one of them caused, what is said of the person."""
    theirs = (
        select(LedgerEvent.position)
        .where(
            col(LedgerEvent.campaign_id) == col(LedgerOpening.campaign_id),
            col(LedgerEvent.position) == col(LedgerOpening.position),
            col(LedgerEvent.contact_id).in_(contact_ids),
        )
        .exists()
    )
    fields = col(LedgerOpening.field).in_(sorted(PERSONAL_FIELDS))
    _do(session, delete(LedgerOpening).where(fields, theirs))


def _erase_replies(session: Session, contact_ids: Collection[int | None]) -> None:
    """Servers quote the address, and who knows what else."""
    mails = col(Message.contact_id).in_(contact_ids)
    theirs = select(Message.id).where(mails)
    events = col(DeliveryEvent.message_pk).in_(theirs)
    _do(session, update(DeliveryEvent).where(events).values(words=""))
    _do(session, update(Message).where(mails).values(last_reply=""))


def signer_names(session: Session, contact_ids: Collection[int | None]) -> set[str]:
    """The whole names that they have signed with, or were recorded with."""
    names = [
        select(Answer.signer_name).where(col(Answer.contact_id).in_(contact_ids)),
        select(RecordedConsent.person).where(col(RecordedConsent.contact_id).in_(contact_ids)),
    ]
    found = {name for query in names for name in session.exec(query.distinct())}
    return {name for name in found if " " in name.strip()}


def scrub(session: Session, words: Collection[str]) -> int:
    """Takes these words out of every text of every table, whatever their case, but for the names
    of organizations. Returns how many values were changed; bytes that hold one go as a whole."""
    sought = sorted({word.strip() for word in words if word.strip()}, key=len, reverse=True)
    if not sought:
        return 0
    pattern = re.compile("|".join(map(re.escape, sought)), re.IGNORECASE)
    _scrub_openings(session, sought)
    return sum(_scrub_column(session, *place, sought, pattern) for place in _places())


def _scrub_openings(session: Session, words: Sequence[str]) -> None:
    """A changed opening would be a false one: it goes."""
    query = delete(LedgerOpening).where(
        col(LedgerOpening.field).in_(sorted(PERSONAL_FIELDS)),
        _mentions(col(LedgerOpening.value), words),
    )
    _do(session, query)


def _places() -> Iterator[tuple[Table, Column[Any]]]:
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            is_words = isinstance(column.type, AutoString | String | LargeBinary)
            is_key = column.primary_key or column.foreign_keys
            ours = table.name in _UNTOUCHED_TABLES or (table.name, column.name) in _UNTOUCHED
            if is_words and not is_key and not ours:
                yield table, column


def _mentions(column: Any, words: Sequence[str]) -> Any:
    """SQLite knows upper and lower case of ASCII alone: the usual spellings are sought beside."""
    spelled = {one for word in words for one in (word, word.lower(), word.upper(), word.title())}
    either = [column.contains(one, autoescape=True) for one in sorted(spelled)]
    either += [func.lower(column).contains(word.lower(), autoescape=True) for word in words]
    return sqlalchemy.or_(*either)


def _scrub_column(
    session: Session,
    table: Table,
    column: Column[Any],
    words: Sequence[str],
    pattern: re.Pattern[str],
) -> int:
    keys = list(table.primary_key.columns)
    query = sqlalchemy.select(*keys, column)
    if isinstance(column.type, LargeBinary):
        found = session.connection().execute(query)
        rows = [row for row in found if any(_is_in(word, row[-1]) for word in words)]
    else:
        rows = list(session.connection().execute(query.where(_mentions(column, words))))
    for row in rows:
        value = b"" if isinstance(row[-1], bytes) else pattern.sub(ERASED, row[-1])
        place = [key == one for key, one in zip(keys, row[:-1], strict=True)]
        _do(session, table.update().where(*place).values({column.name: value}))
    return len(rows)


def _is_in(word: str, content: bytes | None) -> bool:
    return content is not None and word.lower().encode() in content.lower()


def _do(session: Session, statement: Any) -> None:
    session.connection().execute(statement)
