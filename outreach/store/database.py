"""Engine, transactions, and the only commit."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlmodel import Session

from outreach.store.driver_sql import as_raised_by_sqlalchemy

ERASURE_SEED = "erasure_seed"
_MODE = "outreach_mode"
_NO_TRANSACTION = ""
_BUSY_MS = 15_000
_USED_AT = "used_at"
_FRESH_SECONDS = 1.0
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)

T = TypeVar("T")


class Database:
    """One database, SQLite or PostgreSQL, by SQLAlchemy URL.

    ``erasure_seed`` keys the hashes of erased addresses. Each session knows it, so that no way of
    entering a person can forget to ask whether they were erased; without one nobody was.
    """

    def __init__(self, url: str, *, erasure_seed: bytes = b"") -> None:
        self._info = {ERASURE_SEED: erasure_seed}
        self.engine = _engine(url)
        self._writing = self.engine.execution_options(**{_MODE: "IMMEDIATE"})
        self._reading = self.engine
        self._glancing = self.engine.execution_options(**{_MODE: _NO_TRANSACTION})
        if self.is_postgresql:
            self._glancing = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            self._reading = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """All of it or nothing. SQLite takes its one writer's lock at the start, so that a
        transaction that has read can always write."""
        with Session(self._writing, expire_on_commit=False, info=self._info) as session:
            yield session
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent look; nothing written in it is kept."""
        with Session(self._reading, expire_on_commit=False, info=self._info) as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """A look of one statement, consistent by itself: without a transaction, at a third of the
        price of ``reading``."""
        with self._glancing.connect() as connection:
            yield connection

    def persist(self, work: Callable[[Session], T]) -> T:
        """Does ``work`` in a transaction, again where the database gave up on it: a deadlock, a
        lock held too long, a restart. For some seconds; then the error is the caller's."""
        return _persist(self.transaction, work)

    def persist_piped(self, work: Callable[[Session], T]) -> T:
        """The same for work of DriverSql alone: on PostgreSQL what it writes goes out together
        with the commit, in one round trip."""
        return _persist(self._piped if self.is_postgresql else self.transaction, work)

    @contextmanager
    def _piped(self) -> Iterator[Session]:
        with (
            self._writing.connect() as connection,
            Session(connection, expire_on_commit=False) as session,
            _pipeline(connection),  # over before the session rolls back
        ):
            yield session
            session.commit()

    def close(self) -> None:
        self.engine.dispose()


def _persist(
    begin: Callable[[], AbstractContextManager[Session]], work: Callable[[Session], T]
) -> T:
    for pause in _PAUSES:
        try:
            with begin() as session:
                return work(session)
        except OperationalError:
            time.sleep(pause)
    with begin() as session:
        return work(session)


@contextmanager
def _pipeline(connection: Connection) -> Iterator[None]:
    """Psycopg's: what is executed in it is sent when an answer is asked for, and at its end."""
    driver = connection.connection.driver_connection
    assert driver is not None
    errors = connection.dialect.loaded_dbapi.Error
    try:
        with driver.pipeline():
            # Such statements are few and always the same: planning them took longer than they do.
            driver.execute("SET LOCAL plan_cache_mode = force_generic_plan")
            yield
    except Exception as error:
        with suppress(errors):
            driver.rollback()  # a commit that failed with its pipeline has ended nothing
        if isinstance(error, errors):
            raise as_raised_by_sqlalchemy(error, connection.dialect.loaded_dbapi) from error
        raise


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed,
            hide_parameters=True,
            connect_args={"timeout": _BUSY_MS / 1000},
            # A connection costs next to nothing here, and who only reads must not wait for one
            # behind all that wait to write.
            max_overflow=-1,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(
        parsed,
        hide_parameters=True,  # an error's text ends in a log: no addresses in it
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": 5},
    )
    event.listen(engine, "checkout", _require_alive)
    event.listen(engine, "checkin", _note_use)
    return engine


def _require_alive(connection: Any, record: Any, _proxy: object) -> None:
    """SQLAlchemy's ping, but for a connection that was in use a moment ago: a sender's hundreds of
    transactions a second need none."""
    if time.monotonic() - record.info.get(_USED_AT, 0.0) < _FRESH_SECONDS:
        return
    try:
        connection.execute("")
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error


def _note_use(_connection: object, record: Any) -> None:
    record.info[_USED_AT] = time.monotonic()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get(_MODE, "DEFERRED")
    if mode != _NO_TRANSACTION:
        connection.exec_driver_sql(f"BEGIN {mode}")
