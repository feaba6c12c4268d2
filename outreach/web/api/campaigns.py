"""Campaigns: listed, shown, made, and filled with partners."""

from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Final

from fastapi import Depends, Path, Query, Request, Response
from sqlmodel import Session
from starlette.exceptions import HTTPException

from outreach.localtime import DeadlineRefused, parse_deadline, require_zone
from outreach.partners.row_error import RowError
from outreach.partners.table import MAX_FILE_BYTES
from outreach.services import create_campaign as creating
from outreach.services import import_partners as importing
from outreach.services.note_activity import note_activity
from outreach.services.report_status import report_status
from outreach.store import keyset_pages
from outreach.store.campaigns import require_campaign
from outreach.store.tables import Campaign as StoredCampaign
from outreach.web.api import asking, shapes
from outreach.web.api.access import Call, Reading, Writing
from outreach.web.api.problems import Invalid, at, unnamed
from outreach.web.api.responses import ACT, FIND, LOOK, MAKE
from outreach.web.api.router import operations_on

router = operations_on("Campaigns")

Slug = Annotated[
    str, Path(pattern=shapes.SLUG, description="The campaign's short name.", examples=["visit"])
]
After = Annotated[
    int,
    Query(
        ge=0,
        le=shapes.BIGGEST,
        description="`next` of the page before; 0 for the first page.",
        examples=[0],
    ),
]
Limit = Annotated[int, Query(ge=1, le=shapes.PAGE, description="How many at most.", examples=[50])]
_CSV: Final = "text/csv"
_MOST_ERRORS: Final = 1_000


@router.get("/campaigns", summary="List the campaigns", responses=LOOK)
def list_campaigns(call: Reading, after: After = 0, limit: Limit = 50) -> shapes.CampaignPage:
    """In the order in which they were made, a page at a time."""
    with call.reading() as session:
        found = keyset_pages.campaign_page(session, after=after, many=limit + 1)
    items = [campaign_shape(one, call) for one in found[:limit]]
    return shapes.CampaignPage(items=items, next=found[limit - 1].id if found[limit:] else None)


@router.post(
    "/campaigns",
    summary="Create a draft",
    status_code=201,
    response_model=shapes.Campaign,
    responses=MAKE,
    response_description="The draft. Location leads to it.",
)
def create_campaign(call: Writing, wanted: asking.NewCampaign) -> Response:
    """Freezes the statement as version 1 of a new draft. Nobody is mailed. A short name is taken
    once, so that a repeated request makes no second campaign."""
    try:
        require_zone(wanted.zone)
    except DeadlineRefused as refused:
        raise Invalid([at("#/zone", str(refused))]) from None
    deadline = parse_deadline(wanted.deadline, zone=wanted.zone)

    def create(session: Session) -> shapes.Campaign:
        campaign = creating.create_campaign(
            session,
            source=wanted.statement,
            slug=wanted.slug,
            deadline=deadline,
            zone=wanted.zone,
            remind=wanted.remind,
            default_reply_to=call.site.outreach.reply_to,
            publish_at_close=wanted.publish_at_close,
            now=call.now,
        )
        note(session, call, campaign, "campaign.create")
        return campaign_shape(campaign, call)

    location = f"{call.site.outreach.public_url}/api/v1/campaigns/{wanted.slug}"
    return call.do(create, status=201, location=location)


@router.get("/campaigns/{slug}", summary="Show a campaign", responses=FIND)
def show_campaign(call: Reading, slug: Slug) -> shapes.Campaign:
    """Its statement's facts, its state and its deadline."""
    with call.reading() as session:
        return campaign_shape(require_campaign(session, slug), call)


@router.get("/campaigns/{slug}/status", summary="Say where a campaign stands", responses=FIND)
def show_status(call: Reading, slug: Slug) -> shapes.Figures:
    """What was answered and what was sent, in counts. Cheap enough to be asked every minute."""
    with call.reading() as session:
        report = report_status(session, slug=slug, now=call.now)
        campaign = campaign_shape(require_campaign(session, slug), call)
    return shapes.Figures(
        campaign=campaign,
        organizations=report.organizations,
        contacts=report.contacts,
        invitations=report.invitations,
        messages=report.messages,
        deferred=report.deferred.count,
        too_late=report.deferred.too_late,
        captured=report.captured,
        held_back=bool(report.held_back),
        as_of=report.as_of,
    )


async def _file(request: Request, call: Writing) -> tuple[Call, bytes]:
    """The body, read once its key is known. Raises Invalid, HTTPException."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _CSV:
        raise Invalid([{"detail": f"Send it as {_CSV}.", "parameter": "content-type"}])
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MAX_FILE_BYTES:
            raise HTTPException(413)
    fingerprint = sha256(call.fingerprint.encode() + sha256(data).digest()).hexdigest()
    return replace(call, fingerprint=fingerprint), bytes(data)


@router.post(
    "/campaigns/{slug}/partners",
    summary="Import partners",
    response_model=shapes.ImportReport,
    responses=ACT,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "CSV in UTF-8, its first row naming the columns. `organization` and"
            " `email` are required; `contact_name`, `language`, `country`, `timezone`, `role`"
            " (signs or copied), `sort_name`, `discreet` (yes or no) and `notes` may be there.",
            "content": {
                _CSV: {
                    "schema": {"type": "string"},
                    "example": "organization,contact_name,email,language,country\n"
                    "Alpha,Ada Example,ada@alpha.example,en,GB\n",
                }
            },
        }
    },
)
def import_partners(
    call_and_file: Annotated[tuple[Call, bytes], Depends(_file)],
    slug: Slug,
    dry_run: Annotated[bool, Query(description="Check and count only.")] = False,
    accept_valid: Annotated[
        bool, Query(description="Take the good rows, leave those with an error out.")
    ] = False,
    update: Annotated[
        bool, Query(description="Let the file overwrite what the campaign has otherwise.")
    ] = False,
) -> Response:
    """Adds organizations and contacts to a draft, or to a campaign that runs: launching again
    invites those added since. All or nothing: with any error nothing is imported, unless
    `accept_valid`. The same file again changes nothing."""
    call, data = call_and_file
    parsed = importing.read_partners(data, filename="partners.csv")

    def bring_in(session: Session) -> shapes.ImportReport:
        campaign = require_campaign(session, slug)
        report = importing.import_partners(
            session,
            campaign=campaign,
            parsed=parsed,
            now=call.now,
            accept_valid=accept_valid,
            update=update,
            dry_run=dry_run,
        )
        if report.errors and not accept_valid:
            raise Invalid([_row_error(one) for one in report.errors[:_MOST_ERRORS]])
        importing.note_import(session, report, campaign=campaign, by=call.by, now=call.now)
        counts = {name: getattr(report, name) for name in shapes.ImportReport.model_fields}
        return shapes.ImportReport(**counts)

    return call.do(bring_in)


def _row_error(error: RowError) -> dict[str, object]:
    """Where, and what to do; not what stands there, nor what is stored."""
    return {"detail": unnamed(error.remedy), "row": error.row, "column": error.column}


def campaign_shape(campaign: StoredCampaign, call: Call) -> shapes.Campaign:
    facts = {
        name: getattr(campaign, name)
        for name in shapes.Campaign.model_fields
        if name != "pause_reason"
    }
    reason = campaign.pause_reason if call.sees_people else ""
    return shapes.Campaign(**facts, pause_reason=reason or None)


def note(
    session: Session, call: Call, campaign: StoredCampaign, action: str, detail: str = ""
) -> None:
    note_activity(
        session, by=call.by, action=action, campaign_id=campaign.id, detail=detail, now=call.now
    )
