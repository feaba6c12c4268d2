"""What a coordinator sees of the sending: counts, rate, time left, and the end of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.errors import CampaignNotFound
from outreach.domain.message import MessageState
from outreach.services.steer_campaign import pause_campaign
from outreach.services.watch_sending import Pace, Progress, look_at_progress
from outreach.store.database import Database
from tests.factories import NOW, a_launched_campaign, send_what_is_due, the_messages

HOUR = NOW + timedelta(hours=1)


def look(session: Session) -> Progress:
    return look_at_progress(session, slug="visit", now=NOW)


def put(session: Session, *states: MessageState, due_at: object = NOW) -> None:
    """The first messages, as those states; what is queued is due at that moment."""
    for message, state in zip(the_messages(session), states, strict=False):
        message.state = state
        message.due_at = due_at  # type: ignore[assignment]
        message.sent_at = NOW
        message.owner, message.lease_until = "me", HOUR
        session.add(message)
    session.flush()


def test_every_state_has_its_place_and_what_was_cancelled_is_not_to_be_sent(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Elsewhere", slug="other")
        a_launched_campaign(session, *"ABCDEFGHIJ")
        states = [state for state in MessageState if state is not MessageState.QUEUED]
        put(session, MessageState.QUEUED, *states)
        found = look(session)
        # Sent, bounced and complained of were all accepted by a server.
        assert (found.sent, found.waiting, found.sending) == (3, 3, 1)
        assert (found.failed, found.uncertain, found.cancelled) == (1, 1, 1)
        assert (found.deferred, found.next_attempt) == (0, None)
        assert (found.total, found.open, found.is_over) == (9, 4, False)
        assert (found.slug, found.state, found.captured) == ("visit", CampaignState.OPEN, False)
        assert found.as_of == NOW


def test_it_is_over_when_nothing_waits_but_what_was_put_off(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "A", "B", "C")
        assert not look(session).is_over
        put(session, MessageState.QUEUED, MessageState.QUEUED, due_at=HOUR)
        assert not look(session).is_over
        send_what_is_due(session)
        found = look(session)
        assert (found.sent, found.waiting, found.deferred, found.is_over) == (1, 0, 2, True)
        assert found.next_attempt == HOUR


def test_a_mail_in_a_senders_hands_is_waited_for(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "A")
        put(session, MessageState.SENDING)
        assert not look(session).is_over


@pytest.mark.parametrize(("seconds", "over"), [(60, False), (120, False), (121, True)])
def test_a_server_that_is_tried_again_within_a_minute_is_waited_for(
    database: Database, seconds: int, over: bool
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "A")
        put(session, MessageState.QUEUED, due_at=NOW + timedelta(seconds=seconds))
        assert look(session).is_over is over


def test_a_pause_is_told_with_its_reason(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "A")
        pause_campaign(session, slug="visit")
        campaign.pause_reason = "the mail server refused us"
        session.add(campaign)
        session.flush()
        found = look(session)
        assert (found.state, found.pause_reason) == ("paused", "the mail server refused us")


def test_an_unknown_campaign_is_refused(database: Database) -> None:
    with database.reading() as session, pytest.raises(CampaignNotFound):
        look(session)


def a_look(*, sent: int, waiting: int = 0, failed: int = 0) -> Progress:
    return Progress(
        slug="visit",
        zone="UTC",
        state=CampaignState.OPEN,
        pause_reason="",
        captured=False,
        sent=sent,
        waiting=waiting,
        sending=0,
        deferred=0,
        failed=failed,
        uncertain=0,
        cancelled=0,
        next_attempt=None,
        as_of=NOW,
    )


def test_the_rate_is_that_of_the_last_ten_seconds() -> None:
    pace = Pace()
    assert (pace.rate, pace.left) == (0.0, None)
    pace.take(a_look(sent=500, waiting=9_500), at=100.0)
    assert pace.rate == 0.0
    for second in range(1, 31):  # fast, then slow
        sent = 500 + 100 * min(second, 15) + 10 * max(second - 15, 0)
        pace.take(a_look(sent=sent, waiting=10_000 - sent), at=100.0 + second)
        if second == 15:
            assert pace.rate == pytest.approx(100)
    assert pace.rate == pytest.approx(10)
    assert pace.left == timedelta(seconds=(10_000 - 2_150) / 10)


def test_looks_far_apart_still_make_a_rate() -> None:
    pace = Pace()
    pace.take(a_look(sent=0, waiting=100), at=0.0)
    pace.take(a_look(sent=60, waiting=40), at=30.0)
    assert pace.rate == pytest.approx(2)


def test_where_nothing_moves_there_is_no_time_left_and_it_says_for_how_long() -> None:
    pace = Pace()
    assert pace.still_for == 0.0
    pace.take(a_look(sent=0, waiting=5), at=50.0)
    pace.take(a_look(sent=1, waiting=4), at=60.0)
    assert pace.still_for == 0.0
    for at in (70.0, 80.0, 81.0):
        pace.take(a_look(sent=1, waiting=4), at=at)
    assert (pace.rate, pace.left, pace.still_for) == (0.0, None, 21.0)
    pace.take(a_look(sent=1, waiting=3, failed=1), at=82.0)
    assert pace.still_for == 0.0


def test_what_a_person_settles_makes_no_rate_below_nothing() -> None:
    pace = Pace()
    pace.take(a_look(sent=5), at=0.0)
    pace.take(replace(a_look(sent=4), failed=1), at=1.0)
    assert pace.rate == 0.0
