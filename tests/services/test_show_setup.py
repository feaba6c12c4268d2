"""What the wizard knows of a draft: what is done, what is proposed, what is missing."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from outreach.domain.errors import CampaignNotFound
from outreach.services.show_setup import StepState, reminder_moments, show_setup
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from tests.factories import DEADLINE, NOW, a_campaign, a_contact


def test_a_new_draft_says_what_is_missing(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        campaign.open_steps = "deadline sender reminders"
        session.add(campaign)
        session.flush()
        setup = show_setup(session, slug="visit", now=NOW)
    assert [one.name for one in setup.missing] == ["deadline", "partners"]
    assert setup.step("sender").state is StepState.PROPOSED
    assert setup.step("statement").state is StepState.DONE


def test_when_all_is_there_nothing_is_missing(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session))
        setup = show_setup(session, slug="visit", now=NOW)
    assert setup.missing == ()
    assert (setup.organizations, setup.contacts, setup.people) == (1, 1, 1)


def test_a_deadline_that_came_or_lies_after_the_occasion_is_missing_again(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_campaign(session)
        assert "deadline" in [
            one.name for one in show_setup(session, slug="visit", now=DEADLINE).missing
        ]
        campaign = require_campaign(session, "visit")
        campaign.occasion_date = (DEADLINE - timedelta(days=1)).date()
        session.add(campaign)
        session.flush()
        words = show_setup(session, slug="visit", now=NOW).step("deadline").words
    assert "after the occasion" in words


def test_reminders_fall_in_each_zone_out_of_night_and_weekend(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, zone="Asia/Taipei")
        setup = show_setup(session, slug="visit", now=NOW)
    moments = reminder_moments(setup, now=NOW)
    assert [one.zone for one in moments] == ["Europe/Berlin"] * 4 + ["Asia/Taipei"] * 4
    moved = [one for one in moments if one.is_moved]
    assert {(one.step.label, one.zone) for one in moved} >= {("3d", "Europe/Berlin")}
    assert not any(one.is_over for one in moments)


def test_the_number_of_questions_does_not_grow_with_the_list(database: Database) -> None:
    def questions() -> int:
        asked: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
        with database.reading() as session:
            show_setup(session, slug="visit", now=NOW)
        return len(asked)

    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign)
    few = questions()
    with database.transaction() as session:
        for number in range(30):
            a_contact(session, campaign, organization=f"Group {number}", zone="Asia/Taipei")
    assert questions() <= few


def test_what_is_not_there_is_refused(database: Database) -> None:
    with database.reading() as session, pytest.raises(CampaignNotFound):
        show_setup(session, slug="no-such", now=NOW)
