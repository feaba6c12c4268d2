"""The forecast says how it was reckoned, and is none where there is nothing to reckon from."""

from datetime import UTC, datetime, timedelta

import pytest

from outreach.domain.forecast import SETTLED_AFTER, Forecast, Wave, forecast, settled

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
A_DAY = timedelta(days=1)
FIRST = Wave("7d/0", NOW - 5 * A_DAY, asked=40, signed=8)
SECOND = Wave("3d/0", NOW - 2 * A_DAY, asked=30, signed=6)


def test_what_waits_is_carried_on_at_the_rate_of_the_reminders_so_far() -> None:
    found = forecast(signed=20, waiting=25, waves=[FIRST, SECOND], to_come=2, now=NOW)
    # 14 of 70 is a fifth: of 25, 5 after the next reminder, of the 20 left, 4 after the last.
    assert found == Forecast(signed=29, rate=0.2, waves=2, to_come=2)


def test_who_decides_on_a_day_of_their_own_is_asked_once_more_at_least() -> None:
    found = forecast(signed=20, waiting=0, deferred=10, waves=[FIRST], to_come=0, now=NOW)
    assert found == Forecast(signed=22, rate=0.2, waves=1, to_come=0, deferred=10)
    again = forecast(signed=20, waiting=25, deferred=25, waves=[FIRST], to_come=2, now=NOW)
    assert again is not None
    assert again.signed == 20 + 9 + 9


@pytest.mark.parametrize(
    "missing", [{"waves": []}, {"to_come": 0}, {"waiting": 0}], ids=lambda one: next(iter(one))
)
def test_there_is_none_where_nothing_can_be_carried_on(missing: dict[str, object]) -> None:
    facts: dict[str, object] = {"signed": 20, "waiting": 25, "waves": [FIRST], "to_come": 2}
    assert forecast(**(facts | missing), now=NOW) is None  # type: ignore[arg-type]


def test_a_reminder_counts_a_day_after_it_began_or_once_another_has_followed() -> None:
    fresh = Wave("1d/0", NOW - SETTLED_AFTER + timedelta(seconds=1), asked=20, signed=1)
    assert settled([fresh], now=NOW) == []
    assert settled([fresh], now=NOW + timedelta(seconds=1)) == [fresh]
    assert settled([fresh, FIRST], now=NOW) == [FIRST]
    assert forecast(signed=1, waiting=9, waves=[fresh], to_come=1, now=NOW) is None


def test_a_reminder_by_hand_settles_none_and_is_left_out_of_the_rate() -> None:
    fresh = Wave("1d/0", NOW - timedelta(hours=1), asked=20, signed=1)
    pressed = Wave("by-hand-2026-03-10", NOW - timedelta(minutes=1), asked=1, signed=0)
    again = Wave("by-hand-2026-03-05-2", NOW - 4 * A_DAY, asked=10, signed=10)
    assert settled([FIRST, again, fresh, pressed], now=NOW) == [FIRST]
    facts: dict[str, object] = {"signed": 20, "waiting": 25, "to_come": 2, "now": NOW}
    found = forecast(waves=[FIRST, again, SECOND, pressed], **facts)  # type: ignore[arg-type]
    assert found == forecast(waves=[FIRST, SECOND], **facts)  # type: ignore[arg-type]


def test_nobody_signs_twice_in_it() -> None:
    everybody = Wave("7d/0", NOW - 5 * A_DAY, asked=10, signed=10)
    found = forecast(signed=10, waiting=5, waves=[everybody], to_come=1, now=NOW)
    assert found is not None
    assert found.signed == 15
