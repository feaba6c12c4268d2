"""Launch from the desk: only what is complete, to exactly as many people as were agreed to."""

from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.coordinator import Actor
from outreach.domain.errors import Refused
from outreach.services.launch_campaign import LaunchReport, launch_campaign
from outreach.services.note_activity import note_activity
from outreach.services.show_setup import SetupStep, show_setup
from outreach.store import audience, campaigns
from outreach.store.audience import Audience


class StepsMissing(Refused):
    """Something of the draft is not decided yet, or has become wrong."""

    def __init__(self, steps: tuple[SetupStep, ...]) -> None:
        super().__init__(", ".join(step.title.lower() for step in steps) + " missing")
        self.steps = steps


def whom_to_launch_to(session: Session, *, slug: str) -> Audience:
    """Exactly whom a launch would mail now. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    return audience.count_to_invite(session, campaign.id)


def launch_draft(
    session: Session,
    *,
    slug: str,
    expected: int,
    mail_domain: str,
    captured: bool,
    by: Actor,
    now: datetime,
) -> LaunchReport:
    """A draft is opened; on an open campaign those are invited who were added since.

    Raises StepsMissing, and what launch_campaign raises.
    """
    campaign = campaigns.lock_campaign(session, slug)
    setup = show_setup(session, slug=slug, now=now)
    if campaign.state == CampaignState.DRAFT and setup.missing:
        raise StepsMissing(setup.missing)
    reached = whom_to_launch_to(session, slug=slug)
    report = launch_campaign(
        session,
        slug=slug,
        mail_domain=mail_domain,
        captured=captured,
        expected=expected,
        now=now,
    )
    note_activity(
        session,
        by=by,
        action="campaign.launch",
        campaign_id=campaign.id,
        detail=f"{reached.people} invitations to {reached.organizations} organizations",
        now=now,
    )
    return report
