"""The tables of what was recorded by hand: a consent that came by another way than a link."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from outreach.domain.privacy import Privacy
from outreach.domain.recorded_consent import Channel, ConsentState
from outreach.store.columns import UtcDateTime


def _words(values: type[Channel | ConsentState | Privacy]) -> str:
    return ", ".join(repr(value.value) for value in values)


class RecordedConsent(SQLModel, table=True):
    """What one coordinator recorded, and what another made of it. Never deleted."""

    __tablename__ = "recorded_consent"
    __table_args__ = (
        CheckConstraint(f"channel IN ({_words(Channel)})", name="channel_is_known"),
        CheckConstraint(f"state IN ({_words(ConsentState)})", name="state_is_known"),
        CheckConstraint(f"privacy IN ({_words(Privacy)})", name="privacy_is_known"),
        CheckConstraint("person <> ''", name="person_is_named"),
        CheckConstraint("credit_line <> ''", name="credit_line_is_given"),
        CheckConstraint("authority <> ''", name="authority_is_confirmed"),
        CheckConstraint(
            "state <> 'confirmed' OR (settled_by IS NOT NULL AND settled_by <> recorded_by"
            " AND answer_id IS NOT NULL)",
            name="confirmed_by_another",
        ),
        Index(
            "uq_recorded_consent_waiting",
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
    contact_id: int | None = Field(
        default=None, foreign_key="contact.id", description="where it was one of their contacts"
    )
    statement_version_id: int = Field(foreign_key="statement_version.id")
    last_answer_id: int | None = Field(
        default=None, foreign_key="answer.id", description="what the organization had last said"
    )
    event_position: int = Field(description="where the ledger tells of the recording")
    recorded_by: int = Field(foreign_key="coordinator.id")
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    channel: str
    person: str
    capacity: str
    given_at: datetime = Field(sa_type=UtcDateTime)
    credit_line: str
    acronym: str = ""
    country: str = ""
    url: str = ""
    sort_name: str = ""
    privacy: str = Privacy.PUBLIC
    authority: str = Field(description="the sentence that was ticked, word for word")
    quote: str = ""
    state: str = ConsentState.WAITING
    settled_by: int | None = Field(default=None, foreign_key="coordinator.id")
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = Field(default="", description="why it was refused")
    answer_id: int | None = Field(
        default=None,
        foreign_key="answer.id",
        unique=True,
        description="what its confirmation has made",
    )


class ConsentFile(SQLModel, table=True):
    """What was attached to a record, of one of a few kinds. Its own name is not kept."""

    __tablename__ = "consent_file"

    consent_id: int = Field(foreign_key="recorded_consent.id", primary_key=True)
    kind: str
    content: bytes
