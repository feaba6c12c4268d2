"""Which sample campaign a demo shows: the one that is still open, else a new one."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from sqlmodel import Session

from outreach.demo.sample import ZONE, free_slug, sample_partners, sample_statement, scaled_steps
from outreach.domain.campaign import ANSWERING_STATES
from outreach.domain.errors import OutreachError
from outreach.domain.reminder import Step, parse_steps
from outreach.services.create_campaign import create_campaign
from outreach.services.import_partners import import_partners, read_partners
from outreach.services.launch_campaign import launch_campaign
from outreach.store.campaigns import find_campaign
from outreach.store.tables import Campaign
from outreach.wiring import Outreach


@dataclass(frozen=True)
class SampleRun:
    """The campaign on show. ``invited`` is 0 where it was open already; ``over`` is the slug of
    the one before, whose deadline has come."""

    slug: str
    deadline: datetime
    steps: tuple[Step, ...]
    invited: int
    over: str = ""


def carry_on_or_begin(outreach: Outreach, *, span: timedelta, now: datetime) -> SampleRun:
    """One transaction: a sample that is launched, or none. Those that are over stay as they are."""
    over = ""
    with outreach.database.transaction() as session:
        for number in count(1):
            slug = free_slug(number)
            campaign = find_campaign(session, slug)
            if campaign is None:
                run = _begin(session, outreach, slug=slug, span=span, now=now)
                return replace(run, over=over)
            if campaign.state in ANSWERING_STATES and now < campaign.deadline:
                return replace(_run(campaign, invited=0), over=over)
            over = slug
    raise AssertionError("counting ends never")


def _begin(
    session: Session, outreach: Outreach, *, slug: str, span: timedelta, now: datetime
) -> SampleRun:
    deadline = (now + span).replace(microsecond=0)
    campaign = create_campaign(
        session,
        source=sample_statement(deadline_day=deadline.date()),
        slug=slug,
        deadline=deadline,
        zone=ZONE,
        remind=scaled_steps(span),
        default_reply_to=outreach.reply_to,
        publish_at_close=True,
        now=now,
    )
    parsed = read_partners(sample_partners(), filename="partners.csv")
    report = import_partners(session, campaign=campaign, parsed=parsed, now=now)
    if report.errors:
        raise OutreachError(f"the sample's partners were refused: {report.errors[0].remedy}")
    launched = launch_campaign(
        session, slug=slug, mail_domain=outreach.mail_domain, captured=True, now=now
    )
    return _run(campaign, invited=launched.invited)


def _run(campaign: Campaign, *, invited: int) -> SampleRun:
    return SampleRun(
        slug=campaign.slug,
        deadline=campaign.deadline,
        steps=parse_steps(campaign.reminder_steps),
        invited=invited,
    )
