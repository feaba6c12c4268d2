"""Whatever commit fails, and however: no mail is lost, none goes twice without being flagged."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from outreach.services import delivery as delivery_module
from outreach.services.settle_round import BODY_LEASE
from outreach.services.sweep import sweep
from outreach.store.database import Database
from outreach.store.tables import Contact, Message
from tests.factories import DOMAIN, NOW
from tests.sending import a_delivery, a_lost_connection, launch
from tests.smtp_server import Server, running_smtp_server

MAILS = 6


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is away for good is not waited for."""
    monkeypatch.setattr(delivery_module, "_PATIENCE", 0.0)


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


class _Failing:
    """``Database.persist`` and its kin, whose ``at``-th call fails: before its commit, or
    ``after`` it, as when the database answers no more; once, or ``for_good``, as when the sender
    dies there."""

    def __init__(self, *, at: int, after: bool, for_good: bool) -> None:
        self._at, self._after, self._for_good = at, after, for_good
        self._calls = 0

    @property
    def has_failed(self) -> bool:
        return self._calls >= self._at

    def persist(self, database: Database, work: Callable[[Session], Any]) -> Any:
        self._calls += 1
        fails = self._calls >= self._at if self._for_good else self._calls == self._at
        if fails and not (self._after and self._calls == self._at):
            raise a_lost_connection()
        with database.transaction() as session:
            done = work(session)
        if fails:
            raise a_lost_connection()
        return done


def _persisting(failing: _Failing) -> Callable[[Database, Callable[[Session], Any]], Any]:
    def persist(self: Database, work: Callable[[Session], Any]) -> Any:
        return failing.persist(self, work)

    return persist


def _die(
    database: Database,
    server: Server,
    failing: _Failing,
    monkeypatch: pytest.MonkeyPatch,
    *,
    connections: int,
    window: int,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Database, "persist", _persisting(failing))
        patch.setattr(Database, "persist_piped", _persisting(failing))
        delivery = a_delivery(database, server, connections=connections, window=window)
        with suppress(OperationalError):
            delivery.deliver_due()


def _recover(database: Database, server: Server, *, connections: int, window: int) -> None:
    now = NOW
    for _ in range(2):
        now += BODY_LEASE
        sweep(database, mail_domain=DOMAIN, clock=partial(_same, now))
        delivery = a_delivery(database, server, now=now, connections=connections, window=window)
        delivery.deliver_due()
        now += timedelta(minutes=1)


def _same(now: datetime) -> datetime:
    return now


def _check(database: Database, server: Server, *, in_doubt: int) -> int:
    """Returns how many went twice."""
    copies = Counter(server.recipients)
    with database.reading() as session:
        query = select(Contact.email, Message).join(
            Contact, col(Contact.id) == col(Message.contact_id)
        )
        rows = dict(session.exec(query).all())
    assert len(rows) == MAILS
    assert set(copies) <= set(rows)
    for address, message in rows.items():
        assert message.state == "sent"
        assert copies[address] >= 1  # nothing is lost
        if copies[address] > 1:
            assert (copies[address], message.repeats) == (2, 1)  # nor doubled without a flag
    assert sum(message.repeats for message in rows.values()) <= in_doubt
    ids = {(mail.recipients[0], str(mail.message["Message-ID"])) for mail in server.received}
    assert len(ids) == MAILS  # a copy has the same Message-ID
    return len(server.received) - MAILS


def _fresh(database: Database) -> None:
    with database.transaction() as session:
        for message in session.exec(select(Message)).all():
            message.state, message.repeats, message.lapses, message.due_at = "queued", 0, 0, NOW
            message.owner = message.lease_until = message.data_at = None
            session.add(message)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("connections", "window"), [(3, 1), (2, 3)])
@pytest.mark.parametrize("after", [False, True], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
def test_no_commit_that_fails_loses_a_mail_or_doubles_one_unflagged(
    database: Database,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    connections: int,
    window: int,
    after: bool,
    for_good: bool,
) -> None:
    launch(database, *[f"Organization {number}" for number in range(MAILS)])
    doubled = 0
    for at in range(1, 60):
        server.received.clear()
        failing = _Failing(at=at, after=after, for_good=for_good)
        _die(database, server, failing, monkeypatch, connections=connections, window=window)
        _recover(database, server, connections=connections, window=window)
        doubled += _check(database, server, in_doubt=connections * window)
        if not failing.has_failed:
            break
        _fresh(database)
    assert at > 4
    assert doubled or after or not for_good  # else nothing was put to the test


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("at", range(1, 7))
def test_nor_does_it_on_postgresql(
    database: Database, server: Server, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    launch(database, *[f"Organization {number}" for number in range(MAILS)])
    failing = _Failing(at=at, after=True, for_good=True)
    _die(database, server, failing, monkeypatch, connections=2, window=1)
    _recover(database, server, connections=2, window=1)
    _check(database, server, in_doubt=2)
