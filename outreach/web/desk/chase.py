"""The chase list: who has not answered, in the order of what to do next, and what is done about it.

Every act is a form of one row. With htmx the row alone is shown again, in its place; without, the
page is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel

from outreach.domain.errors import ChangedMeanwhile, FieldErrors, Refused
from outreach.domain.state_words import NOT_REACHED
from outreach.services import work_chase
from outreach.services.list_chases import Looker, Show, find_row, list_chases, order_chases
from outreach.services.remind_organization import remind_organization
from outreach.web.desk.access import Editing, Number, Viewing, Visitor, desk_page
from outreach.web.desk.campaign_path import Slug, campaign_path, or_not_found
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

SHOWN: Final = MappingProxyType(
    {
        Show.ALL: "Everybody",
        Show.MINE: "Mine",
        Show.NOBODYS: "Nobody’s",
        Show.DUE: "Due today",
        Show.UNREACHED: NOT_REACHED,
    }
)
DONE: Final = MappingProxyType(
    {
        "reminded": "The reminder goes out now.",
        "called": "Marked: called.",
        "messaged": "Marked: written to.",
        "met": "Marked: met.",
        "owned": "It is yours now.",
        "released": "It is nobody’s now.",
        "planned": "The next step is set.",
        "noted": "The note is kept.",
        "changed": "The contact is changed.",
        "invited": "The new address is invited now; the old link is dead.",
        "told": "The receipt goes to the new address now, with a link of its own.",
        "cut_off": "The contact is changed, and the old link is dead. No mail takes the new one"
        " there: nothing is asked of this organization now. Reopening the list to it sends one.",
        "added": "The contact is added.",
    }
)
_ORDER_KEPT: Final = timedelta(seconds=5)
_TOUCHED: Final = MappingProxyType(
    {"call": "called", "message": "messaged", "email": "messaged", "meeting": "met"}
)


class Place(BaseModel):
    """Where on the list the form stood, to come back to; and what ``was`` planned when it was
    shown."""

    show: str = ""
    page: str = ""
    was: str | None = None

    @property
    def filter(self) -> Show:
        return Show(self.show) if self.show in tuple(Show) else Show.ALL

    @property
    def number(self) -> int:
        return int(self.page) if self.page.isdecimal() and len(self.page) < 7 else 1


class PlanFields(Place):
    next_step: str = ""
    next_on: str = ""


class NoteFields(Place):
    channel: str = ""
    text: str = ""


@dataclass(frozen=True)
class Mark:
    """What is to be said at one row, and what was typed there where it was refused."""

    organization_id: int = 0
    done: str = ""
    refusal: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def says_something(self) -> bool:
        return bool(self.organization_id and (self.done or self.refusal or self.errors))


_NO_MARK: Final = Mark()


@looking(router, "/desk/c/{slug}/chase")
def show_chase(
    site: CurrentSite,
    visitor: Viewing,
    slug: Slug,
    show: str = "",
    page: str = "",
    done: str = "",
    on: str = "",
) -> Response:
    """``on``: at which organization ``done`` was done."""
    at = int(on) if on.isdecimal() and len(on) < 10 else 0
    mark = Mark(at, done=DONE.get(done, ""))
    return _whole(site, visitor, slug, Place(show=show, page=page), mark)


@router.post("/desk/c/{slug}/chase/{organization_id}/remind")
def remind(
    site: CurrentSite,
    request: Request,
    visitor: Editing,
    slug: Slug,
    organization_id: Number,
    place: Annotated[Place, Form()],
) -> Response:
    act = partial(remind_organization, mail_domain=site.outreach.mail_domain)
    answer = _do(site, request, visitor, slug, organization_id, place, act, done="reminded")
    site.outreach.ring_bell()
    return answer


@router.post("/desk/c/{slug}/chase/{organization_id}/own")
def own(
    site: CurrentSite,
    request: Request,
    visitor: Editing,
    slug: Slug,
    organization_id: Number,
    place: Annotated[Place, Form()],
) -> Response:
    act = partial(work_chase.take, was=place.was)
    return _do(site, request, visitor, slug, organization_id, place, act, done="owned")


@router.post("/desk/c/{slug}/chase/{organization_id}/release")
def release(
    site: CurrentSite,
    request: Request,
    visitor: Editing,
    slug: Slug,
    organization_id: Number,
    place: Annotated[Place, Form()],
) -> Response:
    act = partial(work_chase.let_go, was=place.was)
    return _do(site, request, visitor, slug, organization_id, place, act, done="released")


@router.post("/desk/c/{slug}/chase/{organization_id}/plan")
def plan(
    site: CurrentSite,
    request: Request,
    visitor: Editing,
    slug: Slug,
    organization_id: Number,
    fields: Annotated[PlanFields, Form()],
) -> Response:
    act = partial(
        work_chase.plan, next_step=fields.next_step, next_on=fields.next_on, was=fields.was
    )
    return _do(site, request, visitor, slug, organization_id, fields, act, done="planned")


@router.post("/desk/c/{slug}/chase/{organization_id}/note")
def note(
    site: CurrentSite,
    request: Request,
    visitor: Editing,
    slug: Slug,
    organization_id: Number,
    fields: Annotated[NoteFields, Form()],
) -> Response:
    act = partial(work_chase.note, channel=fields.channel, text=fields.text)
    done = _TOUCHED.get(fields.channel, "noted")
    return _do(site, request, visitor, slug, organization_id, fields, act, done=done)


def _do(
    site: Site,
    request: Request,
    visitor: Visitor,
    slug: str,
    organization_id: int,
    place: Place,
    act: Callable[..., object],
    *,
    done: str,
) -> Response:
    """Carries it out and shows the row again, or the page with what is wrong."""
    now = site.outreach.clock()
    typed = place.model_dump(exclude={"show", "page", "was"})
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            act(session, slug=slug, organization_id=organization_id, by=visitor.actor, now=now)
    except FieldErrors as refusal:
        mark = Mark(organization_id, errors=refusal.errors, typed=typed)
        return _again(site, request, visitor, slug, place, mark, status=422)
    except ChangedMeanwhile as refusal:
        mark = Mark(
            organization_id, refusal=f"Not done: {refusal}. See what stands now.", typed=typed
        )
        return _again(site, request, visitor, slug, place, mark, status=409)
    except Refused as refusal:
        mark = Mark(organization_id, refusal=f"Not done: {refusal}.")
        return _again(site, request, visitor, slug, place, mark, status=409)
    site.kept_looks.forget()
    if _is_of_htmx(request):
        return _row(site, visitor, slug, place, Mark(organization_id, done=DONE[done]))
    return lead_back(site, slug, organization_id, place, done=done)


def lead_back(site: Site, slug: str, organization_id: int, place: Place, *, done: str) -> Response:
    """To the row, where it says what was done."""
    query = urlencode(
        {
            name: value
            for name, value in {
                "show": place.filter.value,
                "page": "" if place.number == 1 else str(place.number),
                "done": done,
                "on": str(organization_id),
            }.items()
            if value
        }
    )
    return site.lead_to(f"{campaign_path(slug, 'chase')}?{query}#org-{organization_id}")


def _again(
    site: Site,
    request: Request,
    visitor: Visitor,
    slug: str,
    place: Place,
    mark: Mark,
    *,
    status: int,
) -> Response:
    if _is_of_htmx(request):  # which takes in what was a success, and nothing else
        return _row(site, visitor, slug, place, mark)
    return _whole(site, visitor, slug, place, mark, status=status)


def _is_of_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _whole(
    site: Site, visitor: Visitor, slug: str, place: Place, mark: Mark, *, status: int = 200
) -> Response:
    by, now = Looker(visitor.coordinator_id, visitor.zone), site.outreach.clock()
    today = by.today(now)
    with or_not_found(), site.outreach.database.reading() as session:
        ordered = site.kept_looks.find(
            ("chase", slug),
            lambda: order_chases(session, slug=slug, today=today, now=now),
            of=today,
            kept_for=_ORDER_KEPT,
            now=now,
        )
        found = list_chases(
            session,
            slug=slug,
            by=by,
            show=place.filter,
            page=place.number,
            ordered=ordered,
            now=now,
        )
        is_listed = any(row.organization_id == mark.organization_id for row in found.rows)
        apart = None
        if mark.says_something and not is_listed:
            _, apart = find_row(
                session, slug=slug, organization_id=mark.organization_id, by=by, now=now
            )
    here = site.base + campaign_path(slug, "chase")
    shown = f"show={found.show}&" if found.show else ""
    return desk_page(
        site,
        visitor,
        "chase.html",
        campaign=found.campaign,
        status=status,
        tab="chase",
        found=found,
        shown=SHOWN,
        here=here,
        organizations=site.base + campaign_path(slug, "organizations"),
        place=Place(show=found.show, page=str(found.page)),
        page_address=f"{here}?{shown}page=",
        mark=mark,
        apart=apart,
        is_listed=is_listed,
    )


def _row(site: Site, visitor: Visitor, slug: str, place: Place, mark: Mark) -> Response:
    """One organization's row alone, for its place on the page."""
    with or_not_found(), site.outreach.database.reading() as session:
        campaign, row = find_row(
            session,
            slug=slug,
            organization_id=mark.organization_id,
            by=Looker(visitor.coordinator_id, visitor.zone),
            now=site.outreach.clock(),
        )
    return desk_page(
        site,
        visitor,
        "chase_row.html",
        campaign=campaign,
        row=row,
        here=site.base + campaign_path(slug, "chase"),
        organizations=site.base + campaign_path(slug, "organizations"),
        place=place,
        mark=mark,
    )
