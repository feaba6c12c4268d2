"""One organization: its whole story on one timeline, and what can be done for it."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from outreach.domain.errors import MoveRefused, Refused
from outreach.localtime import DeadlineRefused, UnclearTime, parse_deadline
from outreach.services.list_consents import has_second
from outreach.services.list_reviews import list_of
from outreach.services.reopen_invitation import reopen_invitation
from outreach.services.tell_story import tell_story
from outreach.web.desk.access import Editing, Viewing, Visitor, desk_page
from outreach.web.desk.activity import words_of
from outreach.web.desk.campaign_path import Slug, campaign_path, or_not_found
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

_DONE: Final = {
    "reopened": "Reopened. The link in their mail works again until the moment that you chose.",
    "new-link": "Their old links have ended. The new one is going out now.",
    "noted": "The note is kept.",
    "changed": "The contact is changed.",
    "reminded": "The reminder is going out now.",
    "recorded": "Recorded, to be confirmed. It counts once a second coordinator confirms it.",
    "confirmed": "Confirmed. The signature counts, and the organization is told.",
    "first-stands": "Settled. The first answer stands, and the organization is told.",
    "later-stands": "Settled. The later answer counts now, and the organization is told.",
    "refused": "Refused. The record stays in the history and counts for nothing.",
}
_MOST: Final = 2**31 - 1  # PostgreSQL's integer


async def _known(number: int) -> int:
    if number > _MOST:
        raise HTTPException(404)
    return number


Number = Annotated[int, Depends(_known)]


@looking(router, "/desk/c/{slug}/organizations/{number:int}")
def show_organization(
    site: CurrentSite, visitor: Viewing, slug: Slug, number: Number, done: str = ""
) -> Response:
    return organization_page(site, visitor, slug, number, done=_DONE.get(done, ""))


def organization_page(
    site: Site,
    visitor: Visitor,
    slug: str,
    number: int,
    *,
    done: str = "",
    refusal: Refused | None = None,
) -> Response:
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.reading() as session:
        story = tell_story(session, slug=slug, organization_id=number, now=now)
        two = has_second(session)
        reviews = list_of(session, slug=slug, organization_id=number, now=now)
    return desk_page(
        site,
        visitor,
        "organization.html",
        campaign=story.campaign,
        tab="organizations",
        status=409 if refusal else 200,
        story=story,
        words_of=words_of,
        done=done,
        refusal=refusal,
        has_second=two,
        reviews=reviews,
    )


class ReopenFields(BaseModel):
    until: str = ""
    reading: str = ""


@looking(router, "/desk/c/{slug}/organizations/{number:int}/reopen")
def show_reopen(site: CurrentSite, visitor: Editing, slug: Slug, number: Number) -> Response:
    return _reopen_page(site, visitor, slug, number)


@router.post("/desk/c/{slug}/organizations/{number:int}/reopen")
def reopen(
    site: CurrentSite,
    visitor: Editing,
    slug: Slug,
    number: Number,
    fields: Annotated[ReopenFields, Form()],
) -> Response:
    now = site.outreach.clock()
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            zone = tell_story(session, slug=slug, organization_id=number, now=now).campaign.zone
            invited = reopen_invitation(
                session,
                slug=slug,
                organization_id=number,
                until=parse_deadline(fields.until, zone=zone, reading=fields.reading),
                mail_domain=site.outreach.mail_domain,
                by=visitor.actor,
                now=now,
            )
    except (DeadlineRefused, MoveRefused) as refusal:
        return _reopen_page(site, visitor, slug, number, typed=fields.until, refusal=refusal)
    site.kept_looks.forget()
    site.kept_pages.forget()
    if invited:
        site.outreach.ring_bell()
    return site.lead_to(f"{campaign_path(slug, 'organizations', number)}?done=reopened")


def _reopen_page(
    site: Site,
    visitor: Visitor,
    slug: str,
    number: int,
    *,
    typed: str = "",
    refusal: Refused | None = None,
) -> Response:
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.reading() as session:
        story = tell_story(session, slug=slug, organization_id=number, now=now)
    return desk_page(
        site,
        visitor,
        "reopen.html",
        campaign=story.campaign,
        tab="organizations",
        status=422 if refusal else 200,
        story=story,
        typed=typed,
        refusal=refusal,
        readings=refusal.choices if isinstance(refusal, UnclearTime) else (),
    )
