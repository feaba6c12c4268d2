"""What the wizard shows of a draft: each step's state, and what is still missing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.reminder import Step, parse_steps, step_instant
from outreach.domain.views import CampaignFacts
from outreach.localtime import format_day
from outreach.statement.source import StatementSource, parse_statement
from outreach.store import audience, campaigns, drafts, partners, wordings
from outreach.store.tables import Campaign

_MOST_ZONES = 6


class StepState(StrEnum):
    """PROPOSED is sound as it is, and was not looked at by anybody yet."""

    DONE = "done"
    PROPOSED = "proposed"
    MISSING = "missing"


@dataclass(frozen=True)
class SetupStep:
    """``words`` say what stands there, or what is missing."""

    name: str
    title: str
    state: StepState
    words: str


@dataclass(frozen=True)
class Setup:
    """A campaign on its way to the launch; after it, what it was launched with."""

    campaign: CampaignFacts
    steps: tuple[SetupStep, ...]
    organizations: int
    contacts: int
    people: int
    sender_name: str
    discreet: bool
    reminder_steps: tuple[Step, ...]
    zones: tuple[tuple[str, int], ...]
    statement: StatementSource

    @property
    def is_draft(self) -> bool:
        return self.campaign.state is CampaignState.DRAFT

    @property
    def missing(self) -> tuple[SetupStep, ...]:
        return tuple(step for step in self.steps if step.state is StepState.MISSING)

    def step(self, name: str) -> SetupStep:
        return next(step for step in self.steps if step.name == name)


@dataclass(frozen=True)
class ReminderMoment:
    """A step as it falls for the readers of one zone."""

    step: Step
    zone: str
    at: datetime
    is_moved: bool
    is_over: bool


def show_setup(session: Session, *, slug: str, now: datetime) -> Setup:
    """Raises CampaignNotFound."""
    campaign = campaigns.require_campaign(session, slug)
    assert campaign.id is not None
    organizations, contacts = partners.count_partners(session, campaign.id)
    people = audience.count_to_invite(session, campaign.id).people
    zones = drafts.contacts_by_zone(session, campaign.id)
    own = wordings.list_wordings(session, campaign.id)
    version = campaigns.current_version(session, campaign.id)
    return Setup(
        campaign=campaigns.campaign_facts(campaign),
        steps=(
            SetupStep("statement", "Statement", StepState.DONE, campaign.title),
            _deadline(campaign, now=now),
            _sender(campaign),
            _reminders(campaign),
            _partners(organizations, people),
            _wording(len(own)),
        ),
        organizations=organizations,
        contacts=contacts,
        people=people,
        sender_name=campaign.sender_name,
        discreet=campaign.discreet,
        reminder_steps=parse_steps(campaign.reminder_steps),
        zones=tuple(zones),
        statement=parse_statement(version.source),
    )


def reminder_moments(setup: Setup, *, now: datetime) -> list[ReminderMoment]:
    """Every step in the coordinator's zone and in those where most readers are."""
    zones = list(dict.fromkeys([setup.campaign.zone, *(zone for zone, _ in setup.zones)]))
    deadline = setup.campaign.deadline
    steps = setup.reminder_steps
    moments = []
    for zone in zones[:_MOST_ZONES]:
        for step, following in zip(steps, [*steps, None][1:], strict=True):
            at = step_instant(step, following, deadline=deadline, zone=zone)
            is_moved = at != deadline - step.before
            moments.append(ReminderMoment(step, zone, at, is_moved, at <= now))
    return moments


def _deadline(campaign: Campaign, *, now: datetime) -> SetupStep:
    def step(state: StepState, words: str) -> SetupStep:
        return SetupStep("deadline", "Deadline", state, words)

    if campaign.state != CampaignState.DRAFT:
        return step(StepState.DONE, "set")
    if "deadline" in campaign.open_steps.split():
        return step(StepState.MISSING, "Choose until when organizations can sign.")
    if campaign.deadline <= now:
        return step(StepState.MISSING, "It is over; choose a later one.")
    if campaign.deadline.astimezone(ZoneInfo(campaign.zone)).date() > campaign.occasion_date:
        day = format_day(campaign.occasion_date, language="en")
        return step(StepState.MISSING, f"It is after the occasion on {day}; choose an earlier one.")
    return step(StepState.DONE, "set")


def _sender(campaign: Campaign) -> SetupStep:
    is_open = "sender" in campaign.open_steps.split()
    state = StepState.PROPOSED if is_open else StepState.DONE
    words = f"Answers go to {campaign.reply_to}{'; discreet mail' if campaign.discreet else ''}"
    return SetupStep("sender", "Sender", state, words)


def _reminders(campaign: Campaign) -> SetupStep:
    is_open = "reminders" in campaign.open_steps.split()
    many = len(parse_steps(campaign.reminder_steps))
    words = f"{many} reminder{'s' if many != 1 else ''}" if many else "No reminders"
    return SetupStep(
        "reminders", "Reminders", StepState.PROPOSED if is_open else StepState.DONE, words
    )


def _partners(organizations: int, people: int) -> SetupStep:
    if not organizations:
        return SetupStep(
            "partners", "Partners", StepState.MISSING, "Add the organizations to be asked."
        )
    who = f"{organizations:,} organization{'s' if organizations != 1 else ''}"
    return SetupStep("partners", "Partners", StepState.DONE, f"{who}, {people:,} to be invited")


def _wording(own: int) -> SetupStep:
    if not own:
        return SetupStep("wording", "Wording", StepState.PROPOSED, "Our own words")
    words = f"Your words in {own} mail{'s' if own != 1 else ''}"
    return SetupStep("wording", "Wording", StepState.DONE, words)
