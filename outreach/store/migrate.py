"""Brings a database to the newest tables.

Looking whether there is anything to do costs every command its time: it is one query, and Alembic
is only loaded where there is.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text

from outreach.domain.errors import OutreachError
from outreach.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 6_712_004  # any number of ours; PostgreSQL's advisory locks are numbered


class UnknownRevision(OutreachError):
    """The database was made by a newer Outreach."""


def upgrade_database(database: Database) -> str:
    """Runs what is missing, all or nothing; two at once wait for each other. Returns the
    revision. Raises UnknownRevision."""
    from alembic import command
    from alembic.util import CommandError

    with database.engine.connect().execution_options(outreach_mode="IMMEDIATE") as connection:
        with connection.begin():
            if database.is_postgresql:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            try:
                command.upgrade(migration_config(connection), "head")
            except CommandError as error:
                raise UnknownRevision(str(error)) from None
        return current_revision(connection) or ""


def needs_upgrade(database: Database) -> bool:
    with database.engine.connect() as connection:
        return current_revision(connection) != newest_revision()


def newest_revision() -> str:
    """Each migration's file is named by its number, which is its revision."""
    return max(file.name[:4] for file in (_FOLDER / "versions").glob("[0-9]*.py"))


def current_revision(connection: Connection) -> str | None:
    """None for a database without tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migration_config(connection: Connection | None) -> "Config":
    """Alembic's configuration for this connection; no file of its own."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    return config
