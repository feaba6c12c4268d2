"""The list of organizations for a spreadsheet, as it was narrowed, some rows at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.services.export_sheets import BOM, written
from outreach.services.list_organizations import (
    ListedOrganization,
    Narrowing,
    find_matching,
    list_chosen,
)
from outreach.services.note_activity import note_activity
from outreach.store import campaigns
from outreach.store.desk_people import ListedPerson
from outreach.store.export_rows import Value

CHUNK: Final = 500
_HEADINGS: Final = (
    "organization",
    "country",
    "answer",
    "answered_at_utc",
    "privacy",
    "contact",
    "email",
    "role",
    "language",
    "timezone",
    "last_mail",
    "last_mail_state",
    "server_said",
)


@dataclass(frozen=True)
class BegunList:
    """An export that was written down: its first bytes, and whom it lists, in order."""

    campaign_id: int
    head: bytes
    organizations: Sequence[int]


def begin_organizations(
    session: Session, *, slug: str, narrowing: Narrowing, by: Actor, now: datetime
) -> BegunList:
    """Who took it out is in the activity log. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    found = find_matching(session, slug=slug, narrowing=narrowing)
    note_activity(
        session,
        by=by,
        action="organizations.export",
        campaign_id=campaign.id,
        detail=f"{len(found):,} of them" if narrowing.is_narrow else "",
        now=now,
    )
    return BegunList(campaign.id, BOM + written([_HEADINGS]), found)


def organization_rows(session: Session, *, campaign_id: int, organizations: Sequence[int]) -> bytes:
    """A line for each contact in use of these."""
    found = list_chosen(session, campaign_id=campaign_id, organizations=organizations)
    return written(row for one in found for row in _rows(one))


def _rows(found: ListedOrganization) -> list[Sequence[Value]]:
    line = found.line
    state = line.state or "not invited"
    own = (line.name, line.country, state, line.answered_at, line.privacy)
    return [(*own, *_person(one)) for one in found.people]


def _person(one: ListedPerson) -> Sequence[Value]:
    said = " ".join(one.mail_words.split())
    facts = (one.name, one.email, one.role, one.language, one.zone)
    return (*facts, one.mail_kind, one.mail_state, said)
