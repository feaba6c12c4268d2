"""What a person typed, in order: names without tricks, what is too long, what cannot be read."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

from outreach.domain.credit_line import CreditLine
from outreach.partners.values import ValueRefused
from outreach.partners.web_address import parse_web_address

NAME_LIMIT = 200
_LIMITS = MappingProxyType({"acronym": 40, "country": 80})
_Form = TypeVar("_Form", bound="LineForm")


@dataclass(frozen=True, kw_only=True)
class LineForm:
    """How an organization wants to be printed, as it was typed; ``credit_line`` is its name, and
    what else is there is printed with it."""

    credit_line: str
    acronym: str = ""
    country: str = ""
    url: str = ""
    sort_name: str = ""

    @property
    def line(self) -> CreditLine:
        return CreditLine(
            self.credit_line,
            acronym=self.acronym,
            country=self.country,
            url=self.url,
            sort_name=self.sort_name,
        )


def clean_lines(form: _Form, *names: str) -> tuple[_Form, dict[str, str]]:
    """The form with its printed line in order, and those of its other lines; and by name what is
    wrong with them."""
    lines = {
        name: clean_line(getattr(form, name))
        for name in ("credit_line", "acronym", "country", "sort_name", *names)
    }
    lines["acronym"] = _bare(lines["acronym"])
    errors = _length_errors(lines)
    found, refused = parse_fields({"url": form.url}, {"url": parse_web_address})
    return replace(form, **lines, **found), errors | refused


def _bare(acronym: str) -> str:
    """Some type it as it will be printed, in its brackets."""
    in_brackets = acronym.startswith("(") and acronym.endswith(")")
    return acronym[1:-1].strip() if in_brackets else acronym


def _length_errors(lines: Mapping[str, str]) -> dict[str, str]:
    errors = {
        name: f"Please shorten this to {limit} characters."
        for name, line in lines.items()
        if len(line) > (limit := _LIMITS.get(name, NAME_LIMIT))
    }
    if not lines["credit_line"]:
        errors["credit_line"] = "Please type the organization's name as it should be printed."
    return errors


def parse_fields(
    typed: Mapping[str, str], parsers: Mapping[str, Callable[[str], str]]
) -> tuple[dict[str, str], dict[str, str]]:
    """What each parser makes of its field, and by name what is wrong with the others."""
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    for name, parse in parsers.items():
        try:
            values[name] = parse(typed[name])
        except ValueRefused as refusal:
            errors[name] = f"{refusal.remedy[:1].upper()}{refusal.remedy[1:]}."
    return values, errors


def clean_line(text: str) -> str:
    """One line, spaces collapsed, no control or bidi-override characters, NFC.

    Empty where nothing in it would be seen: zero-width characters alone are no name.
    """
    visible = "".join(
        " " if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") else character
        for character in text
        if character not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
    )
    if not any(unicodedata.category(character)[0] in "LNPS" for character in visible):
        return ""
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def clean_text(text: str) -> str:
    return "\n".join(clean_line(line) for line in text.splitlines()).strip()
