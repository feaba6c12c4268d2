"""Deadlines as people type them, and instants as readers see them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.localtime import (
    DeadlineRefused,
    format_day,
    format_deadline,
    format_left,
    format_moment,
    parse_deadline,
    require_zone,
)
from tests.zones import ZONES

DEADLINE = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2026-12-01 18:00", "Europe/Berlin", "2026-12-01T17:00Z"),
        ("2026-12-01T18:00", "Europe/Berlin", "2026-12-01T17:00Z"),
        ("  2026-07-01 18:00:30 ", "Europe/Berlin", "2026-07-01T16:00:30Z"),
        ("2026-12-01 18:00", "Asia/Kathmandu", "2026-12-01T12:15Z"),
        ("2026-12-01 18:00+01:00", "Europe/Berlin", "2026-12-01T17:00Z"),
        ("2026-12-01 18:00Z", "Africa/Accra", "2026-12-01T18:00Z"),
        ("2026-12-01 00:00", "Pacific/Kiritimati", "2026-11-30T10:00Z"),
    ],
)
def test_a_local_time_is_one_instant(text: str, zone: str, instant: str) -> None:
    deadline = parse_deadline(text, zone=zone)
    assert deadline == datetime.fromisoformat(instant)
    assert deadline.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "zone", "kind", "readings"),
    [
        (
            "2026-03-29 02:30",
            "Europe/Berlin",
            "does not exist",
            ("2026-03-29 01:30+01:00", "2026-03-29 03:30+02:00"),
        ),
        (
            "2026-10-25 02:30",
            "Europe/Berlin",
            "comes twice",
            ("2026-10-25 02:30+02:00", "2026-10-25 02:30+01:00"),
        ),
        (
            "2026-03-08 02:30",
            "America/New_York",
            "does not exist",
            ("2026-03-08 01:30-05:00", "2026-03-08 03:30-04:00"),
        ),
        (
            "2026-11-01 01:30",
            "America/New_York",
            "comes twice",
            ("2026-11-01 01:30-04:00", "2026-11-01 01:30-05:00"),
        ),
        (
            "2026-04-05 01:45",
            "Australia/Lord_Howe",
            "comes twice",
            ("2026-04-05 01:45+11:00", "2026-04-05 01:45+10:30"),
        ),
        (
            "2026-10-04 02:15",
            "Australia/Lord_Howe",
            "does not exist",
            ("2026-10-04 01:45+10:30", "2026-10-04 02:45+11:00"),
        ),
        (
            "2026-09-06 00:30",
            "America/Santiago",
            "does not exist",
            ("2026-09-05 23:30-04:00", "2026-09-06 01:30-03:00"),
        ),
    ],
)
def test_a_time_that_a_clock_change_skips_or_repeats_is_refused_with_both_readings(
    text: str, zone: str, kind: str, readings: tuple[str, str]
) -> None:
    with pytest.raises(DeadlineRefused) as refusal:
        parse_deadline(text, zone=zone)
    words = str(refusal.value)
    assert kind in words
    assert f"{readings[0]} or {readings[1]}" in words
    assert zone in words
    first, second = (parse_deadline(reading, zone=zone) for reading in readings)
    assert first < second


@pytest.mark.parametrize("text", ["2026-10-25 02:30+02:00", "2026-10-25 02:30+01:00"])
def test_an_ambiguous_time_is_accepted_with_its_offset(text: str) -> None:
    assert parse_deadline(text, zone="Europe/Berlin") == datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-12-01 18:00+02:00", "there it is +01:00"),
        ("2026-12-01 18:00Z", "there it is +01:00"),
        ("2026-10-25 02:30+03:00", "there it is +01:00 or +02:00"),
    ],
)
def test_an_offset_that_the_zone_does_not_have_then_is_refused(text: str, shown: str) -> None:
    with pytest.raises(DeadlineRefused) as refusal:
        parse_deadline(text, zone="Europe/Berlin")
    assert shown in str(refusal.value)


@pytest.mark.parametrize(
    "zone",
    ["", "Berlin", "CEST", "Europe/Bärlin", "../etc/passwd", "/etc/localtime", "Europe", "a\x00b",
     "Europe/../Europe/Berlin", "x" * 5000],
)  # fmt: skip
def test_an_unknown_zone_is_refused_with_an_example(zone: str) -> None:
    with pytest.raises(DeadlineRefused, match="Europe/Berlin or Asia/Taipei"):
        require_zone(zone)
    with pytest.raises(DeadlineRefused):
        parse_deadline("2026-12-01 18:00", zone=zone)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "2026-12-01 18:00"),
        ("tomorrow", "2026-12-01 18:00"),
        ("1.12.2026 18:00", "2026-12-01 18:00"),
        ("2026-13-01 18:00", "2026-12-01 18:00"),
        ("2026-02-30 18:00", "2026-12-01 18:00"),
        ("2026-12-01 6pm", "2026-12-01 18:00"),
        ("2026-12-01", "2026-12-01 18:00"),
        ("20261201", "20261201 18:00"),
    ],
)
def test_what_is_no_local_time_is_refused_with_the_remedy(text: str, remedy: str) -> None:
    with pytest.raises(DeadlineRefused) as refusal:
        parse_deadline(text, zone="Europe/Berlin")
    assert remedy in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("0001-01-01 00:00", "Asia/Tokyo"),
        ("9999-12-31 23:59", "America/New_York"),
        ("9999-12-31 23:59-05:00", "America/New_York"),
    ],
)
def test_a_time_beyond_the_calendar_is_refused(text: str, zone: str) -> None:
    with pytest.raises(DeadlineRefused):
        parse_deadline(text, zone=zone)


@settings(max_examples=300, derandomize=True, database=None)
@given(
    minutes=st.integers(0, 6 * 366 * 1440),
    zone=st.sampled_from(ZONES),
)
def test_in_every_zone_an_instant_written_with_its_offset_is_read_back(
    minutes: int, zone: str
) -> None:
    instant = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    local = instant.astimezone(require_zone(zone))
    assert parse_deadline(local.isoformat(sep=" "), zone=zone) == instant
    bare = local.replace(tzinfo=None, fold=0)
    try:
        assert parse_deadline(bare.isoformat(sep=" "), zone=zone) == instant
    except DeadlineRefused as refusal:
        assert local.isoformat(sep=" ", timespec="minutes") in str(refusal)  # noqa: PT017


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("en", "Europe/Berlin", "Tuesday, 1 December 2026, 18:00 (Central European Standard Time)"),
        (
            "en-US",
            "America/New_York",
            "Tuesday, December 1, 2026, 12:00\u202fPM (Eastern Standard Time)",
        ),
        (
            "de",
            "Europe/Berlin",
            "Dienstag, 1. Dezember 2026, 18:00 (Mitteleuropäische Normalzeit)",
        ),
        (
            "fr",
            "Europe/Paris",
            "mardi 1 décembre 2026, 18:00 (heure normale d’Europe centrale)",
        ),
        ("fi", "Europe/Helsinki", "tiistai 1. joulukuuta 2026, 19.00 (Itä-Euroopan normaaliaika)"),
        ("zh-Hant", "Asia/Taipei", "2026年12月2日 星期三, 凌晨1:00 (台北標準時間)"),
        ("en", "UTC", "Tuesday, 1 December 2026, 17:00 (UTC)"),
    ],
)
def test_an_instant_is_written_as_its_reader_writes(
    language: str, zone: str, expected: str
) -> None:
    assert format_moment(DEADLINE, language=language, zone=zone) == expected


@pytest.mark.parametrize("language", ["", "xx", "tlh", "not a language", "e", "en_", "zh-Hant-XX-"])
def test_a_language_without_calendar_words_is_written_in_english(language: str) -> None:
    written = format_moment(DEADLINE, language=language, zone="UTC")
    assert written == "Tuesday, 1 December 2026, 17:00 (UTC)"


def test_the_coordinators_zone_stands_beside_the_readers_where_they_differ() -> None:
    written = format_deadline(
        DEADLINE, language="en", zone="America/New_York", other_zone="Europe/Berlin"
    )
    assert written == (
        "Tuesday, 1 December 2026, 12:00 (Eastern Standard Time)"
        " = 18:00 (Central European Standard Time)"
    )


def test_where_the_two_zones_have_different_days_both_are_named() -> None:
    written = format_deadline(
        DEADLINE, language="en", zone="Asia/Taipei", other_zone="Europe/Berlin"
    )
    assert "Wednesday, 2 December 2026, 01:00" in written
    assert "1 Dec 2026, 18:00 (Central European Standard Time)" in written


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/Paris", "Europe/Zurich"])
def test_where_the_clocks_agree_one_is_enough(zone: str) -> None:
    written = format_deadline(DEADLINE, language="en", zone=zone, other_zone="Europe/Berlin")
    assert written == format_moment(DEADLINE, language="en", zone=zone)


def test_zones_that_differ_only_in_summer_are_both_named_in_summer_only() -> None:
    zones = {"zone": "Africa/Lagos", "other_zone": "Europe/Berlin"}
    summer = datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
    assert "=" not in format_deadline(DEADLINE, language="en", **zones)
    assert "= 18:00 (Central European Summer Time)" in format_deadline(
        summer, language="en", **zones
    )


def test_a_day_and_what_is_left_are_written_in_the_readers_language() -> None:
    assert format_day(date(2026, 4, 24), language="en") == "24 April 2026"
    assert format_day(date(2026, 4, 24), language="de") == "24. April 2026"
    assert format_left(timedelta(days=3), language="en") == "3 days"
    assert format_left(timedelta(days=6, hours=23), language="en") == "6 days"
    assert format_left(timedelta(hours=47), language="en") == "47 hours"
    assert format_left(timedelta(seconds=90), language="en") == "90 seconds"
    assert format_left(timedelta(seconds=-1), language="en") == "0 seconds"
    assert format_left(timedelta(hours=4), language="de") == "4 Stunden"
