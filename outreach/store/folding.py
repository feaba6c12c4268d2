"""Texts compared without case and accents, by either database: for searching, not for keys."""

import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import Session

_NAME = "outreach_folded"


def fold(text: str) -> str:
    """Without case and combining accents. Marks of other scripts stay: they are letters."""
    taken_apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in taken_apart if not 0x0300 <= ord(mark) <= 0x036F)


class _Folded(GenericFunction[str]):
    name = _NAME
    type = String()
    inherit_cache = True


@compiles(_Folded, "postgresql")
def _on_postgresql(element: _Folded, compiler: Any, **options: Any) -> str:
    inner = compiler.process(element.clauses, **options)
    return f"regexp_replace(normalize(lower({inner}), NFKD), '[\u0300-\u036f]', '', 'g')"


def folded(session: Session, column: Mapped[str]) -> ColumnElement[str]:
    """The column as ``fold`` would have it. SQLite asks Python for each row."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.create_function(_NAME, 1, fold, deterministic=True)
    return _Folded(column)
