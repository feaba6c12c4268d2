"""The table of contradicting answers: kept as they were given, until a coordinator settles them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from outreach.domain.review import ReviewState
from outreach.store.columns import UtcDateTime


class Review(SQLModel, table=True):
    """An answer that contradicts the one that stands, and what became of it. Never deleted."""

    __table_args__ = (
        CheckConstraint("kind IN ('sign', 'decline', 'withdraw')", name="kind_is_known"),
        CheckConstraint(
            "standing IN ('signed', 'declined', 'withdrawn')", name="standing_is_known"
        ),
        CheckConstraint(
            f"state IN ({', '.join(repr(one.value) for one in ReviewState)})",
            name="state_is_known",
        ),
        CheckConstraint(
            "state NOT IN ('kept', 'replaced') OR settled_by IS NOT NULL",
            name="settled_by_somebody",
        ),
        Index(
            "uq_review_waiting",
            "invitation_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id", index=True)
    organization_id: int = Field(foreign_key="organization.id", index=True)
    invitation_id: int = Field(foreign_key="invitation.id")
    contact_id: int = Field(foreign_key="contact.id", description="who gave the later answer")
    kind: str
    statement_sha256: str
    credit_line: str = ""
    acronym: str = ""
    country: str = ""
    url: str = ""
    sort_name: str = ""
    signer_name: str = ""
    capacity: str = ""
    authority: str = ""
    privacy: str = ""
    reason: str = ""
    given_at: datetime = Field(sa_type=UtcDateTime)
    standing: str = Field(description="the state that it contradicts")
    standing_at: datetime = Field(sa_type=UtcDateTime)
    standing_by: int | None = Field(
        default=None, foreign_key="contact.id", description="none: recorded by hand"
    )
    state: str = ReviewState.WAITING
    settled_by: int | None = Field(default=None, foreign_key="coordinator.id")
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    note: str = ""
