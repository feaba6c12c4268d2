"""What coordinators noted of organizations, and how they touched them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from outreach.store.desk_tables import Coordinator, Note


@dataclass(frozen=True)
class Noted:
    """``channel`` is empty for a plain note; ``by`` is who, empty where the account is gone."""

    channel: str
    text: str
    at: datetime
    by: str


def add_note(
    session: Session,
    *,
    campaign_id: int,
    organization_id: int,
    coordinator_id: int | None,
    channel: str,
    text: str,
    now: datetime,
) -> Note:
    note = Note(
        campaign_id=campaign_id,
        organization_id=organization_id,
        coordinator_id=coordinator_id,
        channel=channel,
        text=text,
        at=now,
    )
    session.add(note)
    session.flush()
    return note


def last_touches(session: Session, organization_ids: Collection[int]) -> dict[int, Noted]:
    """By organization: the newest call, message or meeting."""
    return _newest(session, organization_ids, with_channel=True)


def last_words(session: Session, organization_ids: Collection[int]) -> dict[int, Noted]:
    """By organization: the newest note that says something, whatever it was of."""
    return _newest(session, organization_ids, with_channel=False)


def _newest(
    session: Session, organization_ids: Collection[int], *, with_channel: bool
) -> dict[int, Noted]:
    wanted = col(Note.channel) != "" if with_channel else col(Note.text) != ""
    newest = (
        select(func.max(col(Note.id)))
        .where(col(Note.organization_id).in_(organization_ids), wanted)
        .group_by(col(Note.organization_id))
    )
    query = (
        select(
            col(Note.organization_id),
            col(Note.channel),
            col(Note.text),
            col(Note.at),
            func.coalesce(func.nullif(col(Coordinator.name), ""), col(Coordinator.email), ""),
        )
        .outerjoin(Coordinator, col(Coordinator.id) == col(Note.coordinator_id))
        .where(col(Note.id).in_(newest))
    )
    return {row[0]: Noted(*row[1:]) for row in session.connection().execute(query)}


def forget_all(session: Session, campaign_id: int) -> None:
    """What was written of its organizations' people; that somebody was called stays."""
    statement = update(Note).where(col(Note.campaign_id) == campaign_id).values(text="")
    session.connection().execute(statement)
