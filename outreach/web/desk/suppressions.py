"""Addresses that get no mail: for everybody to see, for owners to lift."""

import re
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response
from starlette.exceptions import HTTPException

from outreach.domain.errors import FieldErrors
from outreach.services import lift_suppression as service
from outreach.services.lift_suppression import SuppressionNotFound
from outreach.web.desk.access import Owning, Viewing, Visitor, desk_page
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

_NUMBER = re.compile("[0-9]{1,9}")
_HERE: Final = "/desk/suppressions"


@looking(router, "/desk/suppressions")
def show_suppressions(
    site: CurrentSite, visitor: Viewing, q: str = "", page: str = "", done: str = ""
) -> Response:
    number = int(page) if _NUMBER.fullmatch(page) else 1
    with site.outreach.database.reading() as session:
        found = service.list_suppressions(session, search=q, page=number or 1)
    return desk_page(
        site,
        visitor,
        "suppressions.html",
        found=found,
        q=q.strip(),
        address=f"{site.base}{_HERE}?{urlencode({'q': q.strip(), 'page': ''})}",
        done=done == "lifted",
    )


@looking(router, "/desk/suppressions/{number:int}")
def show_suppression(site: CurrentSite, visitor: Owning, number: int) -> Response:
    return _page(site, visitor, number)


@router.post("/desk/suppressions/{number:int}/lift")
def lift(
    site: CurrentSite, visitor: Owning, number: int, reason: Annotated[str, Form()] = ""
) -> Response:
    try:
        with site.outreach.database.transaction() as session:
            service.lift_suppression(
                session, _fitting(number), reason=reason, by=visitor.actor,
                now=site.outreach.clock(),
            )  # fmt: skip
    except SuppressionNotFound:
        raise HTTPException(404) from None
    except FieldErrors as refusal:
        return _page(site, visitor, number, reason=reason, errors=refusal.errors, status=422)
    site.outreach.ring_bell()
    return site.lead_to(f"{_HERE}?done=lifted")


def _page(
    site: Site,
    visitor: Visitor,
    number: int,
    *,
    reason: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    with site.outreach.database.reading() as session:
        try:
            found = service.find_suppression(session, _fitting(number))
        except SuppressionNotFound:
            raise HTTPException(404) from None
    return desk_page(
        site, visitor, "suppression.html", status=status, found=found, reason=reason,
        errors=errors or {},
    )  # fmt: skip


def _fitting(number: int) -> int:
    """What no database can have as a key is none's."""
    return number if number < 2**31 else 0
