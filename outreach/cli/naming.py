"""What people name at the command line, found."""

from typing import TYPE_CHECKING

from outreach.domain.errors import OrganizationNotFound

if TYPE_CHECKING:
    from sqlmodel import Session

    from outreach.store.tables import Organization


def require_organization(session: "Session", name: str, *, slug: str) -> "Organization":
    """By its name, in any case and spacing. Raises CampaignNotFound, OrganizationNotFound."""
    from outreach.partners.keys import name_key
    from outreach.store.campaigns import require_campaign
    from outreach.store.partners import find_organization

    campaign_id = require_campaign(session, slug).id or 0
    found = find_organization(session, campaign_id=campaign_id, name_key=name_key(name))
    if found is None:
        raise OrganizationNotFound(name=name, slug=slug)
    return found
