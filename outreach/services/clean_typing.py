"""What a person typed, in order: names without tricks, what is too long, what cannot be read."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from outreach.partners.values import ValueRefused

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NAME_LIMIT = 200
_Form = TypeVar("_Form", bound="DataclassInstance")


def clean_lines(form: _Form, *names: str) -> tuple[_Form, dict[str, str]]:
    """The form with those of its lines in order, and by name what is wrong with their lengths."""
    lines = {name: clean_line(getattr(form, name)) for name in names}
    return replace(form, **lines), length_errors(**lines)


def length_errors(**lines: str) -> dict[str, str]:
    errors = {
        name: f"Please shorten this to {NAME_LIMIT} characters."
        for name, line in lines.items()
        if len(line) > NAME_LIMIT
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
