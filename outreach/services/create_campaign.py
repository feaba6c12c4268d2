"""Create a campaign: a statement frozen as version 1, and a deadline before the occasion."""

import re
import secrets
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from outreach.domain.errors import Refused, SlugTaken
from outreach.domain.reminder import parse_steps
from outreach.localtime import DeadlineRefused, format_day, format_moment, require_zone
from outreach.statement.source import StatementSource, parse_statement
from outreach.store.campaigns import find_campaign
from outreach.store.tables import Campaign, StatementVersion

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?")


class SlugRefused(Refused):
    """Not a name that an address can carry."""

    def __init__(self, *, slug: str) -> None:
        super().__init__(
            f"'{slug}' cannot stand in an address; use small letters, digits and hyphens"
        )


def create_campaign(
    session: Session,
    *,
    source: str,
    slug: str,
    deadline: datetime,
    zone: str,
    remind: str,
    default_reply_to: str,
    publish_at_close: bool = False,
    now: datetime,
) -> Campaign:
    """Writes the draft and its version 1. Raises Refused with what is wrong; nothing is kept."""
    statement = parse_statement(source)
    _require_slug(session, slug)
    require_zone(zone)
    check_deadline(deadline, zone=zone, occasion_date=statement.occasion_date, now=now)
    campaign = Campaign(
        slug=slug,
        key=secrets.token_hex(16),
        title=statement.title,
        addressee=statement.addressee,
        occasion=statement.occasion,
        occasion_date=statement.occasion_date,
        reply_to=statement.reply_to or default_reply_to,
        language=statement.language,
        deadline=deadline,
        zone=zone,
        reminder_steps=",".join(step.label for step in parse_steps(remind)),
        publish_at_close=publish_at_close,
        created_at=now,
    )
    _add(session, campaign)
    session.add(_first_version(campaign, statement, now=now))
    session.flush()
    return campaign


def _require_slug(session: Session, slug: str) -> None:
    if not _SLUG.fullmatch(slug):
        raise SlugRefused(slug=slug)
    if find_campaign(session, slug):
        raise SlugTaken(slug=slug)


def _add(session: Session, campaign: Campaign) -> None:
    """Raises SlugTaken where another one was made since we looked."""
    try:
        with session.begin_nested():
            session.add(campaign)
    except IntegrityError:
        raise SlugTaken(slug=campaign.slug) from None


def check_deadline(deadline: datetime, *, zone: str, occasion_date: date, now: datetime) -> None:
    """Raises DeadlineRefused for one that is over, or that lies after the occasion's day."""
    shown = format_moment(deadline, language="en", zone=zone)
    if deadline <= now:
        raise DeadlineRefused(f"the deadline, {shown}, is over already; choose a later one")
    if deadline.astimezone(ZoneInfo(zone)).date() > occasion_date:
        raise DeadlineRefused(
            f"the deadline, {shown}, is after the occasion on"
            f" {format_day(occasion_date, language='en')};"
            " choose an earlier one"
        )


def _first_version(
    campaign: Campaign, statement: StatementSource, *, now: datetime
) -> StatementVersion:
    assert campaign.id is not None
    return StatementVersion(
        campaign_id=campaign.id,
        number=1,
        language=statement.language,
        source=statement.source,
        body=statement.body,
        asks="\n".join(statement.asks),
        sha256=statement.sha256,
        created_at=now,
    )
