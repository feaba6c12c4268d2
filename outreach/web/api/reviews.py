"""Contradicting answers of one organization: listed, and settled by a person's word."""

from typing import Annotated

from fastapi import Path, Response
from sqlmodel import Session

from outreach.services.list_reviews import list_waiting
from outreach.services.settle_review import let_first_stand, let_later_replace
from outreach.store import reviews
from outreach.store.campaigns import require_campaign
from outreach.store.reviews import Reviewed
from outreach.web.api import asking, shapes, waiting_shapes
from outreach.web.api.access import Call, Reading, Writing
from outreach.web.api.campaigns import Slug
from outreach.web.api.problems import NotThere
from outreach.web.api.responses import ACT, FIND
from outreach.web.api.router import operations_on

router = operations_on("Reviews")

ReviewNumber = Annotated[
    int, Path(ge=1, le=shapes.BIGGEST, description="The review's number.", examples=[4])
]


@router.get("/campaigns/{slug}/reviews", summary="List contradicting answers", responses=FIND)
def list_reviews(call: Reading, slug: Slug) -> waiting_shapes.Reviews:
    """Those that wait: a contact has contradicted what a colleague had answered. The first stands
    until somebody settles it."""
    with call.reading() as session:
        waiting = list_waiting(session, slug=slug, now=call.now)
    return waiting_shapes.Reviews(items=[_shape(one, call) for one in waiting.rows])


@router.post(
    "/campaigns/{slug}/reviews/{review_id}/settle",
    summary="Settle contradicting answers",
    response_model=waiting_shapes.ReviewSettled,
    responses=ACT,
)
def settle_review(
    call: Writing, slug: Slug, review_id: ReviewNumber, wanted: asking.Review
) -> Response:
    """Lets the first answer stand, or the later one take its place as if it were given now. The
    organization's contacts are told."""
    settle = let_first_stand if wanted.stands == "first" else let_later_replace

    def act(session: Session) -> waiting_shapes.ReviewSettled:
        settle(
            session,
            slug=slug,
            organization_id=_organization_of(session, slug, review_id),
            review_id=review_id,
            note=wanted.note,
            by=call.by,
            mail_domain=call.site.outreach.mail_domain,
            now=call.now,
        )
        return waiting_shapes.ReviewSettled(id=review_id, stands=wanted.stands)

    answer = call.do(act, rings=True)
    call.site.kept_looks.forget()
    call.site.kept_pages.forget()
    return answer


def _organization_of(session: Session, slug: str, review_id: int) -> int:
    """Raises CampaignNotFound, NotThere."""
    campaign = require_campaign(session, slug)
    assert campaign.id is not None
    found = reviews.organization_of(session, campaign.id, review_id)
    if found is None:
        raise NotThere
    return found


def _shape(one: Reviewed, call: Call) -> waiting_shapes.Review:
    sees = call.sees_people
    return waiting_shapes.Review(
        id=one.id,
        organization_id=one.organization_id,
        organization=one.organization,
        standing=one.standing,
        standing_at=one.standing_at,
        later=one.kind,
        later_at=one.given_at,
        first_by=one.first if sees else None,
        later_by=one.later if sees else None,
        reason=one.reason if sees else None,
        hindrance=one.hindrance or "",
    )
