"""A campaign's organizations as the desk lists them: found, sorted, and fifty at a time.

However many there are, a page takes the same few statements.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import Session, col

from outreach.domain.invitation import UNANSWERED_STATES, InvitationState
from outreach.domain.message import ASKING_KINDS, MessageState
from outreach.store.desk_tables import PageView
from outreach.store.name_search import NOTHING_SOUGHT, Search, in_contact, in_organization
from outreach.store.tables import Contact, Invitation, Message, Organization, Signature


class Show(StrEnum):
    """Which organizations: by their answer, or by what keeps them from one."""

    ALL = "all"
    WAITING = "waiting"
    SIGNED = "signed"
    DECLINED = "declined"
    DEFERRED = "deferred"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NOT_REACHED = "not-reached"
    NOT_SEEN = "not-seen"
    NOT_INVITED = "not-invited"


class Sort(StrEnum):
    NAME = "name"
    STATE = "state"
    COUNTRY = "country"
    ANSWERED = "answered"


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to."""

    show: Show = Show.ALL
    language: str = ""
    country: str = ""
    search: Search = NOTHING_SOUGHT
    sort: Sort = Sort.NAME


@dataclass(frozen=True)
class Line:
    """One organization of a list. ``state`` is empty where it was never invited, ``privacy`` where
    no signature stands."""

    id: int
    name: str
    country: str
    state: str
    answered_at: datetime | None
    open_until: datetime | None
    invitation_id: int | None
    privacy: str


# What a list is sorted by that stands with the invitation; the others need no look at it.
_BY_INVITATION = (Sort.STATE, Sort.ANSWERED)

_ANSWERS = {
    Show.WAITING: tuple(UNANSWERED_STATES),
    Show.SIGNED: (InvitationState.SIGNED,),
    Show.DECLINED: (InvitationState.DECLINED,),
    Show.DEFERRED: (InvitationState.DEFERRED,),
    Show.WITHDRAWN: (InvitationState.WITHDRAWN,),
    Show.EXPIRED: (InvitationState.EXPIRED, InvitationState.REVOKED),
}


def page_of_ids(
    session: Session, campaign_id: int, wanted: Wanted, *, page: int, size: int
) -> tuple[list[int], int]:
    """The ids of a page, in the wanted order, and how many match on all pages. Past the last page
    is the last page. What takes a look into the mails or the names of each is looked for once."""
    if wanted.show is Show.NOT_REACHED or wanted.search.text:
        found = list_ids(session, campaign_id, wanted)
        start = _start(len(found), page=page, size=size)
        return found[start : start + size], len(found)
    total = count_lines(session, campaign_id, wanted)
    query = _matching(session, campaign_id, wanted, col(Organization.id))
    query = query.order_by(*_order(wanted.sort)).limit(size)
    page_of = query.offset(_start(total, page=page, size=size))
    return list(session.connection().execute(page_of).scalars()), total


def _start(total: int, *, page: int, size: int) -> int:
    last = max(total - 1, 0) // size
    return min(max(page, 1) - 1, last) * size


def lines_of(session: Session, campaign_id: int, organization_ids: Sequence[int]) -> list[Line]:
    """The campaign's of these, in this order."""
    query = (
        select(
            col(Organization.id),
            col(Organization.name),
            col(Organization.country),
            func.coalesce(col(Invitation.state), ""),
            col(Invitation.answered_at),
            col(Invitation.open_until),
            col(Invitation.id),
            func.coalesce(col(Signature.privacy), ""),
        )
        .select_from(Organization)
        .outerjoin(Invitation, col(Invitation.organization_id) == col(Organization.id))
        .outerjoin(
            Signature,
            (col(Signature.invitation_id) == col(Invitation.id))
            & col(Signature.withdrawn_at).is_(None),
        )
        .where(
            col(Organization.id).in_(organization_ids),
            col(Organization.campaign_id) == campaign_id,
        )
    )
    rows: Sequence[Any] = session.connection().execute(query).all()
    found = {row[0]: Line(*row) for row in rows}
    return [found[one] for one in organization_ids if one in found]


def count_lines(session: Session, campaign_id: int, wanted: Wanted) -> int:
    counted = replace(wanted, sort=Sort.NAME)
    query = _matching(session, campaign_id, counted, func.count())
    return int(session.connection().execute(query).scalar_one())


def list_ids(session: Session, campaign_id: int, wanted: Wanted) -> list[int]:
    """Of all that match, in the wanted order."""
    query = _matching(session, campaign_id, wanted, col(Organization.id))
    return list(session.connection().execute(query.order_by(*_order(wanted.sort))).scalars())


def list_languages(session: Session, campaign_id: int) -> list[str]:
    query = select(col(Contact.language)).where(
        col(Contact.campaign_id) == campaign_id, col(Contact.replaced_at).is_(None)
    )
    return sorted(session.connection().execute(query.distinct()).scalars())


def list_countries(session: Session, campaign_id: int) -> list[str]:
    query = select(col(Organization.country)).where(col(Organization.campaign_id) == campaign_id)
    return sorted(one for one in session.connection().execute(query.distinct()).scalars() if one)


def count_not_reached(session: Session, campaign_id: int) -> int:
    """Organizations that owe an answer and whom no mail has reached, with none on its way."""
    return count_lines(session, campaign_id, Wanted(show=Show.NOT_REACHED))


def last_views(session: Session, invitation_ids: Sequence[int]) -> dict[int, datetime]:
    """By invitation: when a person was last at its page."""
    query = (
        select(col(PageView.invitation_id), func.max(col(PageView.at)))
        .where(col(PageView.invitation_id).in_(invitation_ids))
        .group_by(col(PageView.invitation_id))
    )
    return {row[0]: row[1] for row in session.connection().execute(query)}


def _matching(session: Session, campaign_id: int, wanted: Wanted, *columns: Any) -> Select[Any]:
    query = select(*columns).select_from(Organization)
    if wanted.show is not Show.ALL or wanted.sort in _BY_INVITATION:
        query = query.outerjoin(Invitation, col(Invitation.organization_id) == col(Organization.id))
    query = query.where(col(Organization.campaign_id) == campaign_id, *_shown(wanted.show))
    if wanted.country:
        query = query.where(col(Organization.country) == wanted.country)
    if wanted.language:
        query = query.where(_with_contact(campaign_id, col(Contact.language) == wanted.language))
    if wanted.search.text:
        query = query.where(is_found(session, campaign_id, wanted.search))
    return query


def _shown(show: Show) -> list[ColumnElement[bool]]:
    if show is Show.ALL:
        return []
    if show is Show.NOT_INVITED:
        return [col(Invitation.id).is_(None)]
    if show is Show.NOT_REACHED:
        return [is_not_reached()]
    if show is Show.NOT_SEEN:
        seen = select(col(PageView.id)).where(col(PageView.invitation_id) == col(Invitation.id))
        return [_owes(), ~seen.exists()]
    return [col(Invitation.state).in_(_ANSWERS[show])]


def is_not_reached() -> ColumnElement[bool]:
    """Of an invitation: an answer is owed, no mail has reached any contact in use, and none is on
    its way."""
    return _owes() & ~_mail_that_asks(_there_or_on_its_way())


def _owes() -> ColumnElement[bool]:
    return col(Invitation.state).in_(UNANSWERED_STATES)


def _there_or_on_its_way() -> ColumnElement[bool]:
    waits = (col(Message.state) == MessageState.QUEUED) & (col(Message.last_reply) == "")
    return waits | col(Message.state).in_((MessageState.SENT, MessageState.SENDING))


def _mail_that_asks(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    query = (
        select(col(Message.id))
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .where(
            col(Message.invitation_id) == col(Invitation.id),
            col(Message.kind).in_(ASKING_KINDS),
            col(Contact.replaced_at).is_(None),
            condition,
        )
    )
    return query.exists()


def _with_contact(campaign_id: int, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    found = select(col(Contact.organization_id)).where(
        col(Contact.campaign_id) == campaign_id, col(Contact.replaced_at).is_(None), condition
    )
    return col(Organization.id).in_(found)


def is_found(session: Session, campaign_id: int, search: Search) -> ColumnElement[bool]:
    """Of an organization: by its name, by a contact's name, or by an address."""
    by_contact = _with_contact(campaign_id, in_contact(session, search))
    return by_contact | in_organization(session, search)


def _order(sort: Sort) -> list[Any]:
    """Ties, and what has no value, by name."""
    name = [col(Organization.name_key), col(Organization.id)]
    if sort is Sort.STATE:
        return [func.coalesce(col(Invitation.state), ""), *name]
    if sort is Sort.COUNTRY:
        return [col(Organization.country) == "", col(Organization.country), *name]
    if sort is Sort.ANSWERED:
        return [col(Invitation.answered_at).is_(None), col(Invitation.answered_at).desc(), *name]
    return name
