"""The tables of the evidence: a campaign's ledger, what opens it, its checkpoints, and erasures.

Triggers of both databases refuse to change or delete a log, an event or a checkpoint, and an event
that leaves a gap (migration 0005). Openings stand beside the events, to be erased.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from outreach.domain.evidence import EventKind
from outreach.store.columns import UtcDateTime

_NO_ROWID = {"sqlite_with_rowid": False}  # it would be one more key to replace a row by


class LedgerLog(SQLModel, table=True):
    """One campaign's ledger. Whoever appends holds this row: events come one by one."""

    __tablename__ = "ledger_log"
    __table_args__ = _NO_ROWID

    campaign_id: int = Field(foreign_key="campaign.id", primary_key=True)
    origin: str = Field(unique=True, description="its name in every checkpoint, for good")
    created_at: datetime = Field(sa_type=UtcDateTime)


class LedgerEvent(SQLModel, table=True):
    """One event, as it is hashed. Append-only.

    ``before`` are the peaks of the tree that it was appended to (RFC 6962): with its own leaf they
    give the next ones, the root, and its proof, so that nothing has to be read again to append.
    """

    __tablename__ = "ledger_event"
    __table_args__ = (
        CheckConstraint(
            f"kind IN ({', '.join(repr(kind.value) for kind in EventKind)})", name="kind_is_known"
        ),
        CheckConstraint("position >= 0", name="position_is_one"),
        CheckConstraint("length(leaf) = 32", name="leaf_is_whole"),
        UniqueConstraint("answer_id"),
        UniqueConstraint("message_pk"),
        Index("ix_ledger_event_kind", "campaign_id", "kind"),
        _NO_ROWID,
    )

    campaign_id: int = Field(foreign_key="ledger_log.campaign_id", primary_key=True)
    position: int = Field(primary_key=True)
    kind: str
    event: str = Field(description="canonical JSON (RFC 8785)")
    leaf: bytes
    before: bytes
    contact_id: int | None = Field(default=None, foreign_key="contact.id", index=True)
    answer_id: int | None = Field(default=None, foreign_key="answer.id")
    message_pk: int | None = Field(default=None, foreign_key="message.id")
    at: datetime = Field(sa_type=UtcDateTime)


class LedgerOpening(SQLModel, table=True):
    """What one commitment of an event hides, with its salt. Erased, it leaves the event whole."""

    __tablename__ = "ledger_opening"

    campaign_id: int = Field(foreign_key="ledger_log.campaign_id", primary_key=True)
    position: int = Field(primary_key=True)
    field: str = Field(primary_key=True)
    value: str
    salt: str = Field(description="64 hex digits")


class LedgerCheckpoint(SQLModel, table=True):
    """A signed size and root (c2sp.org/tlog-checkpoint). Append-only."""

    __tablename__ = "ledger_checkpoint"
    __table_args__ = _NO_ROWID

    campaign_id: int = Field(foreign_key="ledger_log.campaign_id", primary_key=True)
    size: int = Field(primary_key=True)
    note: str = Field(description="as it was signed, to the byte")
    key: str = Field(description="the public key, as name+id+key")
    at: datetime = Field(sa_type=UtcDateTime)


class Erasure(SQLModel, table=True):
    """A person who was erased: a keyed hash of the address, and nothing else of them."""

    address_hash: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
