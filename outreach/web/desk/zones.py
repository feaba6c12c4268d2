"""Time zones to choose from, as places."""

from functools import lru_cache
from zoneinfo import available_timezones

_NO_PLACES = ("Etc/", "SystemV/", "US/", "posix/", "right/")


@lru_cache
def zone_choices() -> tuple[tuple[str, str], ...]:
    """Pairs of the IANA name and its words, sorted; UTC first."""
    places = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(_NO_PLACES)
    )
    return (("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places))
