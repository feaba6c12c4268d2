"""The open door at the desk: whether it is open, and who asks to join."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from outreach.domain.errors import OrganizationNotFound, Refused
from outreach.services.apply_brake import UnexpectedNumber
from outreach.services.list_requests import list_requests
from outreach.services.settle_requests import (
    RequestRefused,
    admit_requests,
    admit_to,
    refuse_requests,
    set_door,
    sort_requests,
)
from outreach.web.desk.access import Editing, Number, Viewing, Visitor, desk_page
from outreach.web.desk.campaign_path import Slug, campaign_path, or_not_found
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

_DONE: Final = MappingProxyType(
    {
        "open": "The door is open. Pass its address along.",
        "shut": "The door is shut. Who asks now finds no page.",
        "admitted": "Admitted. The invitations are going out now.",
        "contact": "Admitted as a contact of the organization that you chose. Where it owes an"
        " answer or has signed, a mail with their link is on its way.",
        "refused": "Refused. Nobody is told.",
    }
)
_MOST_CHOSEN: Final = 100


class ChosenFields(BaseModel):
    """``expected``: how many people somebody has agreed to mail; None where nobody was asked."""

    request: list[Number] = Field(default_factory=list, max_length=_MOST_CHOSEN)
    expected: int | None = None


@looking(router, "/desk/c/{slug}/requests")
def show_requests(site: CurrentSite, visitor: Viewing, slug: Slug, done: str = "") -> Response:
    return _page(site, visitor, slug, done=_DONE.get(done, ""))


@router.post("/desk/c/{slug}/door/{choice}")
def turn(
    site: CurrentSite, visitor: Editing, slug: Slug, choice: Literal["open", "shut"]
) -> Response:
    now = site.outreach.clock()
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            set_door(session, slug=slug, is_on=choice == "open", by=visitor.actor, now=now)
    except RequestRefused as refusal:
        return _page(site, visitor, slug, refusal=refusal)
    return _led(site, slug, choice)


@router.post("/desk/c/{slug}/requests/admit")
def admit(
    site: CurrentSite, visitor: Editing, slug: Slug, fields: Annotated[ChosenFields, Form()]
) -> Response:
    """Shows first who is invited, then does it."""
    if not fields.request:
        return _page(site, visitor, slug, refusal=Refused("nobody was chosen"))
    if fields.expected is None:
        return _ask_once_more(site, visitor, slug, fields.request)
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            admit_requests(
                session,
                slug=slug,
                request_ids=fields.request,
                expected=fields.expected,
                mail_domain=site.outreach.mail_domain,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except (RequestRefused, UnexpectedNumber) as refusal:
        return _page(site, visitor, slug, refusal=refusal)
    site.kept_looks.forget()
    site.outreach.ring_bell()
    return _led(site, slug, "admitted")


@router.post("/desk/c/{slug}/requests/refuse")
def refuse(
    site: CurrentSite, visitor: Editing, slug: Slug, fields: Annotated[ChosenFields, Form()]
) -> Response:
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.transaction() as session:
        many = refuse_requests(
            session, slug=slug, request_ids=fields.request, by=visitor.actor, now=now
        )
    if not many:
        return _page(site, visitor, slug, refusal=Refused("nobody was chosen who still waits"))
    return _led(site, slug, "refused")


@router.post("/desk/c/{slug}/requests/{number:int}/contact")
def admit_as_contact(
    site: CurrentSite,
    visitor: Editing,
    slug: Slug,
    number: Number,
    organization: Annotated[Number, Form()],
) -> Response:
    """Of an organization that the campaign has already."""
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            admit_to(
                session,
                slug=slug,
                request_id=number,
                organization_id=organization,
                mail_domain=site.outreach.mail_domain,
                by=visitor.actor,
                now=site.outreach.clock(),
            )
    except (RequestRefused, OrganizationNotFound) as refusal:
        return _page(site, visitor, slug, refusal=refusal)
    site.kept_looks.forget()
    site.outreach.ring_bell()
    return _led(site, slug, "contact")


def _led(site: Site, slug: str, done: str) -> RedirectResponse:
    return site.lead_to(f"{campaign_path(slug, 'requests')}?done={done}")


def _ask_once_more(site: Site, visitor: Visitor, slug: str, chosen: Sequence[int]) -> Response:
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.reading() as session:
        requests = list_requests(session, slug=slug, now=now)
        found = sort_requests(session, slug=slug, request_ids=chosen)
    return desk_page(
        site,
        visitor,
        "admit.html",
        campaign=requests.campaign,
        tab="organizations",
        found=found,
    )


def _page(
    site: Site, visitor: Visitor, slug: str, *, done: str = "", refusal: Refused | None = None
) -> Response:
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.reading() as session:
        requests = list_requests(session, slug=slug, now=now)
    return desk_page(
        site,
        visitor,
        "requests.html",
        campaign=requests.campaign,
        tab="organizations",
        status=409 if refusal else 200,
        requests=requests,
        door=f"{site.outreach.public_url}/join/{slug}",
        done=done,
        refusal=refusal,
    )
