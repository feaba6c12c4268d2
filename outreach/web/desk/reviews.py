"""Two contacts of one organization have answered differently: a coordinator settles it."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Path, Response

from outreach.services.list_reviews import list_waiting
from outreach.services.settle_review import ReviewRefused, let_first_stand, let_later_replace
from outreach.web.desk.access import Editing, Viewing, desk_page
from outreach.web.desk.campaign_path import Slug, campaign_path, or_not_found
from outreach.web.desk.organization import Number, organization_page
from outreach.web.site import CurrentSite, looking

router = APIRouter()

ReviewId = Annotated[int, Path(alias="review", ge=1, le=2**31 - 1)]
_CHOICES: Final = {
    "keep": (let_first_stand, "first-stands"),
    "replace": (let_later_replace, "later-stands"),
}


@looking(router, "/desk/c/{slug}/reviews")
def show_waiting(site: CurrentSite, visitor: Viewing, slug: Slug) -> Response:
    with or_not_found(), site.outreach.database.reading() as session:
        waiting = list_waiting(session, slug=slug, now=site.outreach.clock())
    return desk_page(
        site,
        visitor,
        "reviews.html",
        campaign=waiting.campaign,
        tab="overview",
        waiting=waiting,
    )


@router.post("/desk/c/{slug}/organizations/{number:int}/reviews/{review:int}/{choice}")
def settle(
    site: CurrentSite,
    visitor: Editing,
    slug: Slug,
    number: Number,
    review_id: ReviewId,
    choice: Literal["keep", "replace"],
    note: Annotated[str, Form()] = "",
) -> Response:
    act, done = _CHOICES[choice]
    try:
        with or_not_found(), site.outreach.database.transaction() as session:
            act(
                session,
                slug=slug,
                organization_id=number,
                review_id=review_id,
                note=note,
                by=visitor.actor,
                mail_domain=site.outreach.mail_domain,
                now=site.outreach.clock(),
            )
    except ReviewRefused as refusal:
        return organization_page(site, visitor, slug, number, refusal=refusal)
    site.outreach.ring_bell()
    site.kept_looks.forget()
    site.kept_pages.forget()
    return site.lead_to(f"{campaign_path(slug, 'organizations', number)}?done={done}")
