"""Whichever commit fails, and however: no notice is lost, none goes twice without being flagged."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from outreach.services.settle_round import BODY_LEASE
from outreach.services.sweep import sweep
from outreach.store.database import Database
from tests.factories import DOMAIN, NOW, a_launched_campaign, decline
from tests.noticing import a_coordinator, a_notice_sender, the_notices
from tests.sending import a_lost_connection
from tests.smtp_server import Server, running_smtp_server

EMAILS = [f"c{number}@coalition.example" for number in range(3)]


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


def _die(
    database: Database, server: Server, monkeypatch: pytest.MonkeyPatch, *, at: int, after: bool
) -> bool:
    """A sender whose ``at``-th commit is its last: it dies before it, or ``after`` it. Returns
    whether it came so far."""
    calls = 0

    def persist(self: Database, work: Callable[[Session], Any]) -> Any:
        nonlocal calls
        calls += 1
        if calls > at or (calls == at and not after):
            raise a_lost_connection()
        with self.transaction() as session:
            done = work(session)
        if calls == at:
            raise a_lost_connection()
        return done

    with monkeypatch.context() as patch:
        patch.setattr(Database, "persist", persist)
        with suppress(OperationalError):
            a_notice_sender(database, server).send_due()
    return calls >= at


def _recover(database: Database, server: Server) -> None:
    now = NOW
    for _ in range(2):
        now += BODY_LEASE
        moment = now
        sweep(database, mail_domain=DOMAIN, clock=lambda moment=moment: moment)  # type: ignore[misc]
        a_notice_sender(database, server, now=now).send_due()
        now += timedelta(minutes=1)


def _check(database: Database, server: Server) -> int:
    """Returns how many went twice."""
    copies = Counter(server.recipients)
    with database.reading() as session:
        rows = the_notices(session)
    assert sorted(copies) == EMAILS  # nothing is lost
    for notice, email in zip(rows, EMAILS, strict=True):
        assert notice.state == "sent"
        assert copies[email] <= 1 + notice.repeats  # nor doubled without a flag
    assert sum(notice.repeats for notice in rows) <= 1
    ids = {(mail.recipients[0], str(mail.message["Message-ID"])) for mail in server.received}
    assert len(ids) == len(EMAILS)  # a copy has the same Message-ID
    return len(server.received) - len(EMAILS)


def _fresh(database: Database) -> None:
    with database.transaction() as session:
        for notice in the_notices(session):
            notice.state, notice.due_at, notice.sent_at = "queued", NOW, None
            notice.lapses = notice.repeats = 0
            session.add(notice)


@pytest.mark.parametrize("after", [False, True], ids=["before the commit", "after the commit"])
def test_no_death_loses_a_notice_or_doubles_one_unflagged(
    database: Database, server: Server, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    with database.transaction() as session:
        for email in EMAILS:
            a_coordinator(session, email=email, wants_digest=False)
        a_launched_campaign(session, "Alpha")
        decline(session, "Alpha")
    doubled = 0
    for at in range(1, 60):
        server.received.clear()
        died = _die(database, server, monkeypatch, at=at, after=after)
        _recover(database, server)
        doubled += _check(database, server)
        if not died:
            break
        _fresh(database)
    assert at == 3 * len(EMAILS) + 2  # claim, mark and record of each, and the look that finds none
    # Dead with its body gone and nothing written down, before the commit of each record: nobody
    # can tell whether it arrived. After a mark's commit the body had not left yet.
    assert doubled == (0 if after else len(EMAILS))
