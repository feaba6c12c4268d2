"""The list for the addressee's eyes, as a file. By POST: who takes it is written down."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Response
from starlette.exceptions import HTTPException

from outreach.services.publish_statement import take_addressee_copy
from outreach.statement.addressee_copy import COPIES
from outreach.web.desk.access import Editing
from outreach.web.desk.campaign_path import Slug, or_not_found
from outreach.web.site import CurrentSite

router = APIRouter()

_TYPES: Final = {"html": "text/html", "md": "text/markdown", "csv": "text/csv"}


@router.post("/desk/c/{slug}/addressee-copy")
def take_copy(
    site: CurrentSite, visitor: Editing, slug: Slug, file: Annotated[str, Form()] = ""
) -> Response:
    if file not in COPIES:
        raise HTTPException(404)
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.transaction() as session:
        copy = take_addressee_copy(session, slug=slug, by=visitor.actor, now=now)
    name = f"{slug}-confidential-{now:%Y-%m-%d}.{file}"
    return Response(
        COPIES[file](copy),
        media_type=f"{_TYPES[file]}; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
        },
    )
