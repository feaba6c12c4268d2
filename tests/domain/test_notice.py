"""When a coordinator's morning mail is due, in every zone and whatever its clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.domain.notice import (
    AlertEvent,
    NoticeKind,
    NoticeLook,
    alert_key,
    digest_due,
    news_since,
    read_alert_key,
    why_pointless,
)
from tests.factories import NOW
from tests.zones import ZONES

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MORNING = time(8, 0)


def due(
    now: datetime, *, zone: str = "UTC", joined: datetime = LONG_AGO, last: date | None = None
) -> date | None:
    return digest_due(now, zone=zone, joined_at=joined, last=last)


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-04 07:59:59", None),
        ("2026-03-04 08:00", date(2026, 3, 4)),
        ("2026-03-04 23:59:59", date(2026, 3, 4)),
        ("2026-03-05 00:00", None),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
def test_a_days_digest_is_due_from_eight_until_midnight_by_the_clocks_of_the_place(
    zone: str, moment: str, expected: date | None
) -> None:
    assert due(at(moment, zone), zone=zone) == expected


def test_a_day_has_one_digest_and_the_next_day_the_next() -> None:
    day = date(2026, 3, 4)
    assert due(at("2026-03-04 12:00"), last=day) is None
    assert due(at("2026-03-05 08:00"), last=day) == date(2026, 3, 5)


def test_after_days_without_us_only_the_latest_is_due() -> None:
    assert due(at("2026-03-09 10:00"), last=date(2026, 3, 4)) == date(2026, 3, 9)


def test_who_joined_after_that_morning_waits_for_the_next() -> None:
    joined = at("2026-03-04 08:00")
    assert due(at("2026-03-04 09:00"), joined=joined) is None
    assert due(at("2026-03-05 08:00"), joined=joined) == date(2026, 3, 5)
    assert due(at("2026-03-04 08:00"), joined=joined - timedelta(seconds=1)) == date(2026, 3, 4)


def test_who_flew_over_the_date_line_gets_no_day_twice() -> None:
    apia = due(at("2026-03-05 08:00", "Pacific/Apia"), zone="Pacific/Apia")
    assert apia == date(2026, 3, 5)
    later = at("2026-03-04 09:00", "Pacific/Pago_Pago")
    assert due(later, zone="Pacific/Pago_Pago", last=apia) is None


@given(
    zone=st.sampled_from(ZONES),
    first=st.dates(date(2024, 1, 1), date(2028, 1, 1)),
    waits=st.lists(st.integers(1, 40 * 60), min_size=20, max_size=200),
)
@example("Europe/Berlin", date(2026, 3, 27), [30] * 300)
@example("Europe/Berlin", date(2026, 10, 23), [30] * 300)
@example("Australia/Lord_Howe", date(2026, 4, 3), [30] * 300)
@example("Pacific/Apia", date(2011, 12, 28), [30] * 300)
@example("Africa/Cairo", date(2026, 4, 22), [30] * 300)
def test_whenever_it_is_looked_each_day_has_one_at_the_first_look_after_eight(
    zone: str, first: date, waits: list[int]
) -> None:
    """``waits``: minutes between looks; hours of downtime among them."""
    now, last = datetime.combine(first, time(), UTC), None
    given: list[date] = []
    first_looks: dict[date, datetime] = {}
    for wait in waits:
        now += timedelta(minutes=wait)
        local = now.astimezone(ZoneInfo(zone))
        if local.time() >= MORNING:
            first_looks.setdefault(local.date(), now)
        if day := due(now, zone=zone, last=last):
            assert first_looks[day] == now
            given.append(day)
            last = day
    assert given == sorted(first_looks)


def test_news_are_what_came_since_the_last_digest() -> None:
    yesterday = NOW - timedelta(hours=23)
    assert news_since(yesterday, now=NOW) == yesterday
    assert news_since(None, now=NOW) == NOW - timedelta(days=1)
    assert news_since(NOW - timedelta(days=90), now=NOW) == NOW - timedelta(days=7)


@pytest.mark.parametrize("event", AlertEvent)
def test_a_key_tells_what_it_was_made_of(event: AlertEvent) -> None:
    assert read_alert_key(alert_key(event, 17)) == (event, "17")
    assert alert_key(event, 1) != alert_key(event, 11)


SOUND = {"is_disabled": False, "wants_digest": True, "suppressed": "", "answered_later": False}


@pytest.mark.parametrize(
    ("kind", "changes", "why"),
    [
        (NoticeKind.DIGEST, {}, ""),
        (NoticeKind.ALERT, {}, ""),
        (NoticeKind.ALERT, {"wants_digest": False}, ""),
        (NoticeKind.DIGEST, {"wants_digest": False}, "the digest was switched off"),
        (NoticeKind.ALERT, {"is_disabled": True}, "the account is closed"),
        (NoticeKind.DIGEST, {"suppressed": "bounced"}, "the address gets no mail: bounced"),
        (NoticeKind.ALERT, {"answered_later": True}, "a later answer took its place"),
    ],
)
def test_what_makes_a_notice_pointless(
    kind: NoticeKind, changes: dict[str, object], why: str
) -> None:
    assert why_pointless(NoticeLook(kind, **SOUND | changes)) == why  # type: ignore[arg-type]
