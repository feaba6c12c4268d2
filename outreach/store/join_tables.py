"""The table of requests to join, as they come through a campaign's open door."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from outreach.domain.join_request import RequestState
from outreach.store.columns import UtcDateTime


class JoinRequest(SQLModel, table=True):
    """What a stranger typed. Deleted where nobody stands by it, with the campaign's contacts, and
    with the person."""

    __tablename__ = "join_request"
    __table_args__ = (
        CheckConstraint(
            f"state IN ({', '.join(repr(one.value) for one in RequestState)})",
            name="state_is_known",
        ),
        CheckConstraint("length(link_id) >= 22", name="id_has_128_bits"),
        CheckConstraint(
            "state <> 'admitted' OR organization_id IS NOT NULL", name="admitted_somewhere"
        ),
        Index("ix_join_request_campaign_state", "campaign_id", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(foreign_key="campaign.id")
    link_id: str = Field(unique=True, description="random; its signed form proves the address")
    state: str = RequestState.UNPROVEN
    organization: str
    name_key: str
    country: str = Field(default="", description="ISO 3166 alpha-2, or empty")
    person: str
    capacity: str
    email: str
    email_key: str
    words: str = Field(default="", description="to the coordinators")
    created_at: datetime = Field(sa_type=UtcDateTime)
    proven_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_by: int | None = Field(default=None, foreign_key="coordinator.id")
    organization_id: int | None = Field(
        default=None, foreign_key="organization.id", description="as what it was admitted"
    )
