"""What every test may ask for: above all an empty, migrated database of each kind."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import text

from outreach.store.database import Database
from outreach.store.migrate import upgrade_database
from outreach.store.tables import Campaign
from tests.postgres import running_postgres, without_guards
from tests.sockets import only_this_machine

_OUR_SETTINGS = (
    "OUTREACH_HOME",
    "DATABASE_URL",
    "REDIS_URL",
    "SMTP_URL",
    "PUBLIC_URL",
    "SECRET_KEYS",
    "LEDGER_KEY",
    "ERASURE_KEY",
    "MAIL_FROM",
    "RETRY_AFTER",
    "SMTP_CONNECTIONS",
    "SMTP_WINDOW",
    "SEND_RATE",
    "DOMAIN_LIMITS",
    "DESK_SECOND_FACTOR",
    "WEBHOOK_PRIVATE_NETWORKS",
    "RETENTION_DAYS",
)

# How long an example takes says more of the machine than of the code.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")


_TWICE = (Path(__file__).parent / "web" / "desk", Path(__file__).parent / "web" / "api")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What stands below the desk's pages and the API is tested on both databases; that they show
    it on PostgreSQL too is asked with the marker ``again``."""
    for item in items:
        if "[postgresql" in item.name and any(folder in item.path.parents for folder in _TWICE):
            item.add_marker("again")


@pytest.fixture(scope="session", autouse=True)
def _no_world_outside() -> Iterator[None]:
    with only_this_machine():
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _OUR_SETTINGS:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "outreach.db"
    database = Database(f"sqlite:///{path}")
    upgrade_database(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server, without a database's name."""
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[Database]:
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE outreach")
    database = Database(f"{postgres_server}/outreach")
    upgrade_database(database)
    yield database
    database.close()


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """One for all tests, for the statements that it has compiled."""
    return Database(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'outreach.db'}")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty, migrated database; every test that takes it runs on both kinds."""
    if request.param == "sqlite":
        database = request.getfixturevalue("sqlite_database")
        path = Path(database.engine.url.database)
        for old in path.parent.glob(f"{path.name}*"):  # with what was not yet written back to it
            old.unlink()
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield database
        database.close()  # every connection: the next test's file is another
        return
    database = request.getfixturevalue("postgres_database")
    names = ", ".join(f'"{table.name}"' for table in Campaign.metadata.sorted_tables)
    with database.transaction() as session:
        without_guards(session)
        session.connection().execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    yield database


@pytest.fixture
def clean_environment() -> dict[str, str]:
    """For programs that a test starts: nothing of ours but the search path."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@pytest.fixture
def fresh_postgres_url(postgres_server: str) -> str:
    """An empty PostgreSQL database of the test's own, for programs that it starts."""
    name = f"journey_{secrets.token_hex(4)}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{postgres_server}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty, migrated database of each kind, for programs that a test starts."""
    if request.param == "sqlite":
        path = tmp_path / "outreach.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("fresh_postgres_url")
    database = Database(url)
    upgrade_database(database)
    database.close()
    return url
