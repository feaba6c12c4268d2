"""Where a person is mentioned in words: in every table as it is declared, so that one that comes
later is searched too.

Only whole addresses and whole names count: "ann@example.co" is not in "joann@example.co". What is
kept of contacts one by one is not searched: whose it is is known by key (``erasures``).
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy
from sqlalchemy import Column, LargeBinary, String, Table, func
from sqlmodel import AutoString, Session, SQLModel

ERASED = "(erased)"
# Kept by contact; append-only, or the coordinators' own; and what the organization is called.
_UNTOUCHED_TABLES = frozenset(
    {"contact", "suppression", "signature", "answer", "ledger_opening"}
    | {"ledger_event", "ledger_checkpoint", "ledger_log", "erasure", "campaign"}
    | {"statement_version", "coordinator"}
)
_LINE = ("credit_line", "acronym", "country", "url", "sort_name")
_UNTOUCHED = frozenset(
    {("organization", name) for name in ("name", "name_key", "sort_name")}
    | {("recorded_consent", name) for name in (*_LINE, "authority")}
    | {("recorded_consent", name) for name in ("person", "capacity")}  # whole, or not at all
    | {("review", name) for name in (*_LINE, "authority")}
    | {("review", name) for name in ("signer_name", "capacity")}  # by contact, as a signature's
    | {("join_request", name) for name in ("email", "email_key")}  # whose it is, and goes whole
    | {("activity", "actor")}
)


@dataclass(frozen=True)
class Sought:
    """Addresses and names, each a whole one; whatever their case."""

    addresses: Collection[str]
    names: Collection[str]

    @cached_property
    def words(self) -> list[str]:
        """The longest first: of two that begin alike the pattern takes the first."""
        found = {word.strip() for word in (*self.addresses, *self.names)} - {""}
        return sorted(found, key=len, reverse=True)

    def is_name(self, text: str) -> bool:
        """Whether it is one of the names, and nothing besides."""
        return text.strip().lower() in {name.strip().lower() for name in self.names}

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_whole, self.words)), re.IGNORECASE)


def _whole(word: str) -> str:
    """Not as a part of a longer address or name; a line break in JSON ends in a letter."""
    before, after = (r"[.+'&-]", r"[-.]+\w") if "@" in word else ("-", r"-\w")
    return rf"(?:(?<=\\[nrt])|(?<!\w)(?<!\w{before})){re.escape(word)}(?!\w|{after})"


@dataclass(frozen=True)
class Mention:
    """One value that holds a sought word, with the primary key of its row."""

    table: Table
    column: Column[Any]
    key: tuple[Any, ...]
    value: str | bytes


def find_mentions(session: Session, sought: Sought) -> Iterator[Mention]:
    if not sought.words:
        return
    for table, column in _places():
        keys = list(table.primary_key.columns)
        query = sqlalchemy.select(*keys, column)
        if not isinstance(column.type, LargeBinary):
            query = query.where(_may_hold(column, sought.words))
        for *key, value in session.connection().execute(query).all():
            if value is not None and sought.pattern.search(_as_text(value)):
                yield Mention(table, column, tuple(key), value)


def scrub(session: Session, sought: Sought) -> int:
    """Takes the words out. Returns how many values were changed; bytes that hold one go whole."""
    found = list(find_mentions(session, sought))
    for one in found:
        value = sought.pattern.sub(ERASED, one.value) if isinstance(one.value, str) else b""
        columns = one.table.primary_key.columns
        place = [column == key for column, key in zip(columns, one.key, strict=True)]
        statement = one.table.update().where(*place).values({one.column.name: value})
        session.connection().execute(statement)
    return len(found)


def _places() -> Iterator[tuple[Table, Column[Any]]]:
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            is_words = isinstance(column.type, AutoString | String | LargeBinary)
            is_key = column.primary_key or column.foreign_keys
            ours = table.name in _UNTOUCHED_TABLES or (table.name, column.name) in _UNTOUCHED
            if is_words and not is_key and not ours:
                yield table, column


def _may_hold(column: Any, words: Collection[str]) -> Any:
    """SQLite knows upper and lower case of ASCII alone: the usual spellings are sought beside."""
    spelled = {one for word in words for one in (word, word.lower(), word.upper(), word.title())}
    either = [column.contains(one, autoescape=True) for one in sorted(spelled)]
    either += [func.lower(column).contains(word.lower(), autoescape=True) for word in words]
    return sqlalchemy.or_(*either)


def _as_text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
