"""Partner lists between their upload and their import, a day at most."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from outreach.store.desk_tables import Upload


@dataclass(frozen=True)
class KeptUpload:
    """``changes`` is JSON, empty at first."""

    id: str
    campaign_id: int
    file_name: str
    content: bytes
    changes: str


def keep_upload(session: Session, upload: Upload) -> None:
    """In place of what the same coordinator has sent for the campaign before."""
    session.execute(
        delete(Upload).where(
            col(Upload.campaign_id) == upload.campaign_id,
            col(Upload.coordinator_id) == upload.coordinator_id,
        )
    )
    session.add(upload)
    session.flush()


def find_upload(session: Session, upload_id: str, *, campaign_id: int) -> KeptUpload | None:
    """None where it was imported, is too old, or belongs to another campaign."""
    query = select(Upload).where(
        col(Upload.id) == upload_id, col(Upload.campaign_id) == campaign_id
    )
    found = session.exec(query).first()
    if found is None:
        return None
    return KeptUpload(
        found.id, found.campaign_id, found.file_name, bytes(found.content), found.changes
    )


def find_latest(session: Session, *, campaign_id: int, coordinator_id: int) -> str | None:
    """The id of what this coordinator has sent and not yet imported."""
    query = select(Upload.id).where(
        col(Upload.campaign_id) == campaign_id, col(Upload.coordinator_id) == coordinator_id
    )
    return session.exec(query).first()


def change_upload(session: Session, upload_id: str, *, changes: str) -> None:
    session.execute(update(Upload).where(col(Upload.id) == upload_id).values(changes=changes))


def forget_upload(session: Session, upload_id: str) -> None:
    session.execute(delete(Upload).where(col(Upload.id) == upload_id))


def forget_old(session: Session, *, before: datetime) -> int:
    """Returns how many."""
    gone = session.execute(delete(Upload).where(col(Upload.created_at) < before))
    return int(getattr(gone, "rowcount", 0))
