"""Texts compared without case and accents, by either database: for searching, not for keys."""

import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, String, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import Session

_NAME = "outreach_folded"


def fold(text: str) -> str:
    """Without case and combining accents. Marks of other scripts stay: they are letters."""
    if text.isascii():
        return text.lower()
    taken_apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in taken_apart if not 0x0300 <= ord(mark) <= 0x036F)


class _Folded(GenericFunction[str]):
    name = _NAME
    type = String()
    inherit_cache = True


@compiles(_Folded, "postgresql")
def _on_postgresql(element: _Folded, compiler: Any, **options: Any) -> str:
    inner = compiler.process(element.clauses, **options)
    lowered = f"replace(replace(lower({inner}), 'ß', 'ss'), 'ς', 'σ')"  # as casefold has it
    return f"regexp_replace(normalize({lowered}, NFKD), '[\u0300-\u036f]', '', 'g')"


def holds(session: Session, column: Mapped[str], text: str) -> ColumnElement[bool]:
    """Whether ``text`` stands in the column, both folded by the same rule: what was typed as it
    stands there is always found. SQLite asks Python for each row; PostgreSQL knows the capitals
    that the database's locale knows."""
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        return func.strpos(_Folded(column), _Folded(literal(text))) > 0
    driver: Any = connection.connection.driver_connection
    driver.create_function(_NAME, 1, fold, deterministic=True)
    return func.instr(_Folded(column), fold(text)) > 0
