"""A statement's file, written from what was typed into a form's fields."""

from dataclasses import dataclass
from datetime import date

import yaml

from outreach.statement.source import StatementSource, parse_statement


@dataclass(frozen=True)
class StatementFields:
    """What the front matter says, and the Markdown below it."""

    title: str
    addressee: str
    occasion: str
    occasion_date: date
    body: str
    asks: tuple[str, ...] = ()
    reply_to: str = ""
    language: str = "en"


def write_statement(fields: StatementFields) -> StatementSource:
    """The file with these fields, as it was read back. Raises StatementRefused."""
    front: dict[str, object] = {
        "title": fields.title,
        "addressee": fields.addressee,
        "occasion": fields.occasion,
        "occasion_date": fields.occasion_date,
    }
    if fields.reply_to:
        front["reply_to"] = fields.reply_to
    if fields.asks:
        front["asks"] = list(fields.asks)
    front["language"] = fields.language
    dumped = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=2**20)
    return parse_statement(f"---\n{dumped}---\n\n{fields.body.strip()}\n")


def fields_of(source: StatementSource) -> StatementFields:
    return StatementFields(
        title=source.title,
        addressee=source.addressee,
        occasion=source.occasion,
        occasion_date=source.occasion_date,
        body=source.body,
        asks=source.asks,
        reply_to=source.reply_to,
        language=source.language,
    )


def has_front_matter(text: str) -> bool:
    """Whether somebody pasted the whole file, its facts above the text."""
    return text.lstrip("\ufeff").startswith("---")
