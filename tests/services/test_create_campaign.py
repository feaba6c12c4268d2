"""Creating a campaign: a statement frozen as version 1, and a deadline before the occasion."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from sqlmodel import Session, select

from outreach.domain.errors import Refused, SlugTaken
from outreach.domain.reminder import SpanRefused
from outreach.localtime import DeadlineRefused
from outreach.services.create_campaign import SlugRefused, create_campaign
from outreach.statement.source import StatementRefused, parse_statement
from outreach.store.database import Database
from outreach.store.tables import Campaign, StatementVersion
from tests.factories import DEADLINE, NOW, STATEMENT
from tests.racing import race

OCCASION_ENDS = datetime(2026, 4, 24, 22, 0, tzinfo=UTC)  # midnight in Berlin


def _create(session: Session, **changes: Any) -> Campaign:
    facts: dict[str, Any] = {
        "source": STATEMENT,
        "slug": "visit",
        "deadline": DEADLINE,
        "zone": "Europe/Berlin",
        "remind": "7d,3d,1d,4h",
        "default_reply_to": "outreach@coalition.example",
        "now": NOW,
    }
    return create_campaign(session, **(facts | changes))


def test_a_draft_and_its_first_version_are_kept(database: Database) -> None:
    with database.transaction() as session:
        _create(session)
    statement = parse_statement(STATEMENT)
    with database.reading() as session:
        campaign = session.exec(select(Campaign)).one()
        version = session.exec(select(StatementVersion)).one()
    assert (campaign.state, campaign.slug, campaign.title) == ("draft", "visit", statement.title)
    assert (campaign.deadline, campaign.zone) == (DEADLINE, "Europe/Berlin")
    assert (campaign.deadline_round, campaign.launched_at) == (0, None)
    assert campaign.reply_to == "coordinator@coalition.example"
    assert (version.number, version.source, version.body) == (1, STATEMENT, statement.body)
    assert version.sha256 == statement.sha256
    assert version.asks == "Call for the release of all political prisoners"


def test_who_answers_goes_to_is_the_senders_where_the_statement_names_nobody(
    database: Database,
) -> None:
    source = STATEMENT.replace("reply_to: coordinator@coalition.example\n", "")
    with database.transaction() as session:
        assert _create(session, source=source).reply_to == "outreach@coalition.example"


@pytest.mark.parametrize(
    ("changes", "refusal", "words"),
    [
        ({"source": "Dear Sir"}, StatementRefused, "front matter"),
        ({"slug": ""}, SlugRefused, "small letters, digits and hyphens"),
        ({"slug": "Visit"}, SlugRefused, "small letters"),
        ({"slug": "a/b"}, SlugRefused, "small letters"),
        ({"slug": "-a"}, SlugRefused, "small letters"),
        ({"slug": "a\n"}, SlugRefused, "small letters"),
        ({"slug": "a" * 63}, SlugRefused, "small letters"),
        ({"zone": "Berlin"}, DeadlineRefused, "IANA name"),
        ({"remind": "7d,soon"}, SpanRefused, "'soon' is no length of time"),
        ({"deadline": NOW}, DeadlineRefused, "is over already; choose a later one"),
        ({"deadline": OCCASION_ENDS}, DeadlineRefused, "after the occasion on 24 April 2026"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_kept(
    database: Database, changes: dict[str, Any], refusal: type[Refused], words: str
) -> None:
    def create() -> None:
        with database.transaction() as session:
            _create(session, **changes)

    with pytest.raises(refusal, match=words):
        create()
    with database.reading() as session:
        assert session.exec(select(Campaign)).first() is None


def test_the_deadline_may_be_any_moment_until_the_occasions_day_ends_there(
    database: Database,
) -> None:
    with database.transaction() as session:
        _create(session, deadline=OCCASION_ENDS - timedelta(microseconds=1))
        _create(session, slug="soon", deadline=NOW + timedelta(microseconds=1))
        # The day is over in Berlin, and not yet in Los Angeles.
        _create(session, slug="west", deadline=OCCASION_ENDS, zone="America/Los_Angeles")


def test_a_second_campaign_at_one_address_is_refused(database: Database) -> None:
    with database.transaction() as session:
        _create(session)
    with database.transaction() as session, pytest.raises(SlugTaken, match="choose another"):
        _create(session)


def test_of_two_made_at_once_one_stands(database: Database) -> None:
    def create() -> None:
        with database.transaction() as session:
            _create(session)

    results = race([create] * 3)
    assert results.count(None) == 1
    assert all(isinstance(one, SlugTaken) for one in results if one is not None)
    with database.reading() as session:
        assert len(session.exec(select(StatementVersion)).all()) == 1


def test_a_slug_that_was_free_at_the_first_look_is_refused_in_the_same_words(
    database: Database,
) -> None:
    with database.transaction() as session:
        _create(session)
    with database.transaction() as session:
        with (
            mock.patch("outreach.services.create_campaign.find_campaign", return_value=None),
            pytest.raises(SlugTaken, match="choose another"),
        ):
            _create(session)
        assert _create(session, slug="other").id  # the transaction is as good as before


def test_steps_are_kept_in_order_and_may_be_none(database: Database) -> None:
    with database.transaction() as session:
        assert _create(session, remind="4h, 7D").reminder_steps == "7d,4h"
        assert _create(session, slug="quiet", remind="").reminder_steps == ""


def test_two_campaigns_never_share_what_message_ids_come_from(database: Database) -> None:
    with database.transaction() as session:
        assert _create(session).key != _create(session, slug="other").key
