"""What a reply comes to: the event, when it goes again, and whether the campaign must pause."""

from datetime import timedelta

import pytest

from outreach.domain.breaker import MESSAGES_IN_A_ROW, RECIPIENTS_IN_A_ROW, Breaker
from outreach.domain.message import MessageEvent
from outreach.domain.retry import DEFAULT_RETRY, UNREACHABLE_PAUSE, RetrySchedule
from outreach.mail.replies import Reply
from outreach.mail.reply_table import Outcome
from outreach.services.read_outcome import Consequence, consequence_of
from outreach.store.claims import Claimed
from tests.factories import NOW

RETRY = RetrySchedule.parse(DEFAULT_RETRY)


def read(
    outcome: Outcome, *, attempts: int = 0, breaker: Breaker | None = None, campaign: int = 1
) -> Consequence:
    claimed = Claimed(7, campaign, priority=5, attempts=attempts, alone=False)
    reply = Reply(outcome, 450, "450 said so")
    return consequence_of(claimed, reply, retry=RETRY, breaker=breaker or Breaker(), now=NOW)


@pytest.mark.parametrize(
    ("outcome", "event", "attempts", "stops"),
    [
        (Outcome.ACCEPTED, MessageEvent.ACCEPTED, 1, False),
        (Outcome.DEFERRED, MessageEvent.DEFERRED, 2, False),
        (Outcome.RECIPIENT_REJECTED, MessageEvent.REJECTED, 1, False),
        (Outcome.MESSAGE_REJECTED, MessageEvent.REJECTED, 1, False),
        (Outcome.STOPPED, MessageEvent.DEFERRED, 2, True),
        (Outcome.UNREACHABLE, MessageEvent.DEFERRED, 1, False),
        (Outcome.DOUBTFUL, MessageEvent.LAPSED_AFTER_DATA, 1, False),
    ],
)
def test_each_outcome_has_its_event(
    outcome: Outcome, event: MessageEvent, attempts: int, stops: bool
) -> None:
    found = read(outcome, attempts=1)
    result = found.result
    assert (result.message_pk, result.event, result.attempts) == (7, event, attempts)
    assert (result.code, result.words) == (450, "450 said so")
    assert bool(found.stop) is stops
    if stops:
        assert found.stop == "the mail server refuses us: 450 said so"


def test_there_is_no_outcome_without_its_consequence() -> None:
    for outcome in Outcome:
        assert read(outcome).result.event


@pytest.mark.parametrize("attempts", [0, 1, 2, 5])
def test_what_is_put_off_goes_again_by_the_schedule(attempts: int) -> None:
    due_at = read(Outcome.DEFERRED, attempts=attempts).result.due_at
    assert due_at is not None
    pause = RETRY.pauses[min(attempts, len(RETRY.pauses) - 1)]
    assert pause <= due_at - NOW <= pause * 4 / 3


def test_it_is_given_up_in_the_end() -> None:
    last = RETRY.give_up_after - 1
    assert read(Outcome.DEFERRED, attempts=last - 1).result.event is MessageEvent.DEFERRED
    assert read(Outcome.DEFERRED, attempts=last).result.event is MessageEvent.REJECTED


@pytest.mark.parametrize("outcome", [Outcome.STOPPED, Outcome.UNREACHABLE])
def test_what_is_about_us_goes_again_soon_but_after_those_it_held_up(outcome: Outcome) -> None:
    due_at = read(outcome).result.due_at
    assert due_at is not None
    assert UNREACHABLE_PAUSE < due_at - NOW <= timedelta(minutes=2)


def test_who_has_stopped_a_campaign_three_times_is_put_off_like_any_other() -> None:
    assert [bool(read(Outcome.STOPPED, attempts=many).stop) for many in range(5)] == [
        True, True, True, False, False,
    ]  # fmt: skip
    fourth = read(Outcome.STOPPED, attempts=3).result
    assert (fourth.event, fourth.attempts) == (MessageEvent.DEFERRED, 4)
    assert fourth.due_at is not None
    assert fourth.due_at - NOW >= timedelta(hours=1)


@pytest.mark.parametrize(
    ("outcome", "many", "words"),
    [
        (Outcome.MESSAGE_REJECTED, MESSAGES_IN_A_ROW, "mail after mail was refused"),
        (Outcome.RECIPIENT_REJECTED, RECIPIENTS_IN_A_ROW, "recipient after recipient"),
    ],
)
def test_refusals_in_a_row_stop_the_campaign_that_they_are_of(
    outcome: Outcome, many: int, words: str
) -> None:
    breaker = Breaker()
    for _ in range(many - 1):
        assert not read(outcome, breaker=breaker).stop
        assert not read(Outcome.DEFERRED, breaker=breaker).stop
    assert not read(outcome, breaker=breaker, campaign=2).stop
    stopping = read(outcome, breaker=breaker)
    assert stopping.stop.startswith(words)
    assert stopping.stop.endswith("450 said so")
    assert stopping.result.event is MessageEvent.REJECTED
    read(Outcome.ACCEPTED, breaker=breaker)
    assert not read(outcome, breaker=breaker).stop
