"""A campaign's own words for its mails."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from outreach.store.desk_tables import Wording


@dataclass(frozen=True)
class OwnWording:
    """What a coordinator wrote for one kind of mail in one language."""

    kind: str
    locale: str
    subject: str
    body: str


def list_wordings(session: Session, campaign_id: int) -> tuple[OwnWording, ...]:
    """All of the campaign's, in a fixed order."""
    query = (
        core_select(col(Wording.kind), col(Wording.locale), col(Wording.subject), col(Wording.body))
        .where(col(Wording.campaign_id) == campaign_id)
        .order_by(col(Wording.kind), col(Wording.locale))
    )
    return tuple(OwnWording(*row) for row in session.connection().execute(query))


def stamp_of(session: Session, campaign_id: int, *, kind: str, locale: str) -> str:
    """Changes whenever the words do; 'none' where they are ours."""
    row = _find(session, campaign_id, kind=kind, locale=locale)
    return row.updated_at.isoformat() if row else "none"


def keep_wording(session: Session, campaign_id: int, own: OwnWording, *, now: datetime) -> None:
    """In place of what was kept for that kind and language. Under the campaign's lock."""
    row = _find(session, campaign_id, kind=own.kind, locale=own.locale) or Wording(
        campaign_id=campaign_id, kind=own.kind, locale=own.locale, subject="", body="",
        updated_at=now,
    )  # fmt: skip
    row.subject, row.body, row.updated_at = own.subject, own.body, now
    session.add(row)
    session.flush()


def drop_wording(session: Session, campaign_id: int, *, kind: str, locale: str) -> bool:
    """Back to the service's words. Returns whether there were own ones."""
    row = _find(session, campaign_id, kind=kind, locale=locale)
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def _find(session: Session, campaign_id: int, *, kind: str, locale: str) -> Wording | None:
    query = select(Wording).where(
        col(Wording.campaign_id) == campaign_id,
        col(Wording.kind) == kind,
        col(Wording.locale) == locale,
    )
    return session.exec(query).first()
