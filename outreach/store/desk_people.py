"""The contacts of the organizations on a page, and the last mail that asked each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from outreach.domain.message import ASKING_KINDS, MessageState
from outreach.domain.state_words import PUT_OFF
from outreach.store.tables import Contact, Message


@dataclass(frozen=True)
class ListedPerson:
    """A contact in a list, with the last mail that asked them; its ``state`` is empty before any,
    and PUT_OFF where a server has put it off."""

    id: int
    organization_id: int
    name: str
    email: str
    role: str
    language: str
    zone: str
    mail_state: str = ""
    mail_kind: str = ""
    mail_words: str = ""


def list_people(session: Session, organization_ids: Sequence[int]) -> list[ListedPerson]:
    """The contacts in use of those organizations, in the order they came in."""
    query = select(
        col(Contact.id),
        col(Contact.organization_id),
        col(Contact.name),
        col(Contact.email),
        col(Contact.role),
        col(Contact.language),
        col(Contact.zone),
    ).where(col(Contact.organization_id).in_(organization_ids), col(Contact.replaced_at).is_(None))
    rows: Sequence[Any] = session.connection().execute(query.order_by(col(Contact.id))).all()
    mails = _last_mails(session, [row[0] for row in rows])
    return [ListedPerson(*row, *mails.get(row[0], ())) for row in rows]


def _last_mails(session: Session, contact_ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
    """By contact: state, kind and the server's words of the last mail that asked."""
    query = select(
        col(Message.contact_id), col(Message.state), col(Message.kind), col(Message.last_reply)
    ).where(
        col(Message.contact_id).in_(contact_ids),
        col(Message.kind).in_(ASKING_KINDS),
        col(Message.state) != MessageState.CANCELLED,
    )
    found: dict[int, tuple[str, str, str]] = {}
    for contact, state, kind, words in session.connection().execute(
        query.order_by(col(Message.id))
    ):
        put_off = state == MessageState.QUEUED and words
        found[contact] = (PUT_OFF if put_off else state, kind, words)
    return found
