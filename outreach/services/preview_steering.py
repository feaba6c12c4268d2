"""What a step would do, before anybody takes it: whom it mails, and what it moves."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.campaign import CAMPAIGN_MOVES, CampaignEvent, CampaignState
from outreach.domain.views import CampaignFacts
from outreach.services.report_status import PlannedReminder, planned_reminders
from outreach.services.show_desk import Answers, count_answers
from outreach.services.steer_campaign import check_extension
from outreach.store import audience, campaigns, invitations, partners, reviews
from outreach.store.audience import Audience
from outreach.store.tables import Campaign


@dataclass(frozen=True)
class Steering:
    """``held_back``: to how many people mail waits; ``signers``: whom a close would tell, skipped
    whose address must get no mail.
    ``reviews``: how many contradicting answers wait to be settled.
    ``may`` are the events that the campaign's state allows."""

    campaign: CampaignFacts
    answers: Answers
    held_back: int
    signers: Audience
    publish_at_close: bool
    may: frozenset[CampaignEvent]
    reviews: int = 0


@dataclass(frozen=True)
class MovedReminder:
    """One step of the plan, before and after. A moment is None where it would not go out."""

    step: str
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True)
class Extension:
    """What a later deadline brings: which reminders move, and how many that wait are cancelled."""

    deadline: datetime
    moved: tuple[MovedReminder, ...]
    cancelled: int
    people: int
    organizations: int


def preview_steering(session: Session, *, slug: str) -> Steering:
    """Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    organizations = partners.count_organizations(session, campaign.id)
    state = CampaignState(campaign.state)
    return Steering(
        campaign=campaigns.campaign_facts(campaign),
        answers=count_answers(organizations, invitations.count_by_state(session, campaign.id)),
        held_back=audience.count_held_back(session, campaign.id),
        signers=audience.count_signers(session, campaign.id),
        publish_at_close=campaign.publish_at_close,
        may=frozenset(event for event in CampaignEvent if (state, event) in CAMPAIGN_MOVES),
        reviews=reviews.count_waiting(session, campaign.id),
    )


def preview_extension(
    session: Session, *, slug: str, deadline: datetime, now: datetime
) -> Extension:
    """Raises what extending would raise: CampaignNotFound, MoveRefused, DeadlineRefused."""
    campaign = campaigns.require_campaign(session, slug)
    check_extension(campaign, deadline=deadline, now=now)
    assert campaign.id is not None
    counts = invitations.count_by_state(session, campaign.id)
    return Extension(
        deadline=deadline,
        moved=_moved(campaign, deadline=deadline, now=now),
        cancelled=audience.count_waiting_reminders(session, campaign.id),
        people=audience.count_pending(session, campaign.id, asked_before=None),
        organizations=count_answers(0, counts).waiting,
    )


def _moved(campaign: Campaign, *, deadline: datetime, now: datetime) -> tuple[MovedReminder, ...]:
    extended = Campaign(
        **campaign.model_dump(exclude={"deadline", "extended_at"}),
        deadline=deadline,
        extended_at=now,
    )
    before = planned_reminders(campaign, now=now)
    after = planned_reminders(extended, now=now)
    return tuple(
        MovedReminder(old.step, _goes_out(old), _goes_out(new))
        for old, new in zip(before, after, strict=True)
    )


def _goes_out(reminder: PlannedReminder) -> datetime | None:
    return None if reminder.state == "skipped" else reminder.at
