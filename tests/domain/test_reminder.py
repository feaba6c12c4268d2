"""Which reminder is due, over zones and clock changes, against an oracle of its own."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.domain.reminder import (
    DEFAULT_STEPS,
    SpanRefused,
    Step,
    by_hand_day,
    by_hand_step,
    due_step,
    parse_span,
    parse_steps,
    quiet_time,
    step_instant,
)
from tests.zones import ZONES

# A Wednesday, 15:00 in Berlin.
DEADLINE = datetime(2026, 3, 18, 14, 0, tzinfo=UTC)
LONG_AGO = DEADLINE - timedelta(days=60)
STEPS = parse_steps(DEFAULT_STEPS)


def _due(now: datetime, *, since: datetime = LONG_AGO, zone: str = "Europe/Berlin") -> str:
    step = due_step(STEPS, deadline=DEADLINE, zone=zone, since=since, now=now)
    return step.label if step else ""


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("7d", timedelta(days=7)),
        ("4h", timedelta(hours=4)),
        ("10m", timedelta(minutes=10)),
        ("45s", timedelta(seconds=45)),
        (" 3D ", timedelta(days=3)),
    ],
)
def test_a_span_is_read(text: str, span: timedelta) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize(
    "text", ["", "7", "d", "0d", "-1d", "1.5d", "1w", "7d3h", "7 d", "1d\n2d", "10000d", "٣"]
)
def test_what_is_no_span_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(SpanRefused, match=r"write 7d, 4h, 10m or 45s"):
        parse_span(text)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("7d,3d,1d,4h", ["7d", "3d", "1d", "4h"]),
        ("4h, 1d ,7D,,", ["7d", "1d", "4h"]),
        ("1d,24h,1d", ["24h"]),
        ("", []),
    ],
)
def test_steps_come_earliest_first_and_each_once(text: str, labels: list[str]) -> None:
    assert [step.label for step in parse_steps(text)] == labels


def test_one_wrong_step_refuses_them_all() -> None:
    with pytest.raises(SpanRefused, match="soon"):
        parse_steps("7d,soon")


def test_a_step_is_another_one_after_the_deadline_moved() -> None:
    assert [STEPS[0].key(0), STEPS[0].key(1)] == ["7d/0", "7d/1"]


@pytest.mark.parametrize(
    ("steps", "quiet"),
    [
        ("", timedelta(hours=1)),
        ("7d,3d,1d,4h", timedelta(hours=1)),
        ("3d,2h", timedelta(hours=1)),
        ("3d,1h", timedelta(minutes=30)),
        ("90m,1h", timedelta(minutes=15)),
        ("6m,4m,2m,45s", timedelta(seconds=22.5)),
    ],
)
def test_nobody_is_asked_twice_within_an_hour_unless_the_plan_itself_is_closer(
    steps: str, quiet: timedelta
) -> None:
    assert quiet_time(parse_steps(steps)) == quiet


def test_a_reminder_by_hand_has_a_step_of_its_day_and_the_second_of_it_another() -> None:
    late = datetime(2026, 3, 4, 23, 30, tzinfo=ZoneInfo("America/New_York"))
    first, third = (by_hand_step(late, earlier=number) for number in (0, 2))
    assert (first, third) == ("by-hand-2026-03-05", "by-hand-2026-03-05-3")
    assert by_hand_day(first) == by_hand_day(third) == date(2026, 3, 5)


@pytest.mark.parametrize("step", ["", "3d/0", "4h/11"])
def test_a_step_of_the_plan_is_none_by_hand(step: str) -> None:
    assert by_hand_day(step) is None


def test_steps_become_due_one_after_another_and_stay_due_until_the_next() -> None:
    seen = {hours: _due(DEADLINE - timedelta(hours=hours)) for hours in (169, 168, 73, 24, 5, 4, 1)}
    # 3d before a Wednesday is a Sunday: it waits for Monday, 08:00.
    assert seen == {169: "", 168: "7d", 73: "7d", 24: "1d", 5: "1d", 4: "4h", 1: "4h"}
    assert _due(datetime(2026, 3, 16, 6, 59, tzinfo=UTC)) == "7d"
    assert _due(datetime(2026, 3, 16, 7, 0, tzinfo=UTC)) == "3d"


def test_after_ten_days_down_one_reminder_catches_up_for_all() -> None:
    assert _due(DEADLINE - timedelta(hours=20)) == "1d"
    assert due_step(
        STEPS[:1], deadline=DEADLINE, zone="UTC", since=LONG_AGO, now=DEADLINE - timedelta(1)
    )


def test_none_is_due_at_the_deadline_or_later() -> None:
    assert _due(DEADLINE - timedelta(microseconds=1)) == "4h"
    assert _due(DEADLINE) == ""
    assert _due(DEADLINE + timedelta(days=1)) == ""


def test_none_is_due_that_was_over_when_the_invitation_arrived() -> None:
    now = DEADLINE - timedelta(hours=23)
    assert _due(now, since=DEADLINE - timedelta(hours=24)) == ""
    assert _due(now, since=DEADLINE - timedelta(hours=24, microseconds=1)) == "1d"
    assert _due(DEADLINE - timedelta(hours=1), since=DEADLINE - timedelta(hours=5)) == "4h"
    assert _due(DEADLINE - timedelta(hours=1), since=DEADLINE - timedelta(hours=2)) == ""


def test_without_steps_nobody_is_reminded() -> None:
    now = DEADLINE - timedelta(hours=1)
    assert due_step((), deadline=DEADLINE, zone="UTC", since=LONG_AGO, now=now) is None


@pytest.mark.parametrize(
    ("zone", "planned", "moved"),
    [
        # Wednesday 15:00 is 23:00 in Taipei: the next morning.
        ("Asia/Taipei", "2026-03-11 15:00+00:00", "2026-03-12 08:00+08:00"),
        # Friday night: Monday, not Saturday.
        ("Europe/Berlin", "2026-03-06 21:00+01:00", "2026-03-09 08:00+01:00"),
        # The small hours of a working day: the same day.
        ("America/New_York", "2026-03-11 03:00-04:00", "2026-03-11 08:00-04:00"),
        # Saturday before the clocks change in Berlin: eight o'clock by the new ones.
        ("Europe/Berlin", "2026-03-28 12:00+01:00", "2026-03-30 08:00+02:00"),
        ("Europe/Berlin", "2026-10-24 12:00+02:00", "2026-10-26 08:00+01:00"),
        # The edges of the day.
        ("Europe/Berlin", "2026-03-11 08:00+01:00", "2026-03-11 08:00+01:00"),
        ("Europe/Berlin", "2026-03-11 20:59+01:00", "2026-03-11 20:59+01:00"),
    ],
)
def test_a_step_leaves_the_readers_night_and_weekend(zone: str, planned: str, moved: str) -> None:
    step = Step("5d", timedelta(days=5))
    deadline = datetime.fromisoformat(planned).astimezone(UTC) + step.before
    instant = step_instant(step, None, deadline=deadline, zone=zone)
    assert instant == datetime.fromisoformat(moved)


def test_a_reminder_at_night_is_better_than_none() -> None:
    four_hours = Step("4h", timedelta(hours=4))
    deadline = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)  # 07:00 in Berlin
    assert step_instant(four_hours, None, deadline=deadline, zone="Europe/Berlin") == datetime(
        2026, 3, 11, 2, 0, tzinfo=UTC
    )


def test_a_step_that_would_wait_for_the_next_one_does_not_wait() -> None:
    deadline = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
    early, late = Step("4h", timedelta(hours=4)), Step("1h", timedelta(hours=1))
    planned = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)
    assert step_instant(early, None, deadline=deadline, zone="UTC") == planned
    # The following step is at eight, when this one would be.
    shifted = deadline + timedelta(hours=1)
    planned += timedelta(hours=1)
    assert step_instant(early, late, deadline=shifted, zone="UTC") == planned


def _oracle(planned: datetime, zone: str) -> datetime:
    """Minute by minute from the plan on, until a clock on the reader's wall shows a good time."""
    moment = planned
    where = ZoneInfo(zone)
    while True:
        wall = moment.astimezone(where)
        if wall.isoweekday() <= 5 and 8 <= wall.hour < 21:
            return moment
        following = (moment + timedelta(minutes=1)).replace(second=0, microsecond=0)
        moment = following


_moments = st.integers(0, 6 * 366 * 86400).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
_spans = st.integers(60, 20 * 86400).map(lambda seconds: timedelta(seconds=seconds))


@settings(max_examples=400, derandomize=True, database=None)
@given(
    deadline=_moments, zone=st.sampled_from(ZONES), spans=st.sets(_spans, min_size=1, max_size=4)
)
def test_in_every_zone_a_step_is_where_the_oracle_says(
    deadline: datetime, zone: str, spans: set[timedelta]
) -> None:
    steps = [Step(str(span), span) for span in sorted(spans, reverse=True)]
    previous = None
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        planned = deadline - step.before
        limit = deadline - (following.before if following else timedelta(0))
        instant = step_instant(step, following, deadline=deadline, zone=zone)
        oracle = _oracle(planned, zone)
        assert instant == (oracle if oracle < limit else planned)
        assert planned <= instant < limit
        assert previous is None or previous < instant
        previous = instant


@settings(max_examples=200, derandomize=True, database=None)
@given(deadline=_moments, zone=st.sampled_from(ZONES), ahead=_spans, invited=_spans)
def test_in_every_zone_what_is_due_has_begun_and_was_not_over_when_invited(
    deadline: datetime, zone: str, ahead: timedelta, invited: timedelta
) -> None:
    now, since = deadline - ahead, deadline - invited
    step = due_step(STEPS, deadline=deadline, zone=zone, since=since, now=now)
    followers = dict(zip(STEPS, [*STEPS[1:], None], strict=True))
    begun = [
        one
        for one in STEPS
        if deadline - one.before > since
        and step_instant(one, followers[one], deadline=deadline, zone=zone) <= now
    ]
    assert step == (begun[-1] if begun else None)
