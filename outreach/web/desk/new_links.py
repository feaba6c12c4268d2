"""New links for one organization: says what that does and whom it mails, then asks once more."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel

from outreach.domain.errors import MoveRefused, Refused
from outreach.services.apply_brake import UnexpectedNumber
from outreach.services.reissue_links import NoLinks, count_new_links, reissue_links
from outreach.services.tell_story import tell_story
from outreach.web.desk.access import Editing, Visitor, desk_page
from outreach.web.desk.campaign_path import Slug, campaign_path, or_not_found
from outreach.web.desk.organization import Number
from outreach.web.desk.steering import NumberMissing
from outreach.web.site import CurrentSite, Site, looking

router = APIRouter()

_REFUSALS: Final = (MoveRefused, NoLinks, NumberMissing, UnexpectedNumber)


class NewLinkFields(BaseModel):
    """``expected`` is the number of people that was shown and agreed to."""

    expected: int | None = None


@looking(router, "/desk/c/{slug}/organizations/{number:int}/new-link")
def show_new_link(site: CurrentSite, visitor: Editing, slug: Slug, number: Number) -> Response:
    return _page(site, visitor, slug, number)


@router.post("/desk/c/{slug}/organizations/{number:int}/new-link")
def send_new_link(
    site: CurrentSite,
    visitor: Editing,
    slug: Slug,
    number: Number,
    fields: Annotated[NewLinkFields, Form()],
) -> Response:
    now = site.outreach.clock()
    try:
        if fields.expected is None:
            raise NumberMissing
        with or_not_found(), site.outreach.database.transaction() as session:
            reissue_links(
                session,
                slug=slug,
                organization_id=number,
                expected=fields.expected,
                mail_domain=site.outreach.mail_domain,
                by=visitor.actor,
                now=now,
            )
    except _REFUSALS as refusal:
        return _page(site, visitor, slug, number, refusal=refusal)
    site.kept_looks.forget()
    site.outreach.ring_bell()
    return site.lead_to(f"{campaign_path(slug, 'organizations', number)}?done=new-link")


def _page(
    site: Site, visitor: Visitor, slug: str, number: int, *, refusal: Refused | None = None
) -> Response:
    now = site.outreach.clock()
    with or_not_found(), site.outreach.database.reading() as session:
        story = tell_story(session, slug=slug, organization_id=number, now=now)
        counted = count_new_links(session, slug=slug, organization_id=number, now=now)
    status = 200
    if refusal is not None:
        status = 422 if isinstance(refusal, NumberMissing) else 409
    return desk_page(
        site,
        visitor,
        "new_link.html",
        campaign=story.campaign,
        tab="organizations",
        status=status,
        story=story,
        counted=counted,
        refusal=refusal,
    )
