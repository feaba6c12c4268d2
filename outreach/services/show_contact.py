"""One contact as the page to change it begins, or what one who is added begins with."""

from dataclasses import dataclass

from sqlmodel import Session

from outreach.domain.views import CampaignFacts
from outreach.partners.country_zones import zone_of_country
from outreach.store import campaigns, contacts
from outreach.store.tables import Campaign, Contact, Organization


@dataclass(frozen=True)
class ContactView:
    """``offered`` is what stands in the form's fields. ``was_mailed``: a new address is another
    contact. ``is_gone``: the contact is not in use any more."""

    organization: str
    offered: dict[str, str]
    was_mailed: bool
    is_gone: bool


def show_contact(
    session: Session, *, slug: str, organization_id: int, contact_id: int | None
) -> tuple[CampaignFacts, ContactView | None]:
    """None where the campaign has no such organization. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    facts = campaigns.campaign_facts(campaign)
    assert campaign.id is not None
    organization = contacts.find_organization(session, organization_id, campaign_id=campaign.id)
    if organization is None:
        return facts, None
    contact = None
    if contact_id is not None:
        contact = contacts.look_at(
            session, contact_id, campaign_id=campaign.id, organization_id=organization_id
        )
    return facts, ContactView(
        organization=organization.name,
        offered=_offered(campaign, organization, contact),
        was_mailed=contact is not None and contacts.was_mailed(session, contact.id or 0),
        is_gone=contact_id is not None and contact is None,
    )


def _offered(
    campaign: Campaign, organization: Organization, contact: Contact | None
) -> dict[str, str]:
    """Who is added reads the campaign's language by the clocks of the organization's country, else
    the campaign's, until somebody says otherwise."""
    if contact is None:
        zone = zone_of_country(organization.country) or campaign.zone
        offered = {"name": "", "email": "", "language": campaign.language, "zone": zone}
        return offered | {"role": "signs", "discreet": ""}
    return {
        "name": contact.name,
        "email": contact.email,
        "language": contact.language,
        "zone": contact.zone,
        "role": contact.role,
        "discreet": "yes" if contact.discreet else "",
    }
