"""Migrations and tables say the same, on both databases."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from outreach.store.database import Database
from outreach.store.migrate import migration_config, needs_upgrade, upgrade_database


def test_the_migrations_bring_exactly_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, SQLModel.metadata) == []


def test_an_upgraded_database_needs_none_and_takes_another(database: Database) -> None:
    assert not needs_upgrade(database)
    upgrade_database(database)
    assert not needs_upgrade(database)


def test_an_empty_database_needs_one(tmp_path: Path) -> None:
    assert needs_upgrade(Database(f"sqlite:///{tmp_path}/empty.db"))


def test_the_migrations_can_be_taken_back(database: Database) -> None:
    with database.engine.connect() as connection, connection.begin():
        command.downgrade(migration_config(connection), "base")
    assert needs_upgrade(database)
    upgrade_database(database)
