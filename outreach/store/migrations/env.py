"""Alembic's entry: runs the migrations on the connection that it is given."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import DateTime
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from outreach.store import (
    consent_tables,
    desk_tables,
    join_tables,
    ledger_tables,
    review_tables,
    tables,
)
from outreach.store.columns import UtcDateTime

# Imported so that every table is registered.
__all__ = [
    "consent_tables",
    "desk_tables",
    "join_tables",
    "ledger_tables",
    "review_tables",
    "tables",
]


def _render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Plain SQLAlchemy types, so that a migration imports nothing that may change later."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


def _same_type(
    _context: Any, _inspected: Any, _metadata: Any, inspected_type: Any, metadata_type: Any
) -> bool | None:
    if isinstance(metadata_type, UtcDateTime):
        return not isinstance(inspected_type, DateTime)
    return None


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=_render_item,
    compare_type=_same_type,
)
with context.begin_transaction():
    context.run_migrations()
