"""Mails: listed, and settled where a person must say what became of them."""

from enum import StrEnum
from typing import Annotated

from fastapi import Path, Query, Response
from sqlmodel import Session

from outreach.domain.message import MessageKind, MessageState
from outreach.domain.settlement import Decision
from outreach.services.settle_mails import settle_one
from outreach.store import keyset_pages
from outreach.store.campaigns import require_campaign
from outreach.store.keyset_pages import MessageRow
from outreach.web.api import asking, shapes
from outreach.web.api.access import Call, Reading, Sending
from outreach.web.api.campaigns import After, Limit, Slug
from outreach.web.api.problems import NotThere
from outreach.web.api.responses import ACT, FIND
from outreach.web.api.router import operations_on

router = operations_on("Messages")

MessageNumber = Annotated[
    int, Path(ge=1, le=shapes.BIGGEST, description="The mail's number.", examples=[31])
]


class Shown(StrEnum):
    """A mail's state; or that a server has put it off."""

    PUT_OFF = "put_off"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@router.get("/campaigns/{slug}/messages", summary="List the mails", responses=FIND)
def list_messages(
    call: Reading,
    slug: Slug,
    state: Annotated[
        Shown | None,
        Query(
            description="Only those in this state; `put_off`: those that a server has refused for"
            " now. What waits for a person is `uncertain`, or `failed` and not `dismissed`.",
            examples=["uncertain"],
        ),
    ] = None,
    kind: Annotated[
        MessageKind | None, Query(description="Only those of this kind.", examples=["invitation"])
    ] = None,
    organization: Annotated[
        int | None,
        Query(
            ge=1,
            le=shapes.BIGGEST,
            description="Only those for this organization.",
            examples=[12],
        ),
    ] = None,
    after: After = 0,
    limit: Limit = 50,
) -> shapes.MessagePage:
    """In the order in which they were queued, a page at a time."""
    with call.reading() as session:
        campaign = require_campaign(session, slug)
        assert campaign.id is not None
        rows = keyset_pages.message_page(
            session,
            campaign.id,
            state=state.value if state else None,
            kind=kind.value if kind else None,
            organization_id=organization,
            after=after,
            many=limit + 1,
        )
    items = [_shape(row, call) for row in rows[:limit]]
    return shapes.MessagePage(items=items, next=rows[limit - 1].id if rows[limit:] else None)


@router.get(
    "/campaigns/{slug}/messages/{message_id}", summary="Show a mail's state", responses=FIND
)
def show_message(call: Reading, slug: Slug, message_id: MessageNumber) -> shapes.Message:
    """What became of one mail, and whether it waits for a person."""
    with call.reading() as session:
        return _require(session, call, slug, message_id)


@router.post(
    "/campaigns/{slug}/messages/{message_id}/settle",
    summary="Settle a mail",
    response_model=shapes.Message,
    responses=ACT,
)
def settle_message(
    call: Sending, slug: Slug, message_id: MessageNumber, wanted: asking.Settlement
) -> Response:
    """Decides what no program can: whether a doubtful mail arrived or goes again; or that of a
    failed one there is nothing to do. It is looked at once more before it goes: answered meanwhile,
    or past the deadline, it does not."""

    def act(session: Session) -> shapes.Message:
        settle_one(
            session,
            slug=slug,
            message_pk=message_id,
            decision=Decision(wanted.decision),
            by=call.by,
            now=call.now,
        )
        return _require(session, call, slug, message_id)

    return call.do(act, rings=wanted.decision in ("again", "now"))


def _require(session: Session, call: Call, slug: str, message_id: int) -> shapes.Message:
    campaign = require_campaign(session, slug)
    assert campaign.id is not None
    row = keyset_pages.find_message(session, campaign.id, message_id=message_id)
    if row is None:
        raise NotThere
    return _shape(row, call)


def _shape(row: MessageRow, call: Call) -> shapes.Message:
    waits = row.state == MessageState.QUEUED
    return shapes.Message(
        id=row.id,
        organization_id=row.organization_id,
        kind=MessageKind(row.kind),
        state=MessageState(row.state),
        put_off=row.is_put_off,
        attempts=row.attempts,
        sent_twice=row.repeats > 0,
        dismissed=row.dismissed_at is not None,
        next_attempt=row.due_at if waits else None,
        sent_at=row.sent_at,
        contact=row.contact if call.sees_people else None,
        email=row.email if call.sees_people else None,
        words=row.words if call.sees_people else None,
    )
