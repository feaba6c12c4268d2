"""What makes mail go out to a list of people. Each asks for their exact number: the brake."""

from enum import StrEnum
from typing import Annotated

from fastapi import Query, Response
from sqlmodel import Session

from outreach.services import steer_by_hand
from outreach.services.count_released import count_released
from outreach.services.remind_by_hand import count_to_remind
from outreach.services.report_status import count_to_invite
from outreach.store import audience
from outreach.store.campaigns import require_campaign
from outreach.web.api import asking, shapes
from outreach.web.api.access import Reading, Sending
from outreach.web.api.campaigns import Slug, campaign_shape
from outreach.web.api.responses import FIND, MAIL
from outreach.web.api.router import operations_on

router = operations_on("Mailing")


class Act(StrEnum):
    LAUNCH = "launch"
    REMIND = "remind"
    RESUME = "resume"
    CLOSE = "close"


@router.get("/campaigns/{slug}/audience", summary="Count whom an act would mail", responses=FIND)
def count_audience(
    call: Reading,
    slug: Slug,
    act: Annotated[Act, Query(description="What is meant to be done.", examples=["launch"])],
    again: Annotated[
        bool,
        Query(
            description="With `remind`: also those who had a mail within the last day, but not"
            " within ten minutes."
        ),
    ] = False,
) -> shapes.Audience:
    """How many people, now. Give it back as `expect`: if it has changed meanwhile, nothing is
    done."""
    with call.reading() as session:
        campaign = require_campaign(session, slug)
        assert campaign.id is not None
        if act is Act.RESUME:
            people = count_released(session, campaign, now=call.now)
            return shapes.Audience(people=people, organizations=None, skipped=0)
        if act is Act.CLOSE:
            found = audience.count_signers(session, campaign.id)
        elif act is Act.LAUNCH:
            found = count_to_invite(session, slug=slug)
        else:
            found = count_to_remind(session, slug=slug, again=again, now=call.now)
    return shapes.Audience(
        people=found.people, organizations=found.organizations, skipped=found.skipped
    )


@router.post(
    "/campaigns/{slug}/launch",
    summary="Launch, or invite those added since",
    response_model=shapes.Launched,
    responses=MAIL,
)
def launch(call: Sending, slug: Slug, wanted: asking.Expected) -> Response:
    """Opens a draft and invites everybody; on an open campaign it invites only those added since.
    Nobody is invited twice. The mails are queued, and leave within seconds."""
    outreach = call.site.outreach

    def act(session: Session) -> shapes.Launched:
        report = steer_by_hand.launch(
            session,
            slug=slug,
            mail_domain=outreach.mail_domain,
            captured=outreach.settings.captures_mail,
            expected=wanted.expect,
            by=call.by,
            now=call.now,
        )
        campaign = require_campaign(session, slug)
        return shapes.Launched(
            campaign=campaign_shape(campaign, call),
            organizations=report.invited,
            messages=report.messages,
        )

    return call.do(act, rings=True)


@router.post(
    "/campaigns/{slug}/remind",
    summary="Remind now",
    response_model=shapes.Reminded,
    responses=MAIL,
)
def remind(call: Sending, slug: Slug, wanted: asking.Reminding) -> Response:
    """Reminds those who were invited and have not answered, beside the planned reminders. Nobody
    is reminded twice within a day, unless `again`, and never within ten minutes or while a mail
    waits; send `again` with an Idempotency-Key."""

    def act(session: Session) -> shapes.Reminded:
        queued = steer_by_hand.remind(
            session,
            slug=slug,
            mail_domain=call.site.outreach.mail_domain,
            expected=wanted.expect,
            again=wanted.again,
            by=call.by,
            now=call.now,
        )
        return shapes.Reminded(people=queued)

    return call.do(act, rings=True)


@router.post(
    "/campaigns/{slug}/resume",
    summary="Resume",
    response_model=shapes.Campaign,
    responses=MAIL,
)
def resume(call: Sending, slug: Slug, wanted: asking.Expected) -> Response:
    """Lets exactly the rest of a paused campaign's mails go out, and the reminders that fell due
    meanwhile. `expect` counts whom that mails at once."""

    def act(session: Session) -> shapes.Campaign:
        campaign = steer_by_hand.resume(
            session, slug=slug, expected=wanted.expect, by=call.by, now=call.now
        )
        return campaign_shape(campaign, call)

    return call.do(act, rings=True)


@router.post(
    "/campaigns/{slug}/close",
    summary="Close the list",
    response_model=shapes.Campaign,
    responses=MAIL,
)
def close(call: Sending, slug: Slug, wanted: asking.Expected) -> Response:
    """Closes the list before its deadline, at which it closes by itself, and tells all who have
    signed. Nobody can sign after."""

    def act(session: Session) -> shapes.Campaign:
        campaign = steer_by_hand.close(
            session,
            slug=slug,
            mail_domain=call.site.outreach.mail_domain,
            expected=wanted.expect,
            by=call.by,
            now=call.now,
        )
        return campaign_shape(campaign, call)

    return call.do(act, rings=True)
