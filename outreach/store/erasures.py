"""Taking a person out of the tables that keep contacts one by one, and remembering that it was
done. Where they are mentioned in words is known to ``mentions``."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, delete, func, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from outreach.domain.evidence import PERSONAL_FIELDS
from outreach.domain.message import (
    MESSAGE_MOVES,
    RECEIPT_KINDS,
    MessageEvent,
    MessageKind,
    MessageState,
)
from outreach.domain.moves import next_state
from outreach.store import messages
from outreach.store.desk_tables import PageView
from outreach.store.ledger_tables import Erasure, LedgerEvent, LedgerOpening
from outreach.store.mentions import ERASED
from outreach.store.review_tables import Review
from outreach.store.tables import (
    Answer,
    Contact,
    DeliveryEvent,
    Link,
    Message,
    Signature,
    Suppression,
)

_NOWHERE = "erased.invalid"  # RFC 2606: nothing is ever delivered there
_Ids = Collection[int] | SelectOfScalar[Any]


def find_contacts(session: Session, email_key: str) -> list[Contact]:
    """In every campaign, as they are now."""
    query = select(Contact).where(col(Contact.email_key) == email_key).order_by(col(Contact.id))
    return list(session.exec(query, execution_options={"populate_existing": True}))


def contacts_of(session: Session, campaign_id: int) -> list[Contact]:
    """All of a campaign's who were not erased."""
    query = select(Contact).where(col(Contact.campaign_id) == campaign_id, ~_is_erased())
    return list(session.exec(query.order_by(col(Contact.id))))


def all_email_keys(session: Session) -> list[str]:
    """Of everybody who was not erased."""
    query = select(Contact.email_key).where(~_is_erased()).distinct()
    return list(session.exec(query))


def _is_erased() -> Any:
    return col(Contact.email_key).endswith(f"@{_NOWHERE}", autoescape=True)


def find_suppression(session: Session, email_key: str) -> Suppression | None:
    return session.exec(select(Suppression).where(col(Suppression.email_key) == email_key)).first()


def remembered(session: Session) -> dict[str, datetime]:
    """When each keyed hash of an address was erased."""
    return dict(session.exec(select(Erasure.address_hash, Erasure.at)).all())


def remember(session: Session, address_hash: str, *, now: datetime) -> None:
    """Once; asked again, even at the same moment, nothing changes."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = (postgresql if is_postgresql else sqlite).insert(Erasure)
    row = {"address_hash": address_hash, "at": now}
    session.connection().execute(insert.on_conflict_do_nothing().values(row))


def related_rows(session: Session, contact_id: int) -> dict[str, list[dict[str, Any]]]:
    """What else is kept of a contact, by table. A link's id stays out: it is a way in."""
    sources: dict[str, tuple[Any, set[str]]] = {
        "links": (Link, {"id"}),
        "messages": (Message, {"owner", "lease_until"}),
        "answers": (Answer, set()),
        "signatures": (Signature, set()),
        "page_views": (PageView, set()),
        "reviews": (Review, {"settled_by"}),
    }
    told = {
        name: [
            row.model_dump(mode="json", exclude=hidden)
            for row in session.exec(select(table).where(table.contact_id == contact_id))
        ]
        for name, (table, hidden) in sources.items()
    }
    deliveries = _deliveries_to(session, contact_id)
    return {**told, "deliveries": deliveries, "ledger": _logged_of(session, contact_id)}


def _deliveries_to(session: Session, contact_id: int) -> list[dict[str, Any]]:
    """With the personal words of each mail that was kept."""
    query = (
        select(DeliveryEvent)
        .join(Message, col(Message.id) == col(DeliveryEvent.message_pk))
        .where(col(Message.contact_id) == contact_id)
        .order_by(col(DeliveryEvent.id))
    )
    return [
        {
            **row.model_dump(mode="json", exclude={"sent"}),
            "sent": json.loads(row.sent)["values"] if row.sent else [],
        }
        for row in session.exec(query)
    ]


def _logged_of(session: Session, contact_id: int) -> list[dict[str, Any]]:
    query = (
        select(LedgerOpening)
        .join(
            LedgerEvent,
            and_(
                col(LedgerEvent.campaign_id) == col(LedgerOpening.campaign_id),
                col(LedgerEvent.position) == col(LedgerOpening.position),
            ),
        )
        .where(col(LedgerEvent.contact_id) == contact_id)
        .order_by(col(LedgerOpening.campaign_id), col(LedgerOpening.position))
    )
    return [row.model_dump(exclude={"salt"}) for row in session.exec(query)]


@dataclass(frozen=True)
class Signed:
    """What the persons have signed with, or would have: whole names, and in what capacity."""

    names: frozenset[str]
    capacities: frozenset[str]


def signed_by(session: Session, contact_ids: _Ids) -> Signed:
    query = select(Signature.signer_name, Signature.capacity).where(
        col(Signature.contact_id).in_(contact_ids)
    )
    kept = select(Review.signer_name, Review.capacity).where(
        col(Review.contact_id).in_(contact_ids), col(Review.signer_name) != ""
    )
    rows = [*session.exec(query), *session.exec(kept)]
    return Signed(frozenset(name for name, _ in rows), frozenset(what for _, what in rows))


def erase_contacts(session: Session, contacts: Sequence[Contact], *, now: datetime) -> None:
    """What the columns say of these persons, and the openings of what was logged of them.

    What the organization consented to stays: its name, its credit line, that somebody signed.
    """
    ids = [contact.id for contact in contacts if contact.id is not None]
    _forget_replies(session, ids)  # waits for a sender who is claiming one of them
    messages.cancel_queued(session, contact_ids=ids, reason="", kinds=frozenset(MessageKind))
    _take_mails_back(session, ids)
    forget_copies(session, ids)
    _erase_openings(session, ids, emails={contact.email_key for contact in contacts})
    unnamed = {"signer_name": ERASED, "capacity": ERASED}
    named = update(Answer).where(_speaks_of(ids), col(Answer.signer_name) != "")
    _do(session, named.values(unnamed))
    answered = col(Answer.contact_id).in_(ids)
    _do(session, update(Answer).where(answered).values(reason=""))
    signed = col(Signature.contact_id).in_(ids)
    _do(session, update(Signature).where(signed).values(unnamed))
    contradicted = update(Review).where(col(Review.contact_id).in_(ids))
    _do(session, contradicted.values(reason="", note=""))
    _do(session, contradicted.where(col(Review.signer_name) != "").values(unnamed))
    is_live = col(Link.revoked_at).is_(None)
    revoke = update(Link).where(col(Link.contact_id).in_(ids), is_live)
    _do(session, revoke.values(revoked_at=now))
    for contact in contacts:
        contact.name = ""
        contact.email = contact.email_key = f"{contact.id}@{_NOWHERE}"
        contact.role = "copied"
        session.add(contact)
    session.flush()


def erase_suppression(session: Session, email_key: str) -> bool:
    """Returns whether there was one."""
    statement = delete(Suppression).where(col(Suppression.email_key) == email_key)
    return session.connection().execute(statement).rowcount > 0


def _speaks_of(contact_ids: _Ids) -> Any:
    """Of answers: that one names these persons. What follows a signature names who signed."""
    theirs = select(Signature.id).where(col(Signature.contact_id).in_(contact_ids))
    return or_(
        col(Answer.signature_id).in_(theirs),
        and_(col(Answer.signature_id).is_(None), col(Answer.contact_id).in_(contact_ids)),
    )


def _erase_openings(session: Session, contact_ids: _Ids, *, emails: Collection[str]) -> None:
    """Of each event that one of them caused, what is said of the person; of another's event, what
    is exactly their address, or what they have signed with."""
    signed = signed_by(session, contact_ids)
    said = sorted(signed.names | signed.capacities)
    answers = select(Answer.id).where(_speaks_of(contact_ids))
    event, opening = col(LedgerEvent.answer_id), col(LedgerOpening.value)
    theirs = (
        select(LedgerEvent.position)
        .where(
            col(LedgerEvent.campaign_id) == col(LedgerOpening.campaign_id),
            col(LedgerEvent.position) == col(LedgerOpening.position),
            or_(
                col(LedgerEvent.contact_id).in_(contact_ids),
                and_(event.in_(answers), opening.in_(said)),
                and_(col(LedgerOpening.field) == "email", func.lower(opening).in_(emails)),
            ),
        )
        .exists()
    )
    fields = col(LedgerOpening.field).in_(sorted(PERSONAL_FIELDS))
    _do(session, delete(LedgerOpening).where(fields, theirs))


def _mails_about(contact_ids: _Ids) -> Any:
    """Of messages: those to these persons, and those to anybody that name them: the receipts of
    their answers, the closing notices under their signatures."""
    number = cast(col(Answer.id), String)
    is_about = select(Answer.id).where(
        or_(_speaks_of(contact_ids), col(Answer.contact_id).in_(contact_ids)),
        or_(col(Message.step) == number, col(Message.step).like(number + "/%")),
    )
    asked = select(Answer.invitation_id).where(col(Answer.contact_id).in_(contact_ids))
    signed = select(Signature.invitation_id).where(col(Signature.contact_id).in_(contact_ids))
    kind = col(Message.kind)
    return or_(
        col(Message.contact_id).in_(contact_ids),
        and_(
            kind.in_(RECEIPT_KINDS),
            col(Message.invitation_id).in_(asked.union(signed)),
            is_about.exists(),
        ),
        and_(kind == MessageKind.CLOSING_NOTICE, col(Message.invitation_id).in_(signed)),
    )


def _take_mails_back(session: Session, contact_ids: _Ids) -> None:
    """From senders who hold them written already: to these persons none goes any more, and others
    get theirs written anew. A body that is on its way cannot be called back."""
    is_theirs = col(Message.contact_id).in_(contact_ids)
    held = and_(col(Message.state) == MessageState.SENDING, col(Message.data_at).is_(None))
    free = {"owner": None, "lease_until": None}
    cancelled = next_state(MESSAGE_MOVES, MessageState.SENDING, MessageEvent.CANCEL)
    _do(session, update(Message).where(held, is_theirs).values(state=cancelled, **free))
    _write_anew(session, _mails_about(contact_ids))


def forget_mails(session: Session, invitation_id: int) -> None:
    """Copies of the mails that say of an organization who has signed for it; those that senders
    hold written already are written anew."""
    kinds = col(Message.kind).in_({*RECEIPT_KINDS, MessageKind.CLOSING_NOTICE})
    about = and_(col(Message.invitation_id) == invitation_id, kinds)
    _write_anew(session, about)
    _forget_copies(session, about)


def _write_anew(session: Session, mails: ColumnElement[bool]) -> None:
    held = and_(col(Message.state) == MessageState.SENDING, col(Message.data_at).is_(None))
    again = next_state(MESSAGE_MOVES, MessageState.SENDING, MessageEvent.LAPSED_BEFORE_DATA)
    about = update(Message).where(held, mails)
    _do(session, about.values(state=again, owner=None, lease_until=None))


def forget_copies(session: Session, contact_ids: _Ids) -> int:
    """Of every mail that names these persons. Returns how many there were."""
    return _forget_copies(session, _mails_about(contact_ids))


def _forget_copies(session: Session, about: ColumnElement[bool]) -> int:
    mails = select(Message.id).where(about)
    kept = col(DeliveryEvent.message_pk).in_(mails), col(DeliveryEvent.sent).is_not(None)
    statement = update(DeliveryEvent).where(*kept).values(sent=None)
    return session.connection().execute(statement).rowcount


def forget_late_copies(session: Session) -> int:
    """Of mails that were on their way while somebody was erased. Returns how many there were."""
    return forget_copies(session, select(Contact.id).where(_is_erased()))


def _forget_replies(session: Session, contact_ids: _Ids) -> None:
    """Servers quote the address, and who knows what else."""
    mails = col(Message.contact_id).in_(contact_ids)
    theirs = select(Message.id).where(mails)
    events = col(DeliveryEvent.message_pk).in_(theirs)
    _do(session, update(DeliveryEvent).where(events).values(words=""))
    _do(session, update(Message).where(mails).values(last_reply=""))


def _do(session: Session, statement: Any) -> None:
    session.connection().execute(statement)
