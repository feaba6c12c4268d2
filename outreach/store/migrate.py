"""Brings a database to the newest tables."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from outreach.store.database import Database

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 6_712_004  # any number of ours; PostgreSQL's advisory locks are numbered


def upgrade_database(database: Database) -> str:
    """Runs what is missing, all or nothing; two at once wait for each other. Returns the
    revision."""
    with database.engine.connect().execution_options(outreach_mode="IMMEDIATE") as connection:
        with connection.begin():
            if database.is_postgresql:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            command.upgrade(migration_config(connection), "head")
        return current_revision(connection) or ""


def needs_upgrade(database: Database) -> bool:
    with database.engine.connect() as connection:
        return current_revision(connection) != newest_revision()


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(migration_config(None)).get_current_head()


def current_revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def migration_config(connection: Connection | None) -> Config:
    """Alembic's configuration for this connection; no file of its own."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    return config
