"""A campaign's lists as files for a spreadsheet. By POST: who takes one out is written down."""

from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from outreach.domain.errors import CampaignNotFound
from outreach.services.export_sheets import Begun, Export, begin_export, next_rows
from outreach.web.desk.access import Viewing
from outreach.web.desk.mails import plain
from outreach.web.site import CurrentSite, Site

router = APIRouter()

_TYPE: Final = "text/csv; charset=utf-8"


@router.post("/desk/c/{slug}/{export}.csv")
def take_out(site: CurrentSite, visitor: Viewing, slug: str, export: str) -> Response:
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
    name = f"{slug}-{wanted}-{now:%Y-%m-%d}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(_lines(site, begun, wanted), media_type=_TYPE, headers=headers)


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
