"""Instants as people write them, in their language and zone; and deadlines as they type them."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_time, get_timezone_name
from babel.units import format_unit

from outreach.domain.errors import Refused
from outreach.languages import find_locale


class DeadlineRefused(Refused):
    """The text names no single instant, or one that cannot be a deadline."""


class UnclearTime(DeadlineRefused):
    """A local time that a clock change skips or repeats; ``choices`` are what it may mean, each
    with its offset."""

    def __init__(self, why: str, *, choices: tuple[str, str]) -> None:
        super().__init__(
            f"{why} It can be read as {' or '.join(choices)}."
            " Give the one that you mean, with its offset."
        )
        self.choices = choices
        self.why_choose = f"{why} Choose below which moment you mean."


def require_zone(name: str) -> ZoneInfo:
    """The IANA zone of this name. Raises DeadlineRefused with an example."""
    try:
        if not name or name.startswith(("/", ".")):
            raise ValueError
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DeadlineRefused(
            f"'{name}' is no time zone; give an IANA name, as in Europe/Berlin or Asia/Taipei"
        ) from None


def parse_deadline(text: str, *, zone: str, reading: str = "") -> datetime:
    """The UTC instant of a local time such as ``2026-12-01 18:00``, in ``zone``.

    With an offset (``2026-10-25 02:30+01:00``) the offset decides. Without one, a time that a
    clock change skips or repeats is refused, both readings named, unless ``reading`` is one of
    them. Raises DeadlineRefused, UnclearTime.
    """
    where = require_zone(zone)
    try:
        local = datetime.fromisoformat(text.strip())
        _readings(local.replace(tzinfo=None), where)
    except (ValueError, OverflowError):  # the years 1 and 9999 have an edge
        raise DeadlineRefused(
            f"'{text}' is no local time; write it as 2026-12-01 18:00 (24 hours)"
        ) from None
    if len(text.strip()) <= len("2026-12-01"):
        raise DeadlineRefused(f"'{text}' has no time of day; write it as {text.strip()} 18:00")
    if local.tzinfo is not None:
        return _with_offset(local, where, text)
    first, second = _readings(local, where)
    if first == second:
        return first
    choices = _spelled(min(first, second), where), _spelled(max(first, second), where)
    if reading in choices:
        return (min(first, second), max(first, second))[choices.index(reading)]
    how = "does not exist" if _is_skipped(local, where) else "comes twice"
    why = f"{local:%Y-%m-%d %H:%M} {how} in {zone}: the clocks change."
    raise UnclearTime(why, choices=choices)


def _with_offset(local: datetime, where: ZoneInfo, text: str) -> datetime:
    moment = local.astimezone(UTC)
    offsets = {
        reading.astimezone(where).utcoffset()
        for reading in _readings(local.replace(tzinfo=None), where)
    }
    if local.utcoffset() not in offsets:
        shown = " or ".join(
            sorted(_offset_text(offset) for offset in offsets if offset is not None)
        )
        raise DeadlineRefused(
            f"'{text}' has an offset that {where.key} does not have then; there it is {shown}"
        )
    return moment


def _readings(local: datetime, where: ZoneInfo) -> tuple[datetime, datetime]:
    first = local.replace(tzinfo=where, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=where, fold=1).astimezone(UTC)
    return first, second


def _is_skipped(local: datetime, where: ZoneInfo) -> bool:
    there_and_back = local.replace(tzinfo=where).astimezone(UTC).astimezone(where)
    return there_and_back.replace(tzinfo=None, fold=0) != local.replace(fold=0)


def _spelled(moment: datetime, where: ZoneInfo) -> str:
    return moment.astimezone(where).isoformat(sep=" ", timespec="minutes")


def _offset_text(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


@lru_cache(maxsize=8192)
def format_moment(moment: datetime, *, language: str, zone: str) -> str:
    """``Tuesday, 1 December 2026, 18:00 (Berlin Time)``, in the reader's language and zone."""
    locale = find_locale(language)
    local = moment.astimezone(ZoneInfo(zone))
    day = format_date(local, "full", locale=locale)
    clock = format_time(local, "short", locale=locale)
    return f"{day}, {clock} ({_zone_name(local, locale)})"


@lru_cache(maxsize=8192)  # a list shows the same moments to everybody, again and again
def format_brief(moment: datetime, *, language: str, zone: str) -> str:
    """``1 Dec 2026, 18:00``, for lists that name the zone once."""
    locale = find_locale(language)
    local = moment.astimezone(ZoneInfo(zone))
    day = format_date(local, "medium", locale=locale)
    return f"{day}, {format_time(local, 'short', locale=locale)}"


@lru_cache(maxsize=4096)  # one deadline in some dozens of zones and languages
def format_deadline(moment: datetime, *, language: str, zone: str, other_zone: str) -> str:
    """The deadline for one reader, the coordinator's zone beside it where its clock differs."""
    own = format_moment(moment, language=language, zone=zone)
    here, there = moment.astimezone(ZoneInfo(zone)), moment.astimezone(ZoneInfo(other_zone))
    if here.utcoffset() == there.utcoffset():
        return own
    locale = find_locale(language)
    clock = format_time(there, "short", locale=locale)
    if here.date() != there.date():
        clock = f"{format_date(there, 'medium', locale=locale)}, {clock}"
    return f"{own} = {clock} ({_zone_name(there, locale)})"


@lru_cache(maxsize=4096)
def format_day(day: date, *, language: str) -> str:
    return format_date(day, "long", locale=find_locale(language))


def format_left(left: timedelta, *, language: str) -> str:
    """How long is left, in whole units and never more than there is: ``6 days``."""
    seconds = max(int(left.total_seconds()), 0)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return _units(seconds // length, unit, language)
    return _units(seconds, "second", language)


@lru_cache(maxsize=1024)
def _units(number: int, unit: str, language: str) -> str:
    return format_unit(number, unit, locale=find_locale(language))


def _zone_name(local: datetime, locale: Locale) -> str:
    if local.tzinfo in (UTC, ZoneInfo("UTC")):
        return "UTC"
    return get_timezone_name(local, width="long", locale=locale)
