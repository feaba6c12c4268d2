"""Whom resuming mails at once: what was held, and what fell due meanwhile. On both databases."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from outreach.domain.coordinator import Actor
from outreach.domain.message import MessageEvent, MessageKind
from outreach.services import steer_by_hand
from outreach.services.apply_brake import UnexpectedNumber
from outreach.services.count_released import count_released
from outreach.services.launch_campaign import launch_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.services.steer_campaign import pause_campaign
from outreach.services.suppress_contact import suppress
from outreach.store import claims
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.rounds import Result
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    record_result,
    send_what_is_due,
    sign,
    the_link,
    the_messages,
)

# The deadline is a Wednesday, 15:00 in Berlin: its third day before is a Sunday.
WEEK = DEADLINE - timedelta(days=7)
SUNDAY = DEADLINE - timedelta(days=3)
DAY = DEADLINE - timedelta(days=1)


def released(session: Session, now: datetime) -> int:
    return count_released(session, require_campaign(session, "visit"), now=now)


def plan(session: Session, now: datetime) -> int:
    return plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=now)


def resume(session: Session, *, expected: int, now: datetime) -> None:
    steer_by_hand.resume(session, slug="visit", expected=expected, by=Actor("Ada"), now=now)


def test_who_is_due_a_reminder_by_the_time_it_is_resumed_is_counted(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma", "Delta")
        send_what_is_due(session)
        pause_campaign(session, slug="visit")
        sign(session, "Gamma")
        suppress(session, link_id=the_link(session, "Delta").id, now=NOW)
        assert released(session, WEEK - timedelta(seconds=1)) == 0
        assert released(session, WEEK) == 2
    for expected in (0, 1, 3):
        with pytest.raises(UnexpectedNumber), database.transaction() as session:
            resume(session, expected=expected, now=WEEK)
    with database.transaction() as session:
        assert the_messages(session, kind=MessageKind.REMINDER) == []
        resume(session, expected=2, now=WEEK)
        assert plan(session, WEEK) == 2
        assert released(session, WEEK) == 2


def test_what_is_held_and_was_not_answered_meanwhile_is_counted_once(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma", "Delta")
        a_launched_campaign(session, "Elsewhere", slug="other")
        assert released(session, NOW) == 4
        sign(session, "Gamma")
        suppress(session, link_id=the_link(session, "Delta").id, now=NOW)
        assert released(session, NOW) == 2
        send_what_is_due(session)
        assert plan(session, WEEK) == 2
        pause_campaign(session, slug="visit")
        assert released(session, WEEK) == 2
        assert released(session, DAY) == 2  # one reminder each: the later takes the place
        assert released(session, DEADLINE) == 0


def test_a_held_reminder_whose_place_a_later_one_takes_is_not_counted_before_that(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session, remind="7d,3d")
        a_contact(session, campaign)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        send_what_is_due(session)
        assert plan(session, WEEK) == 1
        pause_campaign(session, slug="visit")
        monday = datetime.fromisoformat("2026-03-16T08:00+01:00")
        moments = (SUNDAY - timedelta(seconds=1), SUNDAY, monday)
        assert [released(session, moment) for moment in moments] == [1, 0, 1]


def test_what_a_server_has_put_off_is_counted_from_its_moment_on(database: Database) -> None:
    later = NOW + timedelta(hours=3)
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        lease = timedelta(minutes=5)
        (one,) = claims.claim_due(session, owner="s", many=1, lease=lease, now=NOW)
        put_off = Result(one.id, MessageEvent.DEFERRED, code=451, due_at=later, attempts=1)
        assert record_result(session, put_off, owner="s")
        pause_campaign(session, slug="visit")
        assert released(session, later - timedelta(seconds=1)) == 1
        assert released(session, later) == 2
