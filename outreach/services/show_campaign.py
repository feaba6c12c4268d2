"""One campaign as its coordinators watch it: how it stands now, how it came there, what is next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from outreach.domain.campaign import ANSWERING_STATES, CampaignState
from outreach.domain.forecast import Forecast, Wave, forecast
from outreach.domain.views import CampaignFacts
from outreach.services.end_retention import erased_on
from outreach.services.plan_reminders import why_held_back
from outreach.services.report_status import PlannedReminder, planned_reminders
from outreach.services.show_desk import Answers, count_answers
from outreach.services.watch_sending import Progress, look_at_progress
from outreach.store import (
    audience,
    campaigns,
    chases,
    desk_lists,
    invitations,
    messages,
    partners,
    progress,
    sign_on_curve,
)
from outreach.store.sign_on_curve import Change
from outreach.store.standing import Deferred, find_deferred
from outreach.store.tables import Campaign

_RATE_WINDOW = timedelta(seconds=10)


@dataclass(frozen=True)
class Headline:
    """Where it stands at this moment. ``erased_on``: when its contacts go, where they do."""

    id: int
    campaign: CampaignFacts
    answers: Answers
    captured: bool
    publish_at_close: bool
    launched_at: datetime | None
    closed_at: datetime | None
    contacts_kept: bool
    contacts_erased_at: datetime | None
    erased_on: datetime | None
    as_of: datetime

    @property
    def takes_answers(self) -> bool:
        return self.campaign.state in ANSWERING_STATES


@dataclass(frozen=True)
class Sending:
    """A look at the mail that is going out. ``rate``: accepted in a second, over the last ten.
    ``troubles``: (state, the server's words, how many)."""

    progress: Progress
    rate: float
    troubles: tuple[tuple[str, str, int], ...]

    @property
    def is_live(self) -> bool:
        """Whether there is something to watch: mail is due, and nothing holds it."""
        return not self.progress.is_over and self.progress.state is not CampaignState.PAUSED

    @property
    def left(self) -> timedelta | None:
        """How long the rest takes at this rate."""
        return timedelta(seconds=self.progress.open / self.rate) if self.rate else None


@dataclass(frozen=True)
class NextReminder:
    """``people``: whom it would reach if nobody answered until then."""

    step: str
    at: datetime
    people: int


@dataclass(frozen=True)
class Course:
    """How sign-ons came in, and what follows from it. It takes longer to find than the headline,
    and need not be of this very second. ``due_today``: organizations for which somebody has planned
    a step for this day, or an earlier one."""

    changes: tuple[Change, ...]
    waves: tuple[Wave, ...]
    plan: tuple[PlannedReminder, ...]
    next_reminder: NextReminder | None
    forecast: Forecast | None
    deferred: Deferred
    not_reached: int
    due_today: int
    held_back: str


def show_headline(
    session: Session, *, slug: str, retention_days: int = 0, now: datetime
) -> Headline:
    """Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    organizations = partners.count_organizations(session, campaign.id)
    return Headline(
        id=campaign.id,
        campaign=campaigns.campaign_facts(campaign),
        answers=count_answers(organizations, invitations.count_by_state(session, campaign.id)),
        captured=campaign.captured,
        publish_at_close=campaign.publish_at_close,
        launched_at=campaign.launched_at,
        closed_at=campaign.closed_at,
        contacts_kept=campaign.contacts_kept,
        contacts_erased_at=campaign.contacts_erased_at,
        erased_on=erased_on(campaign, days=retention_days),
        as_of=now,
    )


def watch_sending(session: Session, *, slug: str, now: datetime) -> Sending:
    """Raises CampaignNotFound."""
    look = look_at_progress(session, slug=slug, now=now)
    campaign_id = campaigns.require_campaign(session, slug).id
    assert campaign_id is not None
    if look.is_over:
        return Sending(look, 0.0, messages.count_troubles(session, campaign_id))
    recent = progress.count_recently_sent(session, campaign_id, since=now - _RATE_WINDOW)
    rate = recent / _RATE_WINDOW.total_seconds()
    return Sending(look, rate, messages.count_troubles(session, campaign_id))


def show_course(session: Session, *, slug: str, zone: str = "UTC", now: datetime) -> Course:
    """``zone`` is the reader's: it says what day is today. Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    plan = planned_reminders(campaign, now=now)
    waves = tuple(sign_on_curve.list_waves(session, campaign.id))
    to_come = [one for one in plan if one.state == "planned"] if _runs(campaign) else []
    answers = count_answers(0, invitations.count_by_state(session, campaign.id))
    return Course(
        changes=tuple(sign_on_curve.list_changes(session, campaign.id)),
        waves=waves,
        plan=plan,
        next_reminder=_next(session, campaign, to_come),
        forecast=forecast(
            signed=answers.signed,
            waiting=answers.waiting,
            deferred=answers.deferred if _runs(campaign) else 0,
            waves=waves,
            to_come=len(to_come),
            now=now,
        ),
        deferred=find_deferred(
            session, campaign_id=campaign.id, deadline=campaign.deadline, now=now
        ),
        not_reached=desk_lists.count_not_reached(session, campaign.id) if _runs(campaign) else 0,
        due_today=chases.count_due(
            session, campaign.id, today=now.astimezone(ZoneInfo(zone)).date()
        )
        if _runs(campaign)
        else 0,
        held_back=why_held_back(session, slug=slug, now=now),
    )


def _runs(campaign: Campaign) -> bool:
    return campaign.state in ANSWERING_STATES


def _next(
    session: Session, campaign: Campaign, to_come: list[PlannedReminder]
) -> NextReminder | None:
    if not to_come:
        return None
    assert campaign.id is not None
    people = audience.count_pending(session, campaign.id, asked_before=None)
    return NextReminder(to_come[0].step, to_come[0].at, people)
