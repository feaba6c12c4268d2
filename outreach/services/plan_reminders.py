"""Plan reminders: one message for each contact whose step is due and who has not answered."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache

from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.message import MessageKind
from outreach.domain.reminder import Step, due_step, parse_steps, quiet_time
from outreach.services.apply_brake import TooManyMails, apply_brake
from outreach.store import audience, campaigns, messages
from outreach.store.tables import Campaign

StepFinder = Callable[[str, int], Step | None]
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def plan_reminders(session: Session, *, slug: str, mail_domain: str, now: datetime) -> int:
    """Queues what is due in an open campaign. Returns how many.

    Most looks find nothing and lock nothing. Where there is something, the campaign is locked
    and looked at again, so that of two planners the second finds what the first wrote.

    Raises TooManyMails.
    """
    if not _due_by_step(session, campaigns.require_campaign(session, slug), now=now):
        return 0
    campaign = campaigns.lock_campaign(session, slug)
    due = _due_by_step(session, campaign, now=now)
    _apply_brake(session, campaign, due, now=now)
    keyed = ((one, step.key(campaign.deadline_round)) for step, to in due.items() for one in to)
    return messages.queue_each(
        session, campaign, MessageKind.REMINDER, keyed, mail_domain=mail_domain, now=now
    )


def why_held_back(session: Session, *, slug: str, now: datetime) -> str:
    """Why no reminder is planned though some are due, and what to do; empty where all is well."""
    campaign = campaigns.require_campaign(session, slug)
    try:
        _apply_brake(session, campaign, _due_by_step(session, campaign, now=now), now=now)
    except TooManyMails as held:
        return str(held)
    return ""


def _apply_brake(
    session: Session,
    campaign: Campaign,
    due: dict[Step, list[messages.Addressee]],
    *,
    now: datetime,
) -> None:
    mails = sum(len(to) for to in due.values())
    if mails:
        assert campaign.id is not None
        asked_before = _asked_before(campaign, now=now)
        pending = audience.count_pending(session, campaign.id, asked_before=asked_before)
        apply_brake(campaign.slug, mails=mails, pending=pending)


def _asked_before(campaign: Campaign, *, now: datetime) -> datetime:
    """Who was asked later than this is left in peace for now."""
    return now - quiet_time(parse_steps(campaign.reminder_steps))


def _due_by_step(
    session: Session, campaign: Campaign, *, now: datetime
) -> dict[Step, list[messages.Addressee]]:
    return due_if_open(session, campaign, now=now) if campaign.state == CampaignState.OPEN else {}


def due_if_open(
    session: Session, campaign: Campaign, *, now: datetime
) -> dict[Step, list[messages.Addressee]]:
    """Who is to be reminded now, by step, whether the campaign is open or only would be. An older
    reminder that still waits is cancelled just before it would be sent."""
    steps = parse_steps(campaign.reminder_steps)
    begun = [step for step in steps if campaign.deadline - step.before <= now]
    if not begun or now >= campaign.deadline:
        return {}
    due_step_in = _step_finder(campaign, steps, now=now)
    due: dict[Step, list[messages.Addressee]] = defaultdict(list)
    for contact in messages.unanswered_contacts(
        session,
        campaign,
        invited_before=campaign.deadline - begun[-1].before,
        newest_step=begun[-1].key(campaign.deadline_round),
    ):
        step = _step_for(contact, campaign, steps, due_step_in)
        if step is not None:
            due[step].append(contact.to)
    return _without_recently_asked(session, campaign, due, now=now) if due else due


def _without_recently_asked(
    session: Session,
    campaign: Campaign,
    due: dict[Step, list[messages.Addressee]],
    *,
    now: datetime,
) -> dict[Step, list[messages.Addressee]]:
    """Their step stays due: it is planned once they have had their peace."""
    assert campaign.id is not None
    since = _asked_before(campaign, now=now)
    recent = audience.asked_since(session, campaign.id, since=since)
    left = {step: [one for one in to if one.contact_id not in recent] for step, to in due.items()}
    return {step: to for step, to in left.items() if to}


def _step_finder(campaign: Campaign, steps: Sequence[Step], *, now: datetime) -> StepFinder:
    """The step that is due for a reader in a zone, where so many steps were over at the start.

    Reckoned once for all readers alike: of 100,000 contacts there are some dozens of kinds.
    """

    @cache
    def find(zone: str, over: int) -> Step | None:
        since = campaign.deadline - steps[over - 1].before if over else _LONG_AGO
        return due_step(steps, deadline=campaign.deadline, zone=zone, since=since, now=now)

    return find


def _step_for(
    contact: messages.Remindable, campaign: Campaign, steps: Sequence[Step], find: StepFinder
) -> Step | None:
    """The step that is due and not yet covered: never an older reminder after a newer one."""
    # A step that was over when the deadline moved is not made up for at once.
    since = max(contact.asked_at, campaign.extended_at or contact.asked_at)
    over = sum(campaign.deadline - step.before <= since for step in steps)
    step = find(contact.zone, over)
    if step is None or not contact.reminded_steps:
        return step
    keys = [known.key(campaign.deadline_round) for known in steps]
    covered = contact.reminded_steps.intersection(keys[steps.index(step) :])
    return None if covered else step
