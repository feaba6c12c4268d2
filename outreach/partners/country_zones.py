"""A country's time zone, where it has one that nearly everybody there lives by.

The zones are those of the IANA database (``zone.tab``); where a country has several, its primary
zone is the one that CLDR names (``primaryZones``), and where CLDR names none there is none.
"""

from collections import defaultdict
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

_PRIMARY: Final = MappingProxyType(
    {
        "CL": "America/Santiago",
        "CN": "Asia/Shanghai",
        "CY": "Asia/Nicosia",
        "DE": "Europe/Berlin",
        "EC": "America/Guayaquil",
        "ES": "Europe/Madrid",
        "MH": "Pacific/Majuro",
        "MY": "Asia/Kuala_Lumpur",
        "NZ": "Pacific/Auckland",
        "PT": "Europe/Lisbon",
        "UA": "Europe/Kyiv",
        "UZ": "Asia/Tashkent",
    }
)


def zone_of_country(country: str) -> str:
    """The IANA zone of an ISO 3166 alpha-2 code; empty where there is none of that code, or where
    nobody can tell."""
    zones = _zones().get(country, ())
    return zones[0] if len(zones) == 1 else _PRIMARY.get(country, "")


@cache
def _zones() -> dict[str, list[str]]:
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    found: dict[str, list[str]] = defaultdict(list)
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found[country].append(zone)
    return dict(found)
