"""Steering in somebody's name: each step as its own service takes it, and its line in the activity
log, in one transaction."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.localtime import format_moment
from outreach.services import steer_campaign
from outreach.services.apply_brake import require_expected
from outreach.services.close_campaign import close_campaign
from outreach.services.count_released import count_released
from outreach.services.launch_campaign import LaunchReport, launch_campaign
from outreach.services.note_activity import note_activity
from outreach.services.publish_statement import publish_campaign
from outreach.services.read_search import printable
from outreach.services.remind_by_hand import remind_by_hand
from outreach.store import audience, campaigns
from outreach.store.tables import Campaign

_REASON_LIMIT = 500


def launch(
    session: Session,
    *,
    slug: str,
    mail_domain: str,
    captured: bool,
    expected: int | None,
    by: Actor,
    now: datetime,
) -> LaunchReport:
    """Opens a draft; on an open campaign it invites those added since. Raises what
    ``launch_campaign`` raises."""
    report = launch_campaign(
        session,
        slug=slug,
        mail_domain=mail_domain,
        captured=captured,
        expected=expected,
        now=now,
    )
    campaign = campaigns.require_campaign(session, slug)
    _note(session, campaign, "campaign.launch", _people(report.people, "invited"), by=by, now=now)
    return report


def pause(session: Session, *, slug: str, reason: str, by: Actor, now: datetime) -> Campaign:
    """Holds every invitation and reminder; answers still count. Raises MoveRefused."""
    campaign = steer_campaign.pause_campaign(session, slug=slug)
    campaign.pause_note = printable(reason, most=_REASON_LIMIT)
    session.add(campaign)
    _note(session, campaign, "campaign.pause", campaign.pause_note, by=by, now=now)
    return campaign


def resume(
    session: Session, *, slug: str, expected: int | None = None, by: Actor, now: datetime
) -> Campaign:
    """Lets exactly the rest go out. ``expected``: to how many people at once, as somebody has
    agreed.

    Raises MoveRefused, UnexpectedNumber.
    """
    campaign = steer_campaign.resume_campaign(session, slug=slug)
    people = count_released(session, campaign, now=now)
    require_expected(people, expected=expected)
    _note(session, campaign, "campaign.resume", _people(people, "waiting"), by=by, now=now)
    return campaign


def extend(
    session: Session, *, slug: str, deadline: datetime, by: Actor, now: datetime
) -> Campaign:
    """Moves the deadline later. Raises MoveRefused, DeadlineRefused."""
    former = campaigns.require_campaign(session, slug).deadline
    campaign = steer_campaign.extend_campaign(session, slug=slug, deadline=deadline, now=now)
    moments = [
        format_moment(moment, language="en", zone=campaign.zone) for moment in (former, deadline)
    ]
    _note(session, campaign, "campaign.extend", " → ".join(moments), by=by, now=now)
    return campaign


def cancel(session: Session, *, slug: str, by: Actor, now: datetime) -> Campaign:
    """Ends it without a list; nothing that waits is sent. Raises MoveRefused."""
    campaign = steer_campaign.cancel_campaign(session, slug=slug)
    _note(session, campaign, "campaign.cancel", by=by, now=now)
    return campaign


def close(
    session: Session,
    *,
    slug: str,
    mail_domain: str,
    expected: int | None = None,
    by: Actor,
    now: datetime,
) -> Campaign:
    """Closes the list before its deadline and tells the signers. ``expected``: how many people.

    Raises MoveRefused, UnexpectedNumber.
    """
    campaign = close_campaign(session, slug=slug, mail_domain=mail_domain, now=now)
    assert campaign.id is not None
    people = audience.count_signers(session, campaign.id).people
    require_expected(people, expected=expected)
    _note(session, campaign, "campaign.close", _people(people, "told"), by=by, now=now)
    return campaign


def publish(session: Session, *, slug: str, by: Actor, now: datetime) -> Campaign:
    """Makes the list public. Raises MoveRefused unless the campaign is closed."""
    campaign = publish_campaign(session, slug=slug, now=now)
    _note(session, campaign, "campaign.publish", by=by, now=now)
    return campaign


def remind(
    session: Session,
    *,
    slug: str,
    mail_domain: str,
    organizations: Collection[int] | None = None,
    expected: int | None = None,
    again: bool = False,
    by: Actor,
    now: datetime,
) -> int:
    """Queues a reminder now, to those organizations or to all that have not answered. Returns to
    how many people. Raises what ``remind_by_hand`` raises."""
    queued = remind_by_hand(
        session,
        slug=slug,
        mail_domain=mail_domain,
        organizations=organizations,
        expected=expected,
        again=again,
        now=now,
    )
    only = next(iter(organizations)) if organizations and len(organizations) == 1 else None
    campaign = campaigns.require_campaign(session, slug)
    note_activity(
        session,
        by=by,
        action="reminder.send",
        campaign_id=campaign.id,
        organization_id=only,
        detail=_people(queued, "reminded"),
        now=now,
    )
    return queued


def _note(
    session: Session, campaign: Campaign, action: str, detail: str = "", *, by: Actor, now: datetime
) -> None:
    note_activity(session, by=by, action=action, campaign_id=campaign.id, detail=detail, now=now)


def _people(number: int, what: str) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'} {what}"
