"""Organizations: who has answered what. And the list of those who have signed, to be kept."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Path, Query, Response

from outreach.domain.privacy import Privacy
from outreach.services.publish_statement import require_snapshot
from outreach.statement.export import EXPORTS
from outreach.store import keyset_pages
from outreach.store.campaigns import require_campaign
from outreach.store.keyset_pages import OrganizationRow
from outreach.store.tables import Contact
from outreach.web.api import shapes
from outreach.web.api.access import Call, Exporting, Reading
from outreach.web.api.campaigns import After, Limit, Slug
from outreach.web.api.problems import NotThere
from outreach.web.api.responses import FIND
from outreach.web.api.router import operations_on

router = operations_on("Organizations")

_FORMATS: Final = {
    "json": "application/json",
    "csv": "text/csv",
    "markdown": "text/markdown",
    "html": "text/html",
}


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    HTML = "html"


@router.get("/campaigns/{slug}/organizations", summary="List the organizations", responses=FIND)
def list_organizations(
    call: Reading,
    slug: Slug,
    state: Annotated[
        shapes.OrganizationState | None,
        Query(description="Only those in this state.", examples=["awaiting"]),
    ] = None,
    after: After = 0,
    limit: Limit = 50,
) -> shapes.OrganizationPage:
    """Who is asked, and what they have answered, a page at a time."""
    wanted = "" if state is shapes.OrganizationState.NOT_INVITED else state
    with call.reading() as session:
        campaign = require_campaign(session, slug)
        assert campaign.id is not None
        rows = keyset_pages.organization_page(
            session, campaign.id, state=wanted, after=after, many=limit + 1
        )
        ids = [row.id for row in rows[:limit]] if call.sees_people else []
        contacts = keyset_pages.contacts_of(session, ids) if ids else {}
    items = [_shape(row, contacts.get(row.id, ()), call) for row in rows[:limit]]
    return shapes.OrganizationPage(items=items, next=rows[limit - 1].id if rows[limit:] else None)


@router.get(
    "/campaigns/{slug}/organizations/{organization_id}",
    summary="Show an organization",
    responses=FIND,
)
def show_organization(
    call: Reading,
    slug: Slug,
    organization_id: Annotated[
        int, Path(ge=1, le=shapes.BIGGEST, description="Its number.", examples=[12])
    ],
) -> shapes.Organization:
    """One organization, as a webhook names it by its number."""
    with call.reading() as session:
        campaign = require_campaign(session, slug)
        assert campaign.id is not None
        row = keyset_pages.find_row(session, campaign.id, organization_id=organization_id)
        if row is None:
            raise NotThere
        contacts = keyset_pages.contacts_of(session, [row.id])
    return _shape(row, contacts.get(row.id, ()), call)


@router.get(
    "/campaigns/{slug}/export",
    summary="Export the statement with its signatories",
    responses=FIND
    | {
        200: {
            "description": "The list as it stands, final once the campaign is closed.",
            "content": {
                media_type: {"schema": {} if name == "json" else {"type": "string"}}
                for name, media_type in _FORMATS.items()
            },
        }
    },
    response_class=Response,
)
def export_statement(
    call: Exporting,
    slug: Slug,
    format_: Annotated[
        Format, Query(alias="format", description="In which form.", examples=["csv"])
    ] = Format.JSON,
) -> Response:
    """Names and their order, as they are or would be published: not who signed, not whence, and
    those who are not named as a number."""
    with call.reading() as session:
        snapshot = require_snapshot(session, slug=slug, now=call.now)
    return Response(EXPORTS[format_](snapshot), media_type=f"{_FORMATS[format_]}; charset=utf-8")


def _shape(row: OrganizationRow, contacts: Sequence[Contact], call: Call) -> shapes.Organization:
    return shapes.Organization(
        id=row.id,
        name=row.name,
        country=row.country,
        state=shapes.OrganizationState(row.state or shapes.OrganizationState.NOT_INVITED),
        answered_at=row.answered_at,
        decides_on=row.decides_on,
        signature=_signature(row) if call.sees_people else None,
        contacts=[_contact(one) for one in contacts] if call.sees_people else None,
    )


def _signature(row: OrganizationRow) -> shapes.Signature | None:
    if row.signed_at is None:
        return None
    return shapes.Signature(
        credit_line=row.credit_line,
        signer_name=row.signer_name,
        capacity=row.capacity,
        privacy=Privacy(row.privacy),
        signed_at=row.signed_at,
    )


def _contact(contact: Contact) -> shapes.Contact:
    return shapes.Contact(
        name=contact.name,
        email=contact.email,
        role="signs" if contact.role == "signs" else "copied",
        language=contact.language,
        zone=contact.zone,
    )
