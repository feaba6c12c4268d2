"""The sample campaign: the statement, the partners, and a schedule short enough to watch."""

import re
from datetime import date, timedelta
from importlib.resources import files

SLUG = "blinken-beijing"
ZONE = "Europe/Berlin"
DAYS_AHEAD = 14

_OCCASION = re.compile(r"^occasion_date: .*$", re.MULTILINE)
_SHARES = (60, 40, 20)  # percent of the time that is left when a reminder goes out
_LAST_SHARE = 7.5


def sample_statement(*, deadline_day: date) -> str:
    """The statement's file, its occasion two weeks after the day of the deadline."""
    text = _read("statement.md").decode("utf-8")
    occasion = deadline_day + timedelta(days=DAYS_AHEAD)
    return _OCCASION.sub(f"occasion_date: {occasion.isoformat()}", text, count=1)


def sample_partners() -> bytes:
    """The partners' file, CSV in UTF-8: 47 organizations, some with a second contact."""
    return _read("partners.csv")


def scaled_steps(span: timedelta) -> str:
    """Four reminders that fit into ``span``: of ten minutes 6m, 4m, 2m and 45s are left."""
    seconds = span.total_seconds()
    return ",".join(_written(seconds * share / 100) for share in (*_SHARES, _LAST_SHARE))


def free_slug(number: int) -> str:
    """The sample's slug at the ``number``-th run: the first has no number."""
    return SLUG if number == 1 else f"{SLUG}-{number}"


def _written(seconds: float) -> str:
    """As a span with one unit, the largest that says it exactly; long ones to the minute."""
    whole = max(1, round(seconds))
    if whole >= 2 * 3600:
        whole -= whole % 60
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def _read(name: str) -> bytes:
    return (files("outreach.demo") / "sample" / name).read_bytes()
