"""One campaign watched: where it stands, how it came there, what is next."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from outreach.domain.errors import CampaignNotFound
from outreach.domain.forecast import Forecast, Wave
from outreach.services.close_campaign import close_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.services.show_campaign import (
    NextReminder,
    show_course,
    show_headline,
    watch_sending,
)
from outreach.services.show_desk import Answers
from outreach.services.steer_campaign import pause_campaign
from outreach.store.chases import set_next_step
from outreach.store.database import Database
from outreach.store.sign_on_curve import Change
from tests.counting import counting
from tests.crowds import a_crowd
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    STATEMENT,
    a_launched_campaign,
    send_what_is_due,
    sign,
    the_invitation,
    withdraw,
)

A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
WEEK = DEADLINE - 7 * A_DAY


def _remind(session: Session, *, now: object) -> int:
    plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=now)  # type: ignore[arg-type]
    return send_what_is_due(session, now=now)  # type: ignore[arg-type]


def test_the_headline_counts_answers(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        sign(session, "Beta")
        headline = show_headline(session, slug="visit", now=NOW)
        assert headline.answers == Answers(2, signed=1, waiting=1)
        assert headline.takes_answers
        for show in (show_headline, show_course, watch_sending):
            with pytest.raises(CampaignNotFound):
                show(session, slug="none", now=NOW)


def test_the_course_holds_every_yes_and_every_withdrawal(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        a_launched_campaign(session, "Elsewhere", slug="other")
        sign(session, "Elsewhere")
        sign(session, "Alpha", now=NOW + 2 * AN_HOUR)
        sign(session, "Beta", now=NOW + AN_HOUR)
        withdraw(session, "Beta", now=NOW + 3 * AN_HOUR)
        course = show_course(session, slug="visit", now=NOW)
        assert course.changes == (
            Change(NOW + AN_HOUR, 1),
            Change(NOW + 2 * AN_HOUR, 1),
            Change(NOW + 3 * AN_HOUR, -1),
        )


def test_each_reminder_is_told_with_what_it_brought(database: Database) -> None:
    names = [f"Organization {number}" for number in range(10)]
    with database.transaction() as session:
        a_launched_campaign(session, *names)
        send_what_is_due(session)
        assert show_course(session, slug="visit", now=NOW).forecast is None
        sign(session, names[0], now=NOW + AN_HOUR)  # by the invitation alone
        assert _remind(session, now=WEEK) == 9 + 1  # and a receipt
        sign(session, names[1], now=WEEK + AN_HOUR)
        sign(session, names[2], now=WEEK + A_DAY)
        sign(session, names[3], now=WEEK + A_DAY)
        three = DEADLINE - timedelta(days=2, hours=7)  # a Sunday's waits for Monday at eight
        assert _remind(session, now=three) == 6 + 3
        sign(session, names[4], now=three + AN_HOUR)
        course = show_course(session, slug="visit", now=three + A_DAY)
        assert course.waves == (Wave("7d/0", WEEK, 9, 3), Wave("3d/0", three, 6, 1))
        # 4 of 15; two more reminders to the 5 that are left.
        assert course.forecast == Forecast(signed=7, rate=4 / 15, waves=2, to_come=2)
        assert course.next_reminder == NextReminder("1d", DEADLINE - A_DAY, 5)


def test_a_paused_campaign_shows_what_would_come_and_a_closed_one_nothing(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        send_what_is_due(session)
        pause_campaign(session, slug="visit")
        assert show_course(session, slug="visit", now=NOW).next_reminder is not None

        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        course = show_course(session, slug="visit", now=NOW)
        assert (course.next_reminder, course.forecast, course.not_reached) == (None, None, 0)


def test_sending_is_live_while_something_is_due_and_nothing_holds_it(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        assert watch_sending(session, slug="visit", now=NOW).is_live
        pause_campaign(session, slug="visit")
        assert not watch_sending(session, slug="visit", now=NOW).is_live


def test_the_rate_is_that_of_the_last_ten_seconds(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *(f"Organization {number}" for number in range(20)))
        send_what_is_due(session)
        a_launched_campaign(session, "Late", slug="other")
        soon = NOW + timedelta(seconds=5)
        assert watch_sending(session, slug="visit", now=soon).rate == 0.0  # nothing is due
        assert watch_sending(session, slug="other", now=soon).rate == 0.0
        sign(session, "Organization 1")  # its receipt is due
        assert watch_sending(session, slug="visit", now=soon).rate == 2.0
        late = NOW + timedelta(seconds=11)
        assert watch_sending(session, slug="visit", now=late).rate == 0.0


def test_5000_organizations_take_as_many_statements_as_50(database: Database) -> None:
    asked = {}
    for many in (50, 5_000):
        with database.transaction() as session:
            a_crowd(
                session,
                source=STATEMENT,
                slug=f"of-{many}",
                many=many,
                deadline=DEADLINE,
                mail_domain=DOMAIN,
                now=NOW,
            )
        with database.reading() as session, counting(database) as found:
            show_headline(session, slug=f"of-{many}", now=NOW)
            watch_sending(session, slug=f"of-{many}", now=NOW)
            course = show_course(session, slug=f"of-{many}", now=NOW)
            assert course.not_reached == many // 10
        asked[many] = found.many
    assert asked[50] == asked[5_000] <= 24


def test_what_is_due_today_is_by_the_readers_day_and_of_those_who_owe(database: Database) -> None:
    late = NOW.replace(hour=23, minute=30)  # in Tokyo it is the next day
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        assert campaign.id is not None
        for name, day in (("Alpha", NOW), ("Beta", NOW + A_DAY), ("Gamma", NOW)):
            set_next_step(
                session,
                organization_id=the_invitation(session, name).organization_id,
                campaign_id=campaign.id,
                next_step="call",
                next_on=day.date(),
                now=NOW,
            )
        sign(session, "Gamma")
        assert show_course(session, slug="visit", zone="UTC", now=late).due_today == 1
        assert show_course(session, slug="visit", zone="Asia/Tokyo", now=late).due_today == 2
