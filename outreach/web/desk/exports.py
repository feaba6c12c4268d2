"""A campaign's lists as files for a spreadsheet. By POST: who takes one out is written down."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Form, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from outreach.domain.errors import CampaignNotFound
from outreach.services.export_organizations import (
    CHUNK,
    BegunList,
    begin_organizations,
    organization_rows,
)
from outreach.services.export_sheets import Begun, Export, begin_export, next_rows
from outreach.services.list_organizations import Narrowing
from outreach.web.desk.access import Editing
from outreach.web.desk.campaign_path import Slug, or_not_found
from outreach.web.desk.mails import plain
from outreach.web.site import CurrentSite, Site

router = APIRouter()

_TYPE: Final = "text/csv; charset=utf-8"
_Text = Annotated[str, Form()]


@router.post("/desk/c/{slug}/organizations.csv")
def take_out_organizations(
    site: CurrentSite,
    visitor: Editing,
    slug: Slug,
    show: _Text = "",
    language: _Text = "",
    country: _Text = "",
    q: _Text = "",
    sort: _Text = "",
) -> Response:
    """Those that the list shows, in its order."""
    narrowing = Narrowing.read(show=show, language=language, country=country, q=q, sort=sort)
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.transaction() as session:
        begun = begin_organizations(
            session, slug=slug, narrowing=narrowing, by=visitor.actor, now=now
        )
    return _file(_organization_lines(site, begun), slug, "organizations", now=now)


@router.post("/desk/c/{slug}/{export}.csv")
def take_out(site: CurrentSite, visitor: Editing, slug: str, export: str) -> Response:
    """All rows, in constant memory: they are read while they are sent."""
    if export not in tuple(Export):
        raise HTTPException(404)
    wanted, now = Export(export), site.outreach.clock()
    try:
        with site.outreach.database.transaction() as session:
            begun = begin_export(
                session, slug=plain(slug), export=wanted, by=visitor.actor, now=now
            )
    except CampaignNotFound:
        raise HTTPException(404) from None
    return _file(_lines(site, begun, wanted), slug, wanted, now=now)


def _file(lines: Iterator[bytes], slug: str, what: str, *, now: datetime) -> StreamingResponse:
    name = f"{slug}-{what}-{now:%Y-%m-%d}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(lines, media_type=_TYPE, headers=headers)


def _organization_lines(site: Site, begun: BegunList) -> Iterator[bytes]:
    yield begun.head
    for start in range(0, len(begun.organizations), CHUNK):
        chosen = begun.organizations[start : start + CHUNK]
        with site.outreach.database.reading() as session:
            lines = organization_rows(session, campaign_id=begun.campaign_id, organizations=chosen)
        yield lines


def _lines(site: Site, begun: Begun, export: Export) -> Iterator[bytes]:
    """A short look for each chunk: no transaction is open while the network is."""
    yield begun.head
    after = 0
    while True:
        with site.outreach.database.reading() as session:
            lines, after = next_rows(
                session, campaign_id=begun.campaign_id, export=export, after=after
            )
        if not lines:
            return
        yield lines
