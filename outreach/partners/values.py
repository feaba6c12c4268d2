"""One cell's text to its value, or the remedy."""

import re
import unicodedata
from functools import cache, lru_cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from email_validator import EmailNotValidError, validate_email

from outreach.domain.errors import Refused
from outreach.partners.countries import find_country
from outreach.partners.keys import name_key, one_line

MAX_NAME_LENGTH = 200
MAX_NOTES_LENGTH = 2_000
ROLES = ("signs", "copied")
YES, NO = "yes", "no"

_YES_OR_NO = dict.fromkeys(("yes", "y", "true", "1", "x"), YES)
_YES_OR_NO |= dict.fromkeys(("no", "n", "false", "0"), NO)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_LINE_BREAK = re.compile(r"[\r\n]+")
# Joiners and direction marks that Persian, Indic and right-to-left names are written with.
_WRITTEN_FORMATS = frozenset("\u200c\u200d\u200e\u200f")
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


class ValueRefused(Refused):
    """A cell's text is not usable; ``remedy`` says why and what to write instead."""

    def __init__(self, remedy: str) -> None:
        super().__init__(remedy)
        self.remedy = remedy


def parse_organization(text: str) -> str:
    name = parse_name(text)
    if not name_key(name):
        raise ValueRefused("a name needs at least one letter or digit")
    return name


def parse_name(text: str) -> str:
    """One printable line of at most 200 characters, spaces collapsed.

    A line break is a space: people wrap a long name in its cell.
    """
    joined = _LINE_BREAK.sub(" ", text)
    if any(_is_unprintable(character) for character in joined.strip()):
        raise ValueRefused("write it in one line, without tabs or invisible control characters")
    name = one_line(joined)
    if name.startswith("="):
        raise ValueRefused("a name never starts with '='; write the text, not a formula")
    _check_length(name, at_most=MAX_NAME_LENGTH)
    return name


def parse_notes(text: str) -> str:
    """Free text with line breaks, at most 2,000 characters; what looks like a formula is text."""
    notes = unicodedata.normalize("NFC", "\n".join(text.strip().splitlines()))
    if any(_is_unprintable(character) for character in notes if character not in "\n\t"):
        raise ValueRefused("remove the invisible control characters; line breaks are fine")
    _check_length(notes, at_most=MAX_NOTES_LENGTH)
    return notes


def parse_email(text: str) -> str:
    """The address, normalized; an internationalized domain in its own letters."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise ValueRefused(f"{reason}; write one address, as in name@example.org") from None
    return found.normalized


@lru_cache(maxsize=1_000)
def parse_language(text: str) -> str:
    """A language tag with hyphens, as in 'de', 'zh-Hant' or 'pt-BR'."""
    remedy = "write a language code, as in en, de, fr, zh-Hant, zh-Hans, bo or ug"
    if not _LANGUAGE.fullmatch(text.strip()):
        raise ValueRefused(remedy)
    try:
        locale = Locale.parse(text.strip().replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise ValueRefused(f"no language of this code is known; {remedy}") from None
    return str(locale).replace("_", "-")


def parse_country(text: str) -> str:
    """An ISO 3166 alpha-2 code."""
    code = find_country(text)
    if code is None:
        raise ValueRefused(
            "no country of this name is known; write its two-letter code (DE, TW, HK, US), "
            "its English name, or leave it empty"
        )
    return code


def parse_timezone(text: str) -> str:
    """An IANA zone in its own spelling."""
    zone = _zones().get("_".join(text.split()).casefold())
    if zone is None:
        raise ValueRefused(
            "no time zone of this name is known; write an IANA name, as in Europe/Berlin, "
            "Asia/Taipei or America/Toronto"
        )
    return zone


def parse_role(text: str) -> str:
    role = text.strip().casefold()
    if role not in ROLES:
        raise ValueRefused("write signs (gets the link) or copied (gets the receipts only)")
    return role


def parse_yes_or_no(text: str) -> str:
    """YES or NO; a program's way of writing them is understood."""
    word = _YES_OR_NO.get(text.strip().casefold())
    if word is None:
        raise ValueRefused("write yes or no, or leave it empty for no")
    return word


@cache
def _zones() -> dict[str, str]:
    return {zone.casefold(): zone for zone in available_timezones() if zone != "Factory"}


def _is_unprintable(character: str) -> bool:
    # U+FFFD stands where an earlier program could not read a letter: the name is lost already.
    if character == "\ufffd":
        return True
    return unicodedata.category(character) in _UNPRINTABLE and character not in _WRITTEN_FORMATS


def _check_length(text: str, *, at_most: int) -> None:
    if len(text) > at_most:
        raise ValueRefused(f"{len(text):,} characters; shorten it to at most {at_most:,}")
