from datetime import UTC, datetime, timedelta

import pytest

from outreach.domain.retry import (
    DEFAULT_RETRY,
    UNREACHABLE_PAUSE,
    RetryRefused,
    RetrySchedule,
    may_try_again,
)

NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
JITTERS = (0.0, 0.25, 0.5, 0.999999)
DEFAULT = RetrySchedule.parse(DEFAULT_RETRY)


@pytest.mark.parametrize("first", JITTERS)
@pytest.mark.parametrize("then", JITTERS)
def test_the_first_hour_sees_two_more_attempts_however_they_are_spread(
    first: float, then: float
) -> None:
    second = DEFAULT.next_attempt(1, now=NOW, jitter=first)
    third = DEFAULT.next_attempt(2, now=second, jitter=then)
    assert NOW < second < third
    assert third <= NOW + timedelta(minutes=57)  # the attempts themselves take their time too


@pytest.mark.parametrize("attempts", [3, 4, 10, 1000])
@pytest.mark.parametrize("jitter", JITTERS)
def test_later_attempts_are_two_to_three_hours_apart(attempts: int, jitter: float) -> None:
    pause = DEFAULT.next_attempt(attempts, now=NOW, jitter=jitter) - NOW
    assert timedelta(hours=2) <= pause < timedelta(hours=3)


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_what_was_put_off_together_does_not_come_back_together(attempts: int) -> None:
    moments = [DEFAULT.next_attempt(attempts, now=NOW, jitter=jitter) for jitter in JITTERS]
    assert moments == sorted(set(moments))
    assert moments[-1] - moments[0] > timedelta(minutes=3)


def test_an_operators_pauses_come_one_after_another_and_the_last_repeats() -> None:
    schedule = RetrySchedule.parse(" 30S, 5m ,1d")
    assert schedule.pauses == (timedelta(seconds=30), timedelta(minutes=5), timedelta(days=1))
    moments = [schedule.next_attempt(many, now=NOW, jitter=0.0) - NOW for many in (1, 2, 3, 4, 99)]
    assert moments == [*schedule.pauses, timedelta(days=1), timedelta(days=1)]


def test_a_pause_is_never_shorter_than_it_says_and_at_most_a_third_longer() -> None:
    schedule = RetrySchedule.parse("30m")
    pauses = [schedule.next_attempt(1, now=NOW, jitter=jitter) - NOW for jitter in JITTERS]
    assert all(timedelta(minutes=30) <= pause < timedelta(minutes=40) for pause in pauses)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no pause"),
        ("  ", "no pause"),
        ("12m,,2h", "pause 2: '' is no length of time"),
        ("12m,soon", "pause 2: 'soon' is no length of time"),
        ("0m", "pause 1: '0m' is no length of time"),
        ("-5m", "pause 1"),
        ("12", "pause 1"),
        ("12m;30m", "pause 1: '12m;30m'"),
        ("12m,8d", "pause 2: '8d' is longer than a week"),
    ],
)
def test_pauses_that_are_none_are_refused_with_the_place_and_the_fix(text: str, what: str) -> None:
    with pytest.raises(RetryRefused) as refused:
        RetrySchedule.parse(text)
    assert what in str(refused.value)
    assert "12m,30m,2h" in str(refused.value)


@pytest.mark.parametrize("pauses", [DEFAULT_RETRY, "1m", "10m,3h", "1d", "45s,7d"])
def test_no_server_is_given_up_before_four_days_and_none_is_asked_for_ever(pauses: str) -> None:
    """RFC 5321 4.5.4.1: the give-up time generally needs to be at least 4 to 5 days."""
    schedule = RetrySchedule.parse(pauses)
    spent = [_spent(schedule, jitter=jitter) for jitter in (0.0, 0.999)]
    longest = schedule.pauses[-1]
    assert timedelta(days=4) <= spent[0] < timedelta(days=4) + longest
    assert spent[1] < (timedelta(days=4) + longest) * 1.34


def _spent(schedule: RetrySchedule, *, jitter: float) -> timedelta:
    """From the first refusal to the one with which it is given up."""
    moment = NOW
    for attempts in range(1, schedule.give_up_after):
        moment = schedule.next_attempt(attempts, now=moment, jitter=jitter)
    return moment - NOW


def test_nothing_is_tried_again_at_the_deadline_or_later() -> None:
    deadline = NOW + timedelta(hours=2)
    assert may_try_again(deadline - timedelta(microseconds=1), deadline=deadline)
    assert not may_try_again(deadline, deadline=deadline)
    assert not may_try_again(deadline + timedelta(days=1), deadline=deadline)


def test_an_unreachable_server_is_tried_again_within_a_minute() -> None:
    assert timedelta(0) < UNREACHABLE_PAUSE <= timedelta(minutes=1)
