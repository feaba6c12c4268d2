"""Checked rows against what the campaign holds: what to add, what to change, what to refuse."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from outreach.partners.doubles import ORGANIZATION_FACTS
from outreach.partners.row_error import RowError
from outreach.partners.rows import PartnerRow

# A row's column and the stored contact's field that it speaks of.
CONTACT_FACTS = (
    ("contact_name", "name"),
    ("email", "email"),
    ("language", "language"),
    ("timezone", "zone"),
    ("role", "role"),
    ("discreet", "discreet"),
)


@dataclass(frozen=True)
class StoredOrganization:
    id: int
    name: str
    country: str
    sort_name: str
    notes: str


@dataclass(frozen=True)
class StoredContact:
    id: int
    organization_key: str
    name: str
    email: str
    language: str
    zone: str
    role: str
    discreet: str
    is_replaced: bool = False


@dataclass(frozen=True)
class Stored:
    """The campaign's partners, by name key and by e-mail key."""

    organizations: Mapping[str, StoredOrganization]
    contacts: Mapping[str, StoredContact]


@dataclass
class Plan:
    """What taking some rows would do. Changes are by id, then by stored field."""

    new_organizations: dict[str, dict[str, str]] = field(default_factory=dict)
    new_contacts: list[PartnerRow] = field(default_factory=list)
    organization_changes: dict[int, dict[str, str]] = field(default_factory=dict)
    contact_changes: dict[int, dict[str, str]] = field(default_factory=dict)
    unchanged: int = 0


def find_clashes(rows: Iterable[PartnerRow], *, stored: Stored) -> list[RowError]:
    """What no option overrides: another spelling, or an address that is somebody else's."""
    errors = []
    for row in rows:
        organization = stored.organizations.get(row.organization_key)
        if organization and organization.name != row.organization:
            remedy = (
                f"the campaign has it as '{organization.name}'; write it that way, or, if they are "
                "two organizations, add what tells them apart"
            )
            errors.append(RowError(row.row, "organization", row.organization, remedy))
        contact = stored.contacts.get(row.email_key)
        if contact and row.organization_key and contact.organization_key != row.organization_key:
            owner = stored.organizations[contact.organization_key].name
            remedy = f"the campaign has this address for '{owner}'; use another, or drop the row"
            errors.append(RowError(row.row, "email", row.email, remedy))
        elif contact and contact.is_replaced:
            remedy = "another address took this one's place at the desk; drop the row"
            errors.append(RowError(row.row, "email", row.email, remedy))
    return errors


def find_differences(rows: Iterable[PartnerRow], *, stored: Stored) -> list[RowError]:
    """What only ``--update`` may overwrite. An empty cell differs from nothing."""
    errors = []
    for row in rows:
        for column, kept in _differences(row, stored=stored):
            remedy = (
                f"the campaign has {_quoted(kept)}; mend the file, or import with --update "
                "to take the file's value"
            )
            errors.append(RowError(row.row, column, getattr(row, column), remedy))
    return errors


def find_unsigned(
    rows: Sequence[PartnerRow], *, stored: Stored, refused: frozenset[int]
) -> list[RowError]:
    """Organizations that would be left with contacts who are all only copied."""
    signing = _organizations_signing_in_store(rows, stored=stored, refused=refused)
    signing |= {row.organization_key for row in rows if row.signs and row.row not in refused}
    would_sign: dict[str, int] = {}
    for row in rows:
        if row.signs and row.organization_key:
            would_sign.setdefault(row.organization_key, row.row)
    return [
        RowError(row.row, "role", row.role, _nobody_signs(would_sign.get(row.organization_key)))
        for row in rows
        if row.row not in refused and row.organization_key not in signing
    ]


def plan_changes(rows: Iterable[PartnerRow], *, stored: Stored) -> Plan:
    """What taking these rows, all of them good, would add and change."""
    plan = Plan()
    for row in rows:
        organization_changed = _plan_organization(row, stored=stored, plan=plan)
        contact = stored.contacts.get(row.email_key)
        if contact is None:
            plan.new_contacts.append(row)
        elif changes := _contact_changes(row, contact):
            plan.contact_changes[contact.id] = changes
        elif not organization_changed:
            plan.unchanged += 1
    return plan


def _plan_organization(row: PartnerRow, *, stored: Stored, plan: Plan) -> bool:
    organization = stored.organizations.get(row.organization_key)
    if organization is None:
        facts = plan.new_organizations.setdefault(
            row.organization_key,
            {"name": row.organization, **dict.fromkeys(ORGANIZATION_FACTS, "")},
        )
        for column in ORGANIZATION_FACTS:
            facts[column] = facts[column] or getattr(row, column)
        return True
    changes = _organization_changes(row, organization)
    if changes:
        plan.organization_changes.setdefault(organization.id, {}).update(changes)
    return bool(changes)


def _differences(row: PartnerRow, *, stored: Stored) -> list[tuple[str, str]]:
    """Column and stored value of each fact that the row gives otherwise."""
    differences = []
    organization = stored.organizations.get(row.organization_key)
    if organization:
        changed = _organization_changes(row, organization)
        differences += [(column, getattr(organization, column)) for column in changed]
    contact = stored.contacts.get(row.email_key)
    if contact and contact.organization_key == row.organization_key and not contact.is_replaced:
        changed = _contact_changes(row, contact)
        differences += [(c, getattr(contact, name)) for c, name in CONTACT_FACTS if name in changed]
    return differences


def _organization_changes(row: PartnerRow, organization: StoredOrganization) -> dict[str, str]:
    given = {column: getattr(row, column) for column in ORGANIZATION_FACTS}
    return {c: value for c, value in given.items() if value and value != getattr(organization, c)}


def _contact_changes(row: PartnerRow, contact: StoredContact) -> dict[str, str]:
    given = {name: getattr(row, column) for column, name in CONTACT_FACTS}
    return {n: value for n, value in given.items() if value and value != getattr(contact, n)}


def _organizations_signing_in_store(
    rows: Sequence[PartnerRow], *, stored: Stored, refused: frozenset[int]
) -> set[str]:
    roles = {row.email_key: row.role for row in rows if row.role and row.row not in refused}
    return {
        contact.organization_key
        for key, contact in stored.contacts.items()
        if roles.get(key, contact.role) == "signs"
    }


def _nobody_signs(would_sign: int | None) -> str:
    if would_sign is None:
        return (
            "every contact of this organization is only copied, so nobody could sign; "
            "give one of them the role signs"
        )
    return f"row {would_sign}, which would sign for this organization, is refused; mend it first"


def _quoted(value: str) -> str:
    return f"'{value}'" if value else "nothing here"
