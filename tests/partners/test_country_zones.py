"""Whose clocks a country lives by."""

from zoneinfo import ZoneInfo

import pytest

from outreach.partners.country_zones import _PRIMARY, _zones, zone_of_country


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("EG", "Africa/Cairo"),
        ("GB", "Europe/London"),
        ("HK", "Asia/Hong_Kong"),
        ("IN", "Asia/Kolkata"),
        ("TW", "Asia/Taipei"),
        ("CN", "Asia/Shanghai"),
        ("DE", "Europe/Berlin"),
    ],
)
def test_one_zone_or_the_primary_one(country: str, zone: str) -> None:
    assert zone_of_country(country) == zone


@pytest.mark.parametrize("country", ["US", "BR", "RU", "AU", "", "XX"])
def test_where_nobody_can_tell_there_is_none(country: str) -> None:
    assert zone_of_country(country) == ""


def test_every_one_is_a_zone_of_its_country() -> None:
    found = {country: zone_of_country(country) for country in _zones()}
    known = {country: zone for country, zone in found.items() if zone}
    assert len(known) > 220
    for country, zone in known.items():
        assert zone in _zones()[country]
        assert ZoneInfo(zone).key == zone
    assert set(_PRIMARY) <= set(known)
