"""The receipt of an organization's answer: a page for one printed sheet, and the file."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from outreach.ledger.receipt import FILE_NAME
from outreach.services.give_receipt import NoReceipt, Receipt, give_receipt
from outreach.services.view_invitation import find_answer_page
from outreach.web.site import CurrentSite, Site, looking
from outreach.web.visit import require_visit, visit_path

router = APIRouter()


@looking(router, "/answer/{name}/receipt")
def show_receipt(site: CurrentSite, request: Request, name: str) -> Response:
    now = site.outreach.clock()
    receipt = _receipt(site, request, name)
    link_id = require_visit(request, site, name=name, now=now)
    with site.outreach.database.glance() as connection:
        page = find_answer_page(connection, link_id=link_id, now=now)
    return site.pages.render(
        "receipt.html",
        page=page,
        at=datetime.fromisoformat(receipt.checked.event.at),
        receipt=receipt.checked,
        opened={one.field: one.value for one in receipt.checked.openings},
        checkpoint_text=receipt.checked.checkpoint.text(),
        action=site.base + visit_path(name),
    )


@looking(router, f"/answer/{{name}}/{FILE_NAME}")
def download_receipt(site: CurrentSite, request: Request, name: str) -> Response:
    return Response(
        _receipt(site, request, name).text.encode(),
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{FILE_NAME}"'},
    )


def _receipt(site: Site, request: Request, name: str) -> Receipt:
    now = site.outreach.clock()
    link_id = require_visit(request, site, name=name, now=now)
    with site.outreach.database.reading() as session:
        try:
            return give_receipt(session, link_id=link_id, key=site.outreach.ledger_key, now=now)
        except NoReceipt:
            raise HTTPException(404) from None
