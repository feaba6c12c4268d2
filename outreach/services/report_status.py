"""Where a campaign stands, in counts, and what comes next."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import ANSWERING_STATES, CampaignState
from outreach.domain.evidence import Method
from outreach.domain.reminder import Step, parse_steps, step_instant
from outreach.domain.views import CampaignFacts
from outreach.services.list_consents import count_waiting
from outreach.services.plan_reminders import why_held_back
from outreach.store import (
    audience,
    campaigns,
    invitations,
    join_requests,
    messages,
    partners,
    reviews,
    signatures,
)
from outreach.store.audience import Audience
from outreach.store.standing import Deferred, find_deferred
from outreach.store.tables import Campaign


@dataclass(frozen=True)
class PlannedReminder:
    """A step of the plan, ``at`` its moment for a reader in the campaign's zone.

    ``state`` is planned, past or skipped; ``why`` says why it is skipped.
    """

    step: str
    at: datetime
    state: str
    why: str = ""


@dataclass(frozen=True)
class StatusReport:
    """``held_back`` says why the brake lets no reminder out; empty where it does not. ``by_hand``:
    how many signatures were recorded by hand, and how many consents wait to be confirmed;
    ``asking``: how many organizations ask to join; ``reviews``: how many contradicting answers wait
    to be settled."""

    campaign: CampaignFacts
    organizations: int
    contacts: int
    invitations: dict[str, int]
    messages: dict[str, dict[str, int]]
    troubles: tuple[tuple[str, str, int], ...]
    captured: bool
    as_of: datetime
    reminders: tuple[PlannedReminder, ...] = ()
    deferred: Deferred = field(default_factory=Deferred)
    held_back: str = ""
    by_hand: tuple[int, int] = (0, 0)
    asking: int = 0
    reviews: int = 0


def report_status(session: Session, *, slug: str, now: datetime) -> StatusReport:
    """Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    organizations, contacts = partners.count_partners(session, campaign.id)
    is_running = campaign.state in ANSWERING_STATES
    return StatusReport(
        campaign=campaigns.campaign_facts(campaign),
        organizations=organizations,
        contacts=contacts,
        invitations=invitations.count_by_state(session, campaign.id),
        messages=messages.count_by_kind_and_state(session, campaign.id),
        troubles=messages.count_troubles(session, campaign.id),
        captured=campaign.captured,
        as_of=now,
        reminders=planned_reminders(campaign, now=now),
        deferred=find_deferred(
            session, campaign_id=campaign.id, deadline=campaign.deadline, now=now
        ),
        reviews=reviews.count_waiting(session, campaign.id),
        held_back=why_held_back(session, slug=slug, now=now),
        by_hand=(
            signatures.count_standing(session, campaign.id, method=Method.BY_HAND),
            count_waiting(session, campaign.id),
        ),
        asking=join_requests.count_waiting(session, campaign.id) if is_running else 0,
    )


def planned_reminders(campaign: Campaign, *, now: datetime) -> tuple[PlannedReminder, ...]:
    """The plan's steps as a reader in the campaign's zone has them, earliest first."""
    steps = parse_steps(campaign.reminder_steps)
    planned = []
    for step, following in zip(steps, [*steps, None][1:], strict=True):
        at = step_instant(step, following, deadline=campaign.deadline, zone=campaign.zone)
        why = _why_skipped(campaign, step, at=at, now=now)
        state = "skipped" if why else "past" if at <= now else "planned"
        planned.append(PlannedReminder(step.label, at, state, why))
    return tuple(planned)


def _why_skipped(campaign: Campaign, step: Step, *, at: datetime, now: datetime) -> str:
    """As due_step has it: what was over when the invitations or the extension came is not made
    up for. Empty where it is not skipped."""
    begins = campaign.deadline - step.before
    if begins <= (campaign.launched_at or now):
        return "before the launch"
    if campaign.extended_at and begins <= campaign.extended_at:
        return "before the deadline was extended"
    over = campaign.state not in {CampaignState.DRAFT, *ANSWERING_STATES}
    return "the campaign is over" if over and at > (campaign.closed_at or now) else ""


def count_to_invite(session: Session, *, slug: str) -> Audience:
    """Whom a launch would mail now. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    return audience.count_to_invite(session, campaign.id)
