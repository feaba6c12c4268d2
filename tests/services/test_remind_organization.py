"""Reminding one organization by hand: who gets it, and when it is refused. On both databases."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import MoveRefused
from outreach.domain.message import MessageEvent, MessageKind
from outreach.services.launch_campaign import DeadlineOver, launch_campaign
from outreach.services.remind_organization import NotReminded, remind_organization
from outreach.services.steer_campaign import pause_campaign
from outreach.store import claims
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
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
    the_messages,
)
from tests.noticing import a_coordinator
from tests.racing import race

NORA = Actor("Nora Feld", 1)
LATER = NOW + timedelta(hours=4)


def remind(session: Session, *, now: datetime = LATER, organization_id: int = 1) -> int:
    return remind_organization(
        session,
        slug="visit",
        organization_id=organization_id,
        mail_domain=DOMAIN,
        by=NORA,
        now=now,
    )


def invited(session: Session) -> None:
    a_coordinator(session)
    campaign = a_campaign(session)
    for organization, role in (("Alpha", "signs"), ("Alpha", "signs"), ("Alpha", "copied")):
        a_contact(session, campaign, organization=organization, role=role)
    a_contact(session, campaign, organization="Beta")
    launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)


def reminders(session: Session) -> list[str]:
    return [one.step for one in the_messages(session, kind=MessageKind.REMINDER)]


def test_each_contact_who_signs_for_it_is_reminded_and_nobody_else(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        assert remind(session) == 2
        reminded = the_messages(session, "Alpha", kind=MessageKind.REMINDER)
        assert [one.step for one in reminded] == ["by-hand-2026-03-04"] * 2
        assert reminders(session) == ["by-hand-2026-03-04"] * 2
        found = session.exec(select(Activity).order_by(col(Activity.id))).one()
        assert (found.action, found.detail, found.organization_id) == (
            "reminder.send",
            "2 people",
            1,
        )


def test_within_four_hours_of_the_last_mail_it_is_refused_and_then_works_again(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        with pytest.raises(NotReminded, match="within the last four hours"):
            remind(session, now=LATER - timedelta(seconds=1))
        remind(session)
        with pytest.raises(NotReminded, match="on its way"):
            remind(session, now=LATER + timedelta(hours=9))
        send_what_is_due(session, now=LATER)
        with pytest.raises(NotReminded, match="within the last four hours"):
            remind(session, now=LATER + timedelta(hours=3))
        assert remind(session, now=LATER + timedelta(hours=4)) == 2
        steps = ["by-hand-2026-03-04", "by-hand-2026-03-04-2"]
        assert sorted(reminders(session)) == [steps[0], steps[0], steps[1], steps[1]]


def test_what_speaks_against_a_reminder_is_said(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        with pytest.raises(NotReminded, match="on its way"):
            remind(session)
        for event in (MessageEvent.REJECTED, MessageEvent.DEFERRED):
            (one,) = claims.claim_due(
                session, owner="s", many=1, lease=timedelta(minutes=5), now=NOW
            )
            due_at = LATER if event is MessageEvent.DEFERRED else None
            result = Result(one.id, event, code=550, words="no", due_at=due_at, attempts=1)
            assert record_result(session, result, owner="s")
        with pytest.raises(NotReminded, match="put a mail to it off"):
            remind(session)
        send_what_is_due(session)
        sign(session, "Beta")
        for organization_id in (2, 99):
            with pytest.raises(NotReminded, match="it has answered"):
                remind(session, organization_id=organization_id)
        assert reminders(session) == []


def test_whom_no_mail_has_reached_is_to_be_called(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session)
        a_launched_campaign(session, "Alpha")
        (one,) = claims.claim_due(session, owner="s", many=1, lease=timedelta(minutes=5), now=NOW)
        refused = Result(one.id, MessageEvent.REJECTED, code=550, words="no")
        assert record_result(session, refused, owner="s")
        with pytest.raises(NotReminded, match="call, or change the contact"):
            remind(session)


def test_only_an_open_campaign_reminds(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)
        with pytest.raises(DeadlineOver):
            remind(session, now=DEADLINE)
        pause_campaign(session, slug="visit")
        with pytest.raises(MoveRefused):
            remind(session)


def test_of_two_who_press_at_the_same_moment_one_reminds(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)

    def press() -> int:
        with database.transaction() as session:
            return remind(session)

    outcomes = race([press] * 3)
    assert sum(outcome == 2 for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NotReminded) for outcome in outcomes) == 2
    with database.reading() as session:
        assert len(reminders(session)) == 2
