"""A campaign's messages, listed: a page of them, and how many there are of each sort."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlmodel import Session, col

from outreach.domain.campaign import CampaignState, takes_answers
from outreach.domain.invitation import UNANSWERED_STATES
from outreach.domain.message import ASKING_KINDS, MessageState
from outreach.store import progress
from outreach.store.name_search import NOTHING_SOUGHT, Search, in_contact, in_organization
from outreach.store.tables import (
    Campaign,
    Contact,
    Invitation,
    Message,
    Organization,
    Suppression,
)

_Query = Select[*tuple[Any, ...]]
_TROUBLED = (MessageState.UNCERTAIN, MessageState.FAILED, MessageState.BOUNCED)
_WAITING = (MessageState.QUEUED, MessageState.SENDING)
_URGENCY = {state.value: place for place, state in enumerate(_TROUBLED)}
_GONE = (MessageState.SENT, MessageState.BOUNCED, MessageState.COMPLAINED)


class Sort(StrEnum):
    """What a coordinator looks for."""

    ATTENTION = "attention"
    WAITING = "waiting"
    SENT = "sent"
    ALL = "all"


@dataclass(frozen=True)
class Wanted:
    """Which messages. ``state`` is a message's state, or ``put_off``: waiting, with a server's
    words on it."""

    sort: Sort = Sort.ALL
    state: str = ""
    kind: str = ""
    search: Search = NOTHING_SOUGHT


@dataclass(frozen=True)
class ListedMail:
    """One message with whom it is for. ``suppressed`` says why the address gets no mail."""

    id: int
    kind: str
    step: str
    state: str
    attempts: int
    repeats: int
    due_at: datetime
    sent_at: datetime | None
    words: str
    organization_id: int
    organization: str
    contact: str
    email: str
    role: str
    suppressed: str | None
    dismissed_at: datetime | None

    @property
    def is_put_off(self) -> bool:
        return self.state == MessageState.QUEUED and bool(self.words)


def count_sorts(session: Session, campaign: Campaign, *, now: datetime) -> dict[Sort, int]:
    """From the index alone, but for what needs attention."""
    assert campaign.id is not None
    by_state = progress.count_by_state(session, campaign.id)
    return {
        Sort.ATTENTION: count_wanted(session, campaign, Wanted(Sort.ATTENTION), now=now),
        Sort.WAITING: sum(by_state.get(state, 0) for state in _WAITING),
        Sort.SENT: sum(by_state.get(state, 0) for state in _GONE),
        Sort.ALL: sum(by_state.values()),
    }


def count_wanted(session: Session, campaign: Campaign, wanted: Wanted, *, now: datetime) -> int:
    query: _Query = select(func.count(col(Message.id)))
    found = _narrowed(session, query, campaign, wanted, now=now)
    return int(session.connection().execute(found).scalar_one())


def list_wanted(
    session: Session, campaign: Campaign, wanted: Wanted, *, start: int, many: int, now: datetime
) -> list[ListedMail]:
    """A page of them, in the order in which they are looked for. Whom they are for is looked up
    for the page alone."""
    order = _order(wanted.sort)
    keys = _narrowed(session, select(col(Message.id)), campaign, wanted, now=now)
    page = keys.order_by(*order).offset(start).limit(many).subquery()
    query = (
        select(
            col(Message.id),
            col(Message.kind),
            col(Message.step),
            col(Message.state),
            col(Message.attempts),
            col(Message.repeats),
            col(Message.due_at),
            col(Message.sent_at),
            col(Message.last_reply),
            col(Organization.id),
            col(Organization.name),
            col(Contact.name),
            col(Contact.email),
            col(Contact.role),
            col(Suppression.reason),
            col(Message.dismissed_at),
        )
        .join(page, page.c.id == col(Message.id))
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .outerjoin(Suppression, col(Suppression.email_key) == col(Contact.email_key))
        .order_by(*order)
    )
    rows: Iterable[Any] = session.connection().execute(query)
    return [ListedMail(*row) for row in rows]


def list_keys(
    session: Session, campaign: Campaign, wanted: Wanted, *, now: datetime
) -> Sequence[int]:
    """Of all of them, the keys alone."""
    query = _narrowed(session, select(col(Message.id)), campaign, wanted, now=now)
    rows: Iterable[Any] = session.connection().execute(query.order_by(col(Message.id)))
    return [row[0] for row in rows]


def _narrowed(
    session: Session, query: _Query, campaign: Campaign, wanted: Wanted, *, now: datetime
) -> _Query:
    """Joins only what it must look at: of 15,000 mails that is most of the work."""
    query = query.select_from(Message)
    if wanted.sort is Sort.ATTENTION:
        query = query.join(Contact, col(Contact.id) == col(Message.contact_id))
        query = query.join(Invitation, col(Invitation.id) == col(Message.invitation_id))
    if wanted.search.text:
        query = query.where(_has(session, campaign, wanted.search))
    query = query.where(col(Message.campaign_id) == campaign.id)
    if wanted.state == "put_off":
        query = query.where(_put_off())
    elif wanted.state:
        query = query.where(col(Message.state) == wanted.state)
    if wanted.kind:
        query = query.where(col(Message.kind) == wanted.kind)
    return query.where(_is(wanted.sort, campaign, now=now))


def _has(session: Session, campaign: Campaign, search: Search) -> ColumnElement[bool]:
    """Within the names, the address, or the Message-ID that a server's log names. Each contact is
    looked at once, however many mails it has."""
    found = (
        select(col(Contact.id))
        .join(Organization, col(Organization.id) == col(Contact.organization_id))
        .where(
            col(Contact.campaign_id) == campaign.id,
            in_contact(session, search) | in_organization(session, search),
        )
    )
    is_named = col(Message.message_id) == search.text.strip("<> ")
    return col(Message.contact_id).in_(found) | is_named


def _is(sort: Sort, campaign: Campaign, *, now: datetime) -> ColumnElement[bool]:
    match sort:
        case Sort.ATTENTION:
            return _needs_attention(campaign, now=now)
        case Sort.WAITING:
            return col(Message.state).in_(_WAITING)
        case Sort.SENT:
            return col(Message.state).in_(_GONE)
        case Sort.ALL:
            return true()


def _put_off() -> ColumnElement[bool]:
    return and_(col(Message.state) == MessageState.QUEUED, col(Message.last_reply) != "")


def _needs_attention(campaign: Campaign, *, now: datetime) -> ColumnElement[bool]:
    """In doubt, refused, come back, or put off until nobody can answer it any more; unless it asks
    for an answer that has come, or can come no more, or of somebody whom another has replaced."""
    asks = col(Message.kind).in_(ASKING_KINDS)
    too_late = and_(_put_off(), asks, col(Message.due_at) >= campaign.deadline)
    return and_(
        col(Message.state).in_((*_TROUBLED, MessageState.QUEUED)),
        or_(col(Message.state).in_(_TROUBLED), too_late),
        still_matters([campaign], now=now),
    )


def still_matters(campaigns: Iterable[Campaign], *, now: datetime) -> ColumnElement[bool]:
    """Of a message of one of them, with its invitation and its contact: it asks for nothing, or for
    an answer that can still come; nobody has taken the contact's place; and nobody has seen it and
    said that there is nothing to do."""
    answering = [
        one.id
        for one in campaigns
        if takes_answers(CampaignState(one.state), deadline=one.deadline, now=now)
    ]
    is_awaited = and_(
        col(Invitation.state).in_(UNANSWERED_STATES),
        or_(
            col(Message.campaign_id).in_(answering),
            col(Invitation.open_until) > now,  # a late signer's
        ),
    )
    asks = col(Message.kind).in_(ASKING_KINDS)
    return and_(
        or_(~asks, is_awaited),
        col(Contact.replaced_at).is_(None),
        col(Message.dismissed_at).is_(None),
    )


def _order(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    newest = col(Message.id).desc()
    match sort:
        case Sort.ATTENTION:  # what is in doubt first, then what failed, then what waits
            return (case(_URGENCY, value=col(Message.state), else_=len(_URGENCY)), newest)
        case Sort.WAITING:
            return (col(Message.due_at).asc(), col(Message.id).asc())
        case Sort.SENT:
            return (col(Message.sent_at).desc(), newest)
        case Sort.ALL:
            return (newest,)
