"""Many organizations at once are given into the care of one coordinator."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor, Role
from outreach.services.list_organizations import NothingChosen
from outreach.services.manage_coordinators import CoordinatorNotFound
from outreach.services.note_activity import note_activity
from outreach.store import campaigns, chases, coordinators


def list_carers(session: Session) -> tuple[tuple[int, str], ...]:
    """Who may take care of organizations: (id, name)."""
    active = coordinators.list_active(session)
    return tuple((one.id or 0, one.name or one.email) for one in active if Role(one.role).may_edit)


def share_out(
    session: Session,
    *,
    slug: str,
    organizations: Sequence[int],
    owner_id: int,
    by: Actor,
    now: datetime,
) -> int:
    """Whoever took care of them before. Returns how many: those that the campaign has asked.

    Raises CampaignNotFound, CoordinatorNotFound, NothingChosen.
    """
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    name = dict(list_carers(session)).get(owner_id)
    if name is None:
        raise CoordinatorNotFound(who=str(owner_id))
    many = chases.set_owners(
        session,
        organization_ids=organizations,
        campaign_id=campaign.id,
        owner_id=owner_id,
        now=now,
    )
    if not many:
        raise NothingChosen("none of these was asked")
    detail = f"{many:,} to {name}"
    note_activity(
        session, by=by, action="chase.give", campaign_id=campaign.id, detail=detail, now=now
    )
    return many
