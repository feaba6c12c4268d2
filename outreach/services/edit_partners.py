"""One partner added, changed or removed by hand, before anybody of it is invited."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors, Refused
from outreach.partners.row_error import RowError
from outreach.partners.rows import PartnerRow, parse_rows
from outreach.partners.table import TableRow
from outreach.partners.values import YES
from outreach.services.import_partners import ParsedFile, import_partners
from outreach.services.note_activity import note_activity
from outreach.services.read_search import read_search
from outreach.services.refuse_erased import WHY_NOT, erased_among
from outreach.store import campaigns, draft_partners, partners
from outreach.store.draft_partners import PartnerPage
from outreach.store.tables import Campaign, Contact, Organization

_ROW = 1


class PartnerGone(Refused):
    """It was removed meanwhile."""

    def __init__(self) -> None:
        super().__init__("this partner is not there any more")


class PartnerInvited(Refused):
    """It has its mail: it can answer, and is steered from its own page."""

    def __init__(self) -> None:
        super().__init__("this organization was invited already")


@dataclass(frozen=True)
class PartnerForm:
    """One contact of one organization, as typed."""

    organization: str = ""
    contact_name: str = ""
    email: str = ""
    language: str = ""
    country: str = ""
    timezone: str = ""
    role: str = "signs"
    sort_name: str = ""
    discreet: str = ""
    notes: str = ""

    def parse(self) -> ParsedFile:
        rows, errors = parse_rows([TableRow(_ROW, asdict(self))])
        return ParsedFile(tuple(rows), tuple(errors), ())


def form_of(organization: Organization, contact: Contact) -> PartnerForm:
    return PartnerForm(
        organization=organization.name,
        contact_name=contact.name,
        email=contact.email,
        language=contact.language,
        country=organization.country,
        timezone=contact.zone,
        role=contact.role,
        sort_name=organization.sort_name,
        discreet=YES if contact.discreet else "",
        notes=organization.notes,
    )


def show_partners(session: Session, *, slug: str, search: str, page: int) -> PartnerPage:
    """Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    found = read_search(search)
    return draft_partners.partner_page(session, campaign.id, search=found, page=page)


def find_partner(session: Session, *, slug: str, contact_id: int) -> tuple[Organization, Contact]:
    """Raises PartnerGone."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    found = draft_partners.find_contact(session, campaign.id, contact_id)
    if found is None:
        raise PartnerGone
    return found


def add_partner(
    session: Session, *, slug: str, form: PartnerForm, by: Actor, now: datetime
) -> None:
    """An organization with its contact, or one more contact of one that is there.

    Raises FieldErrors, ImportRefused.
    """
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    parsed = form.parse()
    key = parsed.rows[0].email_key
    if key and draft_partners.find_contact_by_key(session, campaign.id, key):
        raise FieldErrors({"email": "This address is on the list already."})
    report = import_partners(session, campaign=campaign, parsed=parsed, now=now)
    if report.errors:
        raise FieldErrors(_by_field(report.errors))
    _note(session, campaign, "partners.add", parsed.rows[0].organization, by=by, now=now)


def change_partner(
    session: Session,
    *,
    slug: str,
    contact_id: int,
    form: PartnerForm,
    by: Actor,
    now: datetime,
) -> None:
    """Raises FieldErrors, PartnerGone, PartnerInvited."""
    campaign, organization, contact = _lock(session, slug, contact_id)
    parsed = form.parse()
    errors = _by_field(parsed.errors)
    row = parsed.rows[0]
    errors |= _clashes(session, campaign, organization, contact, row)
    if errors:
        raise FieldErrors(errors)
    _take(organization, contact, row, campaign=campaign)
    session.add(organization)
    session.add(contact)
    session.flush()
    _require_signing(session, organization)
    _note(session, campaign, "partners.change", organization.name, by=by, now=now)


def remove_partner(
    session: Session, *, slug: str, contact_id: int, by: Actor, now: datetime
) -> None:
    """The contact, and its organization where it was the last. Raises PartnerGone,
    PartnerInvited, and FieldErrors where those who are left could not sign."""
    campaign, organization, contact = _lock(session, slug, contact_id)
    name = organization.name
    if not draft_partners.remove_contact(session, contact):
        _require_signing(session, organization)
    _note(session, campaign, "partners.remove", name, by=by, now=now)


def _lock(session: Session, slug: str, contact_id: int) -> tuple[Campaign, Organization, Contact]:
    campaign = campaigns.lock_campaign(session, slug)
    organization, contact = find_partner(session, slug=slug, contact_id=contact_id)
    assert organization.id is not None
    if draft_partners.is_invited(session, organization.id):
        raise PartnerInvited
    return campaign, organization, contact


def _clashes(
    session: Session,
    campaign: Campaign,
    organization: Organization,
    contact: Contact,
    row: PartnerRow,
) -> dict[str, str]:
    assert campaign.id is not None
    errors = {}
    same_name = partners.find_organization(
        session, campaign_id=campaign.id, name_key=row.organization_key
    )
    if same_name and same_name.id != organization.id:
        errors["organization"] = f"“{same_name.name}” is on the list already."
    same_address = draft_partners.find_contact_by_key(session, campaign.id, row.email_key)
    if same_address and same_address.id != contact.id:
        errors["email"] = "This address is on the list already."
    if erased_among(session, [row.email_key]):
        errors["email"] = f"{WHY_NOT[0].upper()}{WHY_NOT[1:]}."
    return errors


def _take(
    organization: Organization, contact: Contact, row: PartnerRow, *, campaign: Campaign
) -> None:
    organization.name = row.organization
    organization.name_key = row.organization_key
    organization.country = row.country
    organization.sort_name = row.sort_name
    organization.notes = row.notes
    contact.name = row.contact_name
    contact.email = row.email
    contact.email_key = row.email_key
    contact.language = row.language or campaign.language
    contact.zone = row.timezone or campaign.zone
    contact.role = row.role or "signs"
    contact.discreet = row.discreet == YES


def _require_signing(session: Session, organization: Organization) -> None:
    assert organization.id is not None
    if not draft_partners.signing_contacts(session, organization.id):
        raise FieldErrors(
            {"role": "Nobody of this organization could sign then; one contact has to."}
        )


def _by_field(errors: tuple[RowError, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for error in errors:
        text = error.remedy
        found.setdefault(error.column or "organization", f"{text[0].upper()}{text[1:]}.")
    return found


def _note(
    session: Session, campaign: Campaign, action: str, name: str, *, by: Actor, now: datetime
) -> None:
    note_activity(session, by=by, action=action, campaign_id=campaign.id, detail=name, now=now)
