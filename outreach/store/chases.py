"""Organizations without an answer: what is known of each, and who takes care of it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, false, func, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from outreach.domain.chase import Asked, ChaseFacts
from outreach.domain.errors import ChangedMeanwhile, InvitationNotFound
from outreach.domain.invitation import UNANSWERED_STATES, InvitationState
from outreach.domain.message import ASKING_KINDS, MessageKind, MessageState
from outreach.store.bulk import in_parts
from outreach.store.columns import UtcDateTime
from outreach.store.desk_tables import Chase, Note, PageView
from outreach.store.tables import Contact, Invitation, Message

# Who has not answered; a deferral is a promise to.
OWING_STATES = (*sorted(UNANSWERED_STATES), InvitationState.DEFERRED)
_FAILED = (
    MessageState.FAILED,
    MessageState.UNCERTAIN,
    MessageState.BOUNCED,
    MessageState.COMPLAINED,
)


def list_owing(
    session: Session, *, campaign_id: int, organization_ids: Collection[int] | None = None
) -> list[ChaseFacts]:
    """All of a campaign's, or those of these organizations that owe an answer. One query, which
    looks at nothing of the others."""
    asked = _asked(campaign_id, organization_ids)
    viewed = _viewed(campaign_id, organization_ids)
    touched = _touched(campaign_id, organization_ids)
    query = (
        select(
            col(Invitation.organization_id),
            col(Invitation.state),
            col(Invitation.decides_on),
            col(Chase.owner_id),
            col(Chase.next_on),
            viewed.c.at,
            touched.c.at,
            *(asked.c[name] for name in _ASKED),
        )
        .outerjoin(asked, asked.c.invitation_id == col(Invitation.id))
        .outerjoin(viewed, viewed.c.invitation_id == col(Invitation.id))
        .outerjoin(touched, touched.c.organization_id == col(Invitation.organization_id))
        .outerjoin(Chase, col(Chase.organization_id) == col(Invitation.organization_id))
        .where(col(Invitation.campaign_id) == campaign_id, col(Invitation.state).in_(OWING_STATES))
    )
    if organization_ids is not None:
        query = query.where(col(Invitation.organization_id).in_(organization_ids))
    return [_facts(row) for row in session.connection().execute(query)]


_ASKED = ("sent", "reminders", "waiting", "failed", "put_off_since", "last_at")


def _facts(row: Sequence[Any]) -> ChaseFacts:
    organization_id, state, decides_on, owner_id, next_on, viewed_at, touched_at, *asked = row
    sent, reminders, waiting, failed, put_off_since, last_at = asked
    return ChaseFacts(
        organization_id,
        Asked(sent or 0, reminders or 0, waiting or 0, failed or 0, put_off_since, last_at),
        viewed_at=viewed_at,
        touched_at=touched_at,
        owner_id=owner_id,
        next_on=next_on,
        has_deferred=state == InvitationState.DEFERRED,
        decides_on=decides_on,
    )


def _asked(campaign_id: int, organization_ids: Collection[int] | None) -> Subquery:
    """By invitation, of the contacts that are still in use."""
    state, is_sent = col(Message.state), col(Message.state) == MessageState.SENT
    is_waiting = (state == MessageState.SENDING) | (
        (state == MessageState.QUEUED) & (col(Message.attempts) == 0)
    )
    is_put_off = (state == MessageState.QUEUED) & (col(Message.attempts) > 0)
    is_reminder = is_sent & (col(Message.kind) == MessageKind.REMINDER)
    query = (
        select(
            col(Message.invitation_id),
            _count(is_sent).label("sent"),
            func.count(func.distinct(case((is_reminder, col(Message.step))))).label("reminders"),
            _count(is_waiting).label("waiting"),
            _count(state.in_(_FAILED)).label("failed"),
            func.min(case((is_put_off, col(Message.created_at))), type_=UtcDateTime()).label(
                "put_off_since"
            ),
            func.max(col(Message.sent_at), type_=UtcDateTime()).label("last_at"),
        )
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .where(
            col(Message.campaign_id) == campaign_id,
            col(Message.kind).in_(ASKING_KINDS),
            col(Contact.replaced_at).is_(None),
        )
        .group_by(col(Message.invitation_id))
    )
    if organization_ids is not None:
        query = query.where(col(Message.invitation_id).in_(_invitations(organization_ids)))
    return query.subquery()


def _invitations(organization_ids: Collection[int]) -> Select[Any]:
    return select(col(Invitation.id)).where(col(Invitation.organization_id).in_(organization_ids))


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _viewed(campaign_id: int, organization_ids: Collection[int] | None) -> Subquery:
    query = (
        select(
            col(PageView.invitation_id), func.max(col(PageView.at), type_=UtcDateTime()).label("at")
        )
        .join(Invitation, col(Invitation.id) == col(PageView.invitation_id))
        .where(col(Invitation.campaign_id) == campaign_id)
        .group_by(col(PageView.invitation_id))
    )
    if organization_ids is not None:
        query = query.where(col(PageView.invitation_id).in_(_invitations(organization_ids)))
    return query.subquery()


def _touched(campaign_id: int, organization_ids: Collection[int] | None) -> Subquery:
    query = (
        select(col(Note.organization_id), func.max(col(Note.at), type_=UtcDateTime()).label("at"))
        .where(col(Note.campaign_id) == campaign_id, col(Note.channel) != "")
        .group_by(col(Note.organization_id))
    )
    if organization_ids is not None:
        query = query.where(col(Note.organization_id).in_(organization_ids))
    return query.subquery()


def count_due(session: Session, campaign_id: int, *, today: date) -> int:
    """How many owe an answer and have a step that somebody planned for then or earlier."""
    query = (
        select(func.count())
        .select_from(Chase)
        .join(Invitation, col(Invitation.organization_id) == col(Chase.organization_id))
        .where(
            col(Chase.campaign_id) == campaign_id,
            col(Chase.next_on) <= today,
            col(Invitation.state).in_(OWING_STATES),
        )
    )
    return session.connection().execute(query).scalar_one()


def require_asked(session: Session, *, campaign_id: int, organization_id: int) -> None:
    """Raises InvitationNotFound unless the campaign has asked this organization."""
    query = select(col(Invitation.id)).where(
        col(Invitation.campaign_id) == campaign_id,
        col(Invitation.organization_id) == organization_id,
    )
    if session.connection().execute(query).first() is None:
        raise InvitationNotFound


def set_owner(
    session: Session,
    *,
    organization_id: int,
    campaign_id: int,
    owner_id: int | None,
    was: str | None = None,
    now: datetime,
) -> None:
    """``was``: the stamp of what was shown. Raises ChangedMeanwhile."""
    _set(session, organization_id, campaign_id, {"owner_id": owner_id}, was=was, now=now)


def set_owners(
    session: Session,
    *,
    organization_ids: Sequence[int],
    campaign_id: int,
    owner_id: int,
    now: datetime,
) -> int:
    """Of those of them that the campaign has asked. Returns how many."""
    asked: set[int] = set()
    for part in in_parts(organization_ids):
        query = select(col(Invitation.organization_id)).where(
            col(Invitation.campaign_id) == campaign_id,
            col(Invitation.organization_id).in_(part),
        )
        asked.update(session.connection().execute(query).scalars())
    facts = {"owner_id": owner_id, "updated_at": now}
    rows = [
        {"organization_id": one, "campaign_id": campaign_id, "next_step": "", **facts}
        for one in sorted(asked)
    ]
    for some in in_parts(rows):
        statement = _insert(session).values(some)
        session.connection().execute(
            statement.on_conflict_do_update(index_elements=["organization_id"], set_=facts)
        )
    return len(rows)


def set_next_step(
    session: Session,
    *,
    organization_id: int,
    campaign_id: int,
    next_step: str,
    next_on: date | None,
    was: str | None = None,
    now: datetime,
) -> None:
    """``was``: the stamp of what was shown. Raises ChangedMeanwhile."""
    facts: dict[str, object] = {"next_step": next_step, "next_on": next_on}
    _set(session, organization_id, campaign_id, facts, was=was, now=now)


def _set(
    session: Session,
    organization_id: int,
    campaign_id: int,
    facts: dict[str, object],
    *,
    was: str | None,
    now: datetime,
) -> None:
    """Of two at the same moment neither undoes what the other set elsewhere in the row."""
    row = {"organization_id": organization_id, "campaign_id": campaign_id, "next_step": ""}
    statement = _insert(session).values(row | {"updated_at": now} | facts)
    done = session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=["organization_id"],
            set_={"updated_at": now} | facts,
            where=_is_as_it_was(was),
        ).returning(col(Chase.organization_id))
    )
    if done.first() is None:
        raise ChangedMeanwhile


def _insert(session: Session) -> postgresql.Insert | sqlite.Insert:
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert(Chase) if is_postgresql else sqlite.insert(Chase)


def _is_as_it_was(was: str | None) -> ColumnElement[bool]:
    """Always, where nobody says what was shown; never, where nothing stood there."""
    if was is None:
        return true()
    try:
        moment = datetime.fromisoformat(was)
    except ValueError:
        return false()
    return col(Chase.updated_at) == moment if moment.tzinfo else false()
