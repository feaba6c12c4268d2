"""Import a partner file into a campaign: all or nothing, unless told to take the good rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.coordinator import Actor
from outreach.domain.errors import ImportRefused
from outreach.partners.changes import Changes
from outreach.partners.columns import COLUMNS
from outreach.partners.country_zones import zone_of_country
from outreach.partners.doubles import find_doubles
from outreach.partners.row_error import RowError
from outreach.partners.rows import PartnerRow, parse_rows
from outreach.partners.stored import (
    Plan,
    Stored,
    StoredContact,
    StoredOrganization,
    find_clashes,
    find_differences,
    find_unsigned,
    plan_changes,
)
from outreach.partners.table import read_table
from outreach.partners.values import NO, YES
from outreach.services.note_activity import note_activity
from outreach.services.refuse_erased import WHY_NOT, erased_among
from outreach.store.campaigns import lock_campaign, require_campaign
from outreach.store.partners import (
    NewContact,
    NewOrganization,
    add_contacts,
    add_organizations,
    change_contacts,
    change_organizations,
    list_contacts,
    list_organizations,
)
from outreach.store.tables import Campaign, Contact, Organization

IMPORTING_STATES = frozenset({CampaignState.DRAFT, CampaignState.OPEN, CampaignState.PAUSED})


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or, where ``written`` is false, what it would do or why it did nothing.

    ``unchanged`` counts the rows that say what the campaign holds already, ``refused_rows`` those
    with an error.
    """

    created_organizations: int
    created_contacts: int
    updated_organizations: int
    updated_contacts: int
    unchanged: int
    refused_rows: int
    errors: tuple[RowError, ...]
    notes: tuple[str, ...]
    written: bool


@dataclass(frozen=True)
class ParsedFile:
    """All that a partner file says by itself: its rows, what is wrong in them, notes on it, and
    headings that mean none of our columns."""

    rows: tuple[PartnerRow, ...]
    errors: tuple[RowError, ...]
    notes: tuple[str, ...]
    unknown: tuple[str, ...] = ()


_AS_IT_IS = Changes()


def read_partners(data: bytes, *, filename: str, changes: Changes = _AS_IT_IS) -> ParsedFile:
    """Reads a file before any transaction: of 100,000 rows it takes longer than a writer may wait.

    Raises ImportRefused for a file that cannot be read.
    """
    table = read_table(data, filename=filename, changes=changes)
    rows, cell_errors = parse_rows(table.rows)
    errors = (*table.errors, *cell_errors, *find_doubles(rows))
    return ParsedFile(tuple(rows), errors, table.notes, table.unknown)


def import_partners(
    session: Session,
    *,
    campaign: Campaign,
    parsed: ParsedFile,
    now: datetime,
    accept_valid: bool = False,
    update: bool = False,
    dry_run: bool = False,
) -> ImportReport:
    """Adds the file's organizations and contacts; the same file again changes nothing.

    With any error nothing is written, unless ``accept_valid`` takes the rows without one.
    ``update`` lets the file overwrite what the campaign has otherwise; ``dry_run`` writes nothing.
    Raises ImportRefused for a campaign that is over.
    """
    look = require_campaign if dry_run else lock_campaign
    campaign = look(session, campaign.slug)
    _require_importing(campaign)
    stored = _load(session, campaign_id=_id(campaign))
    errors = _errors(session, parsed, stored=stored, update=update)
    refused = frozenset(error.row for error in errors)
    taken = [row for row in parsed.rows if row.row not in refused]
    plan = plan_changes(taken if accept_valid or not errors else [], stored=stored)
    write = not dry_run and (accept_valid or not errors)
    if write:
        _write(session, plan, campaign=campaign, stored=stored, now=now)
    return _report(plan, errors=errors, refused=refused, notes=parsed.notes, written=write)


def note_import(
    session: Session, report: ImportReport, *, campaign: Campaign, by: Actor, now: datetime
) -> None:
    """In the activity log, where anything was written."""
    if report.written:
        detail = (
            f"{report.created_organizations:,} organizations, {report.created_contacts:,} people"
        )
        note_activity(
            session,
            by=by,
            action="partners.import",
            campaign_id=campaign.id,
            detail=detail,
            now=now,
        )


def _require_importing(campaign: Campaign) -> None:
    if campaign.state not in IMPORTING_STATES:
        raise ImportRefused(
            what=f"the campaign is {campaign.state}",
            remedy="partners can be imported while it is draft, open or paused",
        )


def _errors(
    session: Session, parsed: ParsedFile, *, stored: Stored, update: bool
) -> list[RowError]:
    """The file's own, then what it says against the campaign, then whom that leaves unsigned."""
    errors = [*parsed.errors, *find_clashes(parsed.rows, stored=stored)]
    errors += _find_erased(session, parsed.rows)
    if not update:
        errors += find_differences(parsed.rows, stored=stored)
    refused = frozenset(error.row for error in errors)
    return errors + find_unsigned(parsed.rows, stored=stored, refused=refused)


def _find_erased(session: Session, rows: Sequence[PartnerRow]) -> list[RowError]:
    erased = erased_among(session, {row.email_key for row in rows})
    return [
        RowError(row.row, "email", row.email, f"{WHY_NOT}; drop the row")
        for row in rows
        if row.email_key in erased
    ]


def _load(session: Session, *, campaign_id: int) -> Stored:
    organizations = list_organizations(session, campaign_id=campaign_id)
    key_of = {one.id: one.name_key for one in organizations}
    contacts = list_contacts(session, campaign_id=campaign_id)
    return Stored(
        organizations={one.name_key: _stored_organization(one) for one in organizations},
        contacts={
            one.email_key: _stored_contact(one, organization_key=key_of[one.organization_id])
            for one in contacts
        },
    )


def _stored_organization(organization: Organization) -> StoredOrganization:
    return StoredOrganization(
        id=organization.id or 0,
        name=organization.name,
        country=organization.country,
        sort_name=organization.sort_name,
        notes=organization.notes,
    )


def _stored_contact(contact: Contact, *, organization_key: str) -> StoredContact:
    return StoredContact(
        id=contact.id or 0,
        organization_key=organization_key,
        name=contact.name,
        email=contact.email,
        language=contact.language,
        zone=contact.zone,
        role=contact.role,
        discreet=YES if contact.discreet else NO,
        is_replaced=contact.replaced_at is not None,
    )


def _write(
    session: Session, plan: Plan, *, campaign: Campaign, stored: Stored, now: datetime
) -> None:
    campaign_id = _id(campaign)
    new = [NewOrganization(name_key=key, **facts) for key, facts in plan.new_organizations.items()]
    ids = {key: one.id for key, one in stored.organizations.items()}
    ids |= add_organizations(session, new, campaign_id=campaign_id, now=now)
    contacts = [
        NewContact(
            organization_id=ids[row.organization_key],
            name=row.contact_name,
            email=row.email,
            email_key=row.email_key,
            language=row.language or campaign.language,
            zone=row.timezone or zone_of_country(row.country) or campaign.zone,
            role=row.role or "signs",
            discreet=row.discreet == YES,
        )
        for row in plan.new_contacts
    ]
    add_contacts(session, contacts, campaign_id=campaign_id, now=now)
    change_organizations(session, plan.organization_changes, campaign_id=campaign_id)
    changes = {one: _as_kept(facts) for one, facts in plan.contact_changes.items()}
    change_contacts(session, changes, campaign_id=campaign_id)


def _as_kept(facts: Mapping[str, str]) -> dict[str, object]:
    """A contact's facts as a list writes them, as its row has them."""
    discreet = {"discreet": facts["discreet"] == YES} if "discreet" in facts else {}
    return {**facts, **discreet}


def _report(
    plan: Plan,
    *,
    errors: list[RowError],
    refused: frozenset[int],
    notes: tuple[str, ...],
    written: bool,
) -> ImportReport:
    return ImportReport(
        created_organizations=len(plan.new_organizations),
        created_contacts=len(plan.new_contacts),
        updated_organizations=len(plan.organization_changes),
        updated_contacts=len(plan.contact_changes),
        unchanged=plan.unchanged,
        refused_rows=len(refused),
        errors=tuple(sorted(errors, key=_place)),
        notes=notes,
        written=written,
    )


def _place(error: RowError) -> tuple[int, int]:
    column = COLUMNS.index(error.column) if error.column in COLUMNS else -1
    return error.row, column


def _id(campaign: Campaign) -> int:
    if campaign.id is None:
        raise ValueError("a campaign that is not stored takes no partners")
    return campaign.id
