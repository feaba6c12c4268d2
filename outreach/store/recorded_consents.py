"""Consents recorded by hand: kept, found with what is true of them now, settled once."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from outreach.domain.campaign import CampaignState
from outreach.domain.invitation import InvitationState
from outreach.domain.moves import next_state
from outreach.domain.recorded_consent import (
    CONSENT_MOVES,
    Channel,
    Circumstances,
    ConsentEvent,
    ConsentState,
    FileKind,
    Obstacle,
    find_obstacle,
)
from outreach.store.consent_tables import ConsentFile, RecordedConsent
from outreach.store.desk_tables import Coordinator
from outreach.store.tables import (
    Answer,
    Campaign,
    Contact,
    Invitation,
    Organization,
    StatementVersion,
)


@dataclass(frozen=True)
class Recorded:
    """A record as the desk shows it. ``recorder`` and ``settler`` are names; ``file_kind`` is empty
    where nothing is attached; ``obstacle`` is for one that still waits."""

    id: int
    organization_id: int
    organization: str
    state: ConsentState
    channel: Channel
    person: str
    capacity: str
    given_at: datetime
    credit_line: str
    sort_name: str
    privacy: str
    quote: str
    file_kind: str
    recorded_by: int
    recorder: str
    recorded_at: datetime
    settler: str
    settled_at: datetime | None
    reason: str
    answer_id: int | None
    obstacle: Obstacle | None

    @property
    def waits(self) -> bool:
        return self.state is ConsentState.WAITING


def add_record(session: Session, record: RecordedConsent) -> int:
    """Raises IntegrityError where one of the organization waits already."""
    session.add(record)
    session.flush()
    assert record.id is not None
    return record.id


def add_file(session: Session, consent_id: int, kind: FileKind, content: bytes) -> None:
    session.add(ConsentFile(consent_id=consent_id, kind=kind, content=content))
    session.flush()


def find_waiting(session: Session, invitation_id: int) -> RecordedConsent | None:
    query = select(RecordedConsent).where(
        col(RecordedConsent.invitation_id) == invitation_id,
        col(RecordedConsent.state) == ConsentState.WAITING,
    )
    return session.exec(query).first()


def lock_record(
    session: Session, *, campaign_id: int, organization_id: int, consent_id: int
) -> RecordedConsent | None:
    """As the row is now, held until the transaction ends; taken after the invitation."""
    query = (
        select(RecordedConsent)
        .where(
            col(RecordedConsent.id) == consent_id,
            col(RecordedConsent.campaign_id) == campaign_id,
            col(RecordedConsent.organization_id) == organization_id,
        )
        .with_for_update()
    )
    return session.exec(query, execution_options={"populate_existing": True}).first()


def settle_record(
    session: Session,
    record: RecordedConsent,
    event: ConsentEvent,
    *,
    by: int | None,
    reason: str = "",
    answer_id: int | None = None,
    now: datetime,
) -> None:
    """Of a locked record. Raises MoveRefused for one that was settled before."""
    record.state = next_state(CONSENT_MOVES, ConsentState(record.state), event)
    record.settled_by, record.settled_at = by, now
    record.reason, record.answer_id = reason, answer_id
    session.add(record)
    session.flush()


def newest_answer_id(session: Session, invitation_id: int) -> int | None:
    query = select(func.max(Answer.id)).where(col(Answer.invitation_id) == invitation_id)
    return session.exec(query).one()


def answer_ids(session: Session, campaign_id: int) -> set[int]:
    """The answers that were recorded by hand."""
    query = select(RecordedConsent.answer_id).where(
        col(RecordedConsent.campaign_id) == campaign_id, col(RecordedConsent.answer_id).is_not(None)
    )
    return {number or 0 for number in session.exec(query)}


def list_recorded(
    session: Session,
    campaign_id: int,
    *,
    organization_id: int | None = None,
    only_waiting: bool = False,
    now: datetime,
) -> list[Recorded]:
    """Of the campaign, or of one organization; the oldest first."""
    query = _query.where(col(RecordedConsent.campaign_id) == campaign_id)
    if organization_id is not None:
        query = query.where(col(RecordedConsent.organization_id) == organization_id)
    if only_waiting:
        query = query.where(col(RecordedConsent.state) == ConsentState.WAITING)
    rows = session.connection().execute(query.order_by(col(RecordedConsent.id)))
    return [_recorded(row, now=now) for row in rows]


def count_actionable(session: Session, campaign_id: int) -> int:
    """Of those that wait, the ones with which a person can still do something that leads to a
    signature: whose obstacle, if any, is neither ANSWERED nor CANCELLED."""
    query = (
        sqlalchemy.select(func.count())
        .select_from(RecordedConsent)
        .join(Invitation, col(Invitation.id) == col(RecordedConsent.invitation_id))
        .join(Campaign, col(Campaign.id) == col(RecordedConsent.campaign_id))
        .where(
            col(RecordedConsent.campaign_id) == campaign_id,
            col(RecordedConsent.state) == ConsentState.WAITING,
            col(Campaign.state) != CampaignState.CANCELLED,
            col(Invitation.state) != InvitationState.SIGNED,
            _newest_answer.is_not_distinct_from(col(RecordedConsent.last_answer_id)),
        )
    )
    return int(session.connection().execute(query).scalar_one())


def find_recorded(session: Session, consent_id: int, *, now: datetime) -> Recorded | None:
    row = session.connection().execute(_query.where(col(RecordedConsent.id) == consent_id)).first()
    return _recorded(row, now=now) if row else None


def contact_of(session: Session, record: RecordedConsent) -> Contact | None:
    """Whose consent it was, where it was one of their contacts, replaced since or not."""
    return session.get(Contact, record.contact_id) if record.contact_id else None


def find_file(
    session: Session, *, campaign_id: int, organization_id: int, consent_id: int
) -> tuple[FileKind, bytes] | None:
    query = (
        select(ConsentFile.kind, ConsentFile.content)
        .join(RecordedConsent, col(RecordedConsent.id) == col(ConsentFile.consent_id))
        .where(
            col(RecordedConsent.id) == consent_id,
            col(RecordedConsent.campaign_id) == campaign_id,
            col(RecordedConsent.organization_id) == organization_id,
        )
    )
    row = session.exec(query).first()
    return (FileKind(row[0]), bytes(row[1])) if row and row[1] else None


_SHOWN = {one.name for one in fields(Recorded)} - {"state", "channel", "obstacle"}
_recorder, _settler = aliased(Coordinator), aliased(Coordinator)
_newest_answer = (
    sqlalchemy.select(func.max(col(Answer.id)))
    .where(col(Answer.invitation_id) == col(Invitation.id))
    .scalar_subquery()
)
_current_version = (
    sqlalchemy.select(col(StatementVersion.id))
    .where(col(StatementVersion.campaign_id) == col(Campaign.id))
    .order_by(col(StatementVersion.number).desc())
    .limit(1)
    .scalar_subquery()
)


def _name(coordinator: Any) -> sqlalchemy.ColumnElement[str]:
    return func.coalesce(func.nullif(coordinator.name, ""), coordinator.email, "")


_query: sqlalchemy.Select[*tuple[Any, ...]] = (
    sqlalchemy.select(
        col(RecordedConsent.id),
        col(RecordedConsent.organization_id),
        col(Organization.name).label("organization"),
        col(RecordedConsent.state),
        col(RecordedConsent.channel),
        col(RecordedConsent.person),
        col(RecordedConsent.capacity),
        col(RecordedConsent.given_at),
        col(RecordedConsent.credit_line),
        col(RecordedConsent.sort_name),
        col(RecordedConsent.privacy),
        col(RecordedConsent.quote),
        func.coalesce(ConsentFile.kind, "").label("file_kind"),
        col(RecordedConsent.recorded_by),
        _name(_recorder).label("recorder"),
        col(RecordedConsent.recorded_at),
        _name(_settler).label("settler"),
        col(RecordedConsent.settled_at),
        col(RecordedConsent.reason),
        col(RecordedConsent.answer_id),
        col(Campaign.state).label("campaign_state"),
        col(Campaign.deadline),
        col(Invitation.open_until),
        col(Invitation.state).label("invitation_state"),
        col(RecordedConsent.last_answer_id),
        _newest_answer.label("newest_answer_id"),
        col(RecordedConsent.statement_version_id),
        _current_version.label("current_version_id"),
    )
    .join(Organization, col(Organization.id) == col(RecordedConsent.organization_id))
    .join(Invitation, col(Invitation.id) == col(RecordedConsent.invitation_id))
    .join(Campaign, col(Campaign.id) == col(RecordedConsent.campaign_id))
    .outerjoin(_recorder, col(_recorder.id) == col(RecordedConsent.recorded_by))
    .outerjoin(_settler, col(_settler.id) == col(RecordedConsent.settled_by))
    .outerjoin(ConsentFile, col(ConsentFile.consent_id) == col(RecordedConsent.id))
)


def _recorded(row: Any, *, now: datetime) -> Recorded:
    known = {name: getattr(row, name) for name in _SHOWN}
    state = ConsentState(row.state)
    obstacle = find_obstacle(_facts(row), now=now) if state is ConsentState.WAITING else None
    return Recorded(**known, state=state, channel=Channel(row.channel), obstacle=obstacle)


def _facts(row: Any) -> Circumstances:
    return Circumstances(
        campaign_state=CampaignState(row.campaign_state),
        deadline=row.deadline,
        open_until=row.open_until,
        invitation_state=InvitationState(row.invitation_state),
        answered_since=row.newest_answer_id != row.last_answer_id,
        text_changed=row.current_version_id != row.statement_version_id,
    )
