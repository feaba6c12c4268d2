"""A running campaign steered: what moves its state without mailing a list of people."""

from fastapi import Response
from sqlmodel import Session

from outreach.localtime import parse_deadline
from outreach.services import steer_by_hand
from outreach.store.campaigns import require_campaign
from outreach.web.api import asking, shapes
from outreach.web.api.access import Writing
from outreach.web.api.campaigns import Slug, campaign_shape
from outreach.web.api.responses import ACT
from outreach.web.api.router import operations_on

router = operations_on("Steering")


@router.post(
    "/campaigns/{slug}/pause",
    summary="Pause",
    response_model=shapes.Campaign,
    responses=ACT,
)
def pause(call: Writing, slug: Slug, wanted: asking.Reason) -> Response:
    """Holds every invitation and reminder of an open campaign; answers still count."""

    def act(session: Session) -> shapes.Campaign:
        campaign = steer_by_hand.pause(
            session, slug=slug, reason=wanted.reason, by=call.by, now=call.now
        )
        return campaign_shape(campaign, call)

    return call.do(act)


@router.post(
    "/campaigns/{slug}/extend",
    summary="Extend",
    response_model=shapes.Campaign,
    responses=ACT,
)
def extend(call: Writing, slug: Slug, wanted: asking.Deadline) -> Response:
    """Moves the deadline later; reminders are reckoned anew from it. A repeated request is refused
    with `invalid`, for the deadline is there already."""

    def act(session: Session) -> shapes.Campaign:
        zone = require_campaign(session, slug).zone
        deadline = parse_deadline(wanted.deadline, zone=zone)
        campaign = steer_by_hand.extend(
            session, slug=slug, deadline=deadline, by=call.by, now=call.now
        )
        return campaign_shape(campaign, call)

    return call.do(act)


@router.post(
    "/campaigns/{slug}/cancel",
    summary="Cancel for good",
    response_model=shapes.Campaign,
    responses=ACT,
)
def cancel(call: Writing, slug: Slug) -> Response:
    """Ends a campaign without a list: nothing that waits is sent, and its links no longer work.
    There is no way back."""

    def act(session: Session) -> shapes.Campaign:
        campaign = steer_by_hand.cancel(session, slug=slug, by=call.by, now=call.now)
        return campaign_shape(campaign, call)

    return call.do(act)


@router.post(
    "/campaigns/{slug}/publish",
    summary="Publish",
    response_model=shapes.Campaign,
    responses=ACT,
)
def publish(call: Writing, slug: Slug) -> Response:
    """Makes the statement of a closed campaign public, with its signatories' names."""

    def act(session: Session) -> shapes.Campaign:
        campaign = steer_by_hand.publish(session, slug=slug, by=call.by, now=call.now)
        return campaign_shape(campaign, call)

    return call.do(act)
