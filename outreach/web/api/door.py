"""The open door: who asks to join, and who is admitted."""

from typing import Annotated, Literal

from fastapi import Path, Response
from sqlmodel import Session

from outreach.services import settle_requests
from outreach.services.list_requests import Asking, list_requests
from outreach.web.api import asking, waiting_shapes
from outreach.web.api.access import Call, Reading, Sending, Writing
from outreach.web.api.campaigns import Slug
from outreach.web.api.responses import ACT, FIND, MAIL
from outreach.web.api.router import operations_on

router = operations_on("Open door")

Choice = Annotated[Literal["open", "shut"], Path(description="How it shall be.", examples=["open"])]


@router.post(
    "/campaigns/{slug}/door/{choice}",
    summary="Open or shut the door",
    response_model=waiting_shapes.Door,
    responses=ACT,
)
def turn(call: Writing, slug: Slug, choice: Choice) -> Response:
    """While it is open, organizations that were not invited can ask to join at `/join/{slug}`.
    Whoever has that address can read the statement; nobody is told who else is in."""

    def act(session: Session) -> waiting_shapes.Door:
        is_on = choice == "open"
        settle_requests.set_door(session, slug=slug, is_on=is_on, by=call.by, now=call.now)
        return waiting_shapes.Door(open=is_on)

    return call.do(act)


@router.get("/campaigns/{slug}/requests", summary="List who asks to join", responses=FIND)
def list_asking(call: Reading, slug: Slug) -> waiting_shapes.JoinRequests:
    """Those who have proven their address and wait for a word, the oldest first, fifty at most."""
    with call.reading() as session:
        found = list_requests(session, slug=slug, now=call.now)
    return waiting_shapes.JoinRequests(
        open=found.is_open, waiting=found.waiting, items=[_shape(one, call) for one in found.rows]
    )


@router.post(
    "/campaigns/{slug}/requests/admit",
    summary="Admit",
    response_model=waiting_shapes.Admitted,
    responses=MAIL,
)
def admit(call: Sending, slug: Slug, wanted: asking.Admission) -> Response:
    """Each becomes an organization of its own and is invited. What has a name that the campaign
    has already, or an address that it writes to, is left: so `expect` may be less."""

    def act(session: Session) -> waiting_shapes.Admitted:
        people = settle_requests.admit_requests(
            session,
            slug=slug,
            request_ids=wanted.requests,
            expected=wanted.expect,
            mail_domain=call.site.outreach.mail_domain,
            by=call.by,
            now=call.now,
        )
        return waiting_shapes.Admitted(people=people)

    return call.do(act, rings=True)


@router.post(
    "/campaigns/{slug}/requests/refuse",
    summary="Refuse",
    response_model=waiting_shapes.Settled,
    responses=ACT,
)
def refuse(call: Writing, slug: Slug, wanted: asking.Refusal) -> Response:
    """Nobody is told. What does not wait is left as it is."""

    def act(session: Session) -> waiting_shapes.Settled:
        many = settle_requests.refuse_requests(
            session, slug=slug, request_ids=wanted.requests, by=call.by, now=call.now
        )
        return waiting_shapes.Settled(requests=many)

    return call.do(act)


def _shape(one: Asking, call: Call) -> waiting_shapes.JoinRequest:
    assert one.proven_at is not None
    sees = call.sees_people
    return waiting_shapes.JoinRequest(
        id=one.id,
        organization=one.organization,
        country=one.country,
        person=one.person if sees else None,
        capacity=one.capacity if sees else None,
        email=one.email if sees else None,
        words=one.words if sees else None,
        proven_at=one.proven_at,
        likely=[near.organization.id for near in one.likely],
        needs_choice=one.needs_choice,
    )
