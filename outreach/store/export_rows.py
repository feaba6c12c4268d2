"""A campaign's rows for spreadsheets, some at a time: each chunk begins after the last one's key,
so that neither memory nor an open transaction grows with them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from outreach.store.tables import (
    Answer,
    Contact,
    Invitation,
    Message,
    Organization,
    Signature,
    Suppression,
)

Value = str | int | datetime | None
_Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Sheet:
    """The headings, and the query for the rows of a campaign after a key: key first, then what
    stands under each heading."""

    headings: tuple[str, ...]
    query: Callable[[int, int], _Query]


def read_rows(
    session: Session, sheet: Sheet, campaign_id: int, *, after: int, many: int
) -> Sequence[Sequence[Value]]:
    """Each row's key first."""
    rows: Iterable[Any] = session.connection().execute(sheet.query(campaign_id, after).limit(many))
    return [tuple(row) for row in rows]


def _answers(campaign_id: int, after: int) -> _Query:
    """How each organization stands, with the answer that it gave last."""
    given = aliased(Answer)
    newest = (
        select(func.max(col(given.id)))
        .where(col(given.invitation_id) == col(Invitation.id))
        .scalar_subquery()
    )
    return (
        select(
            col(Organization.id),
            col(Organization.name),
            col(Organization.country),
            func.coalesce(col(Invitation.state), "not invited"),
            col(Invitation.answered_at),
            col(Signature.credit_line),
            func.coalesce(col(Signature.sort_name), col(Organization.sort_name)),
            col(Signature.signer_name),
            col(Signature.capacity),
            col(Signature.authority),
            col(Signature.method),
            col(Signature.privacy),
            col(Answer.statement_sha256),
            col(Answer.reason),
            col(Contact.name),
            col(Contact.email),
        )
        .outerjoin(Invitation, col(Invitation.organization_id) == col(Organization.id))
        .outerjoin(
            Signature,
            (col(Signature.invitation_id) == col(Invitation.id))
            & col(Signature.withdrawn_at).is_(None),
        )
        .outerjoin(Answer, col(Answer.id) == newest)
        .outerjoin(Contact, col(Contact.id) == col(Answer.contact_id))
        .where(col(Organization.campaign_id) == campaign_id, col(Organization.id) > after)
        .order_by(col(Organization.id))
    )


def _contacts(campaign_id: int, after: int) -> _Query:
    return (
        select(
            col(Contact.id),
            col(Organization.name),
            col(Organization.country),
            col(Contact.name),
            col(Contact.email),
            col(Contact.role),
            col(Contact.language),
            col(Contact.zone),
            col(Suppression.reason),
            col(Contact.replaced_at),
        )
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .where(col(Contact.campaign_id) == campaign_id, col(Contact.id) > after)
        .order_by(col(Contact.id))
    )


def _mails(campaign_id: int, after: int) -> _Query:
    return (
        select(
            col(Message.id),
            col(Message.id),
            col(Organization.name),
            col(Contact.name),
            col(Contact.email),
            col(Message.kind),
            col(Message.step),
            col(Message.state),
            col(Message.attempts),
            col(Message.repeats),
            col(Message.due_at),
            col(Message.sent_at),
            col(Message.message_id),
            col(Message.last_reply),
        )
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .where(col(Message.campaign_id) == campaign_id, col(Message.id) > after)
        .order_by(col(Message.id))
    )


# Instants are in UTC, and their headings say so.
ANSWERS = Sheet(
    (
        "organization",
        "country",
        "state",
        "answered_at_utc",
        "credit_line",
        "sort_name",
        "signer_name",
        "capacity",
        "authority",
        "method",
        "privacy",
        "statement_sha256",
        "reason",
        "answered_by",
        "answered_by_email",
    ),
    _answers,
)
CONTACTS = Sheet(
    (
        "organization",
        "country",
        "contact_name",
        "email",
        "role",
        "language",
        "timezone",
        "gets_no_mail_because",
        "replaced_at_utc",
    ),
    _contacts,
)
MAILS = Sheet(
    (
        "mail",
        "organization",
        "contact_name",
        "email",
        "kind",
        "step",
        "state",
        "attempts",
        "sent_again_after_doubt",
        "due_at_utc",
        "sent_at_utc",
        "message_id",
        "last_words",
    ),
    _mails,
)
