"""Delivery when the database, the server or the clock is in trouble. On both databases."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from outreach.domain.delivery import LastLook
from outreach.domain.message import MessageKind, MessageState
from outreach.domain.retry import DEFAULT_RETRY, RetrySchedule
from outreach.services.mail_stock import LEASE
from outreach.services.plan_reminders import plan_reminders
from outreach.services.steer_campaign import extend_campaign, pause_campaign, resume_campaign
from outreach.services.sweep import sweep
from outreach.store import database as database_module
from outreach.store import outgoing, rounds
from outreach.store.database import Database
from outreach.store.messages import cancel_queued
from outreach.store.rounds import Result
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_launched_campaign,
    send_what_is_due,
    sign,
    the_messages,
    withdraw,
)
from tests.sending import a_delivery, a_lost_connection, launch, states
from tests.smtp_server import Server, running_smtp_server


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


def test_a_lost_database_while_facts_are_gathered_fails_no_mail(
    database: Database, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(database, "One", "Two")

    def lost(*_: object, **__: object) -> None:
        raise a_lost_connection()

    monkeypatch.setattr(database_module, "_PAUSES", (0.0,))
    with monkeypatch.context() as patch:
        patch.setattr(outgoing, "load_outgoing", lost)
        with pytest.raises(OperationalError):
            a_delivery(database, server).deliver_due()
    assert states(database) == ["queued", "queued"]
    assert a_delivery(database, server).deliver_due().sent == 2


def test_a_commit_that_fails_is_tried_again_and_the_250_is_not_thrown_away(
    database: Database, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(database, "One", "Two")
    record, failures = rounds.record_results, [a_lost_connection(), a_lost_connection()]

    def fails_twice(session: Session, results: Sequence[Result], *, now: datetime) -> None:
        if results and failures:
            raise failures.pop()
        record(session, results, now=now)

    monkeypatch.setattr(rounds, "record_results", fails_twice)
    assert a_delivery(database, server).deliver_due().sent == 2
    assert failures == []
    assert states(database) == ["sent", "sent"]
    assert len(server.received) == 2


@pytest.mark.parametrize("words", ["OK queued", "354 go on", "150 hm", "600 what"])
def test_an_unreadable_reply_after_the_final_dot_is_doubtful(
    database: Database, server: Server, words: str
) -> None:
    launch(database, "One")
    server.answer_data = lambda _: words
    for _ in range(4):
        a_delivery(database, server).deliver_due()
        sweep(database, mail_domain=DOMAIN, clock=lambda: NOW)
    with database.reading() as session:
        (message,) = the_messages(session)
        assert (message.state, message.repeats) == (MessageState.UNCERTAIN, 1)


def test_a_slow_server_is_not_a_dead_sender(database: Database, server: Server) -> None:
    launch(database, *[f"Organization {number}" for number in range(12)])
    clock = [NOW]

    def slow(_: str) -> str:
        clock[0] += LEASE - timedelta(minutes=1)
        sweep(database, mail_domain=DOMAIN, clock=lambda: clock[0])
        return "250 OK"

    server.answer_data = slow
    delivery = a_delivery(database, server, connections=1, clock=lambda: clock[0])
    assert delivery.deliver_due().sent == 12
    with database.reading() as session:
        assert {message.lapses for message in the_messages(session)} == {0}


def test_the_deadline_that_comes_while_the_lock_is_waited_for_is_kept(
    database: Database, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(database, "One")
    clock, look = [DEADLINE - timedelta(seconds=1)], rounds.last_looks

    def waits(
        session: Session, results: Iterable[int], offered: Collection[int], *, owner: str
    ) -> tuple[set[int], dict[int, LastLook]]:
        clock[0] = DEADLINE
        return look(session, results, offered, owner=owner)

    monkeypatch.setattr(rounds, "last_looks", waits)
    assert a_delivery(database, server, clock=lambda: clock[0]).deliver_due().cancelled == 1
    assert server.received == []


def test_a_receipt_written_meanwhile_does_not_wait_for_the_bulk(
    database: Database, server: Server
) -> None:
    launch(database, *[f"Organization {number}" for number in range(60)])

    def signs_after_five(_: str) -> str:
        if len(server.received) == 5:
            with database.transaction() as session:
                sign(session, "Organization 59")
        return "250 OK"

    server.answer_data = signs_after_five
    a_delivery(database, server, connections=1).deliver_due()
    subjects = [str(mail.message["Subject"]) for mail in server.received]
    place = next(place for place, subject in enumerate(subjects) if subject.startswith("Receipt"))
    assert place <= 16  # of 61: what was claimed already, for the next 0.2 s, goes before it


def test_after_a_pause_one_reminder_goes_out_not_two(database: Database, server: Server) -> None:
    launch(database, "One")
    a_delivery(database, server).deliver_due()
    with database.transaction() as session:
        seven = DEADLINE - timedelta(days=7)
        assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=seven) == 1
        pause_campaign(session, slug="visit")
    later = DEADLINE - timedelta(days=2, hours=6)
    with database.transaction() as session:
        resume_campaign(session, slug="visit")
    a_delivery(database, server, now=later).deliver_due()
    sweep(database, mail_domain=DOMAIN, clock=lambda: later)
    a_delivery(database, server, now=later).deliver_due()
    assert len(server.received) == 2
    with database.reading() as session:
        reminders = the_messages(session, kind=MessageKind.REMINDER)
        assert {one.step: one.state for one in reminders} == {"7d/0": "cancelled", "3d/0": "sent"}


def test_a_deadline_moved_by_minutes_reminds_nobody_at_once(database: Database) -> None:
    just_after = DEADLINE - timedelta(days=7) + timedelta(hours=1)
    with database.transaction() as session:
        a_launched_campaign(session, "One")
        send_what_is_due(session)
        seven = DEADLINE - timedelta(days=7)
        assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=seven) == 1
        extend_campaign(
            session, slug="visit", deadline=DEADLINE + timedelta(minutes=30), now=just_after
        )
        soon = just_after + timedelta(minutes=1)
        assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=soon) == 0
        one = DEADLINE - timedelta(days=1) + timedelta(minutes=31)
        assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=one) == 1


def test_a_receipt_put_off_is_not_sent_after_the_withdrawal(
    database: Database, server: Server
) -> None:
    launch(database, "One")
    a_delivery(database, server).deliver_due()
    with database.transaction() as session:
        sign(session, "One")
    server.answer_rcpt = lambda _: "450 greylisted"
    a_delivery(database, server).deliver_due()
    server.answer_rcpt = lambda _: "250 OK"
    with database.transaction() as session:
        withdraw(session, "One")
    a_delivery(database, server, now=NOW + timedelta(hours=1)).deliver_due()
    assert len(server.received) == 2
    with database.reading() as session:
        kinds = {one.kind: one.state for one in the_messages(session)}
        assert kinds == {
            MessageKind.INVITATION: "sent",
            MessageKind.RECEIPT: "cancelled",
            MessageKind.WITHDRAWAL_RECEIPT: "sent",
        }


def test_what_is_put_off_for_days_is_given_up_with_the_words_kept(
    database: Database, server: Server
) -> None:
    launch(database, "One")
    server.answer_rcpt = lambda _: "450 4.2.2 over quota"
    with database.transaction() as session:
        (message,) = the_messages(session)
        message.attempts = RetrySchedule.parse(DEFAULT_RETRY).give_up_after - 1
        session.add(message)
    assert a_delivery(database, server).deliver_due().failed == 1
    with database.reading() as session:
        assert the_messages(session)[0].last_reply == "450 4.2.2 over quota"


def test_no_leave_to_relay_holds_the_bulk_instead_of_failing_it(
    database: Database, server: Server
) -> None:
    launch(database, "One", "Two")
    server.answer_rcpt = lambda _: "554 5.7.1 <a@b.example>: Relay access denied"
    assert "Relay access denied" in a_delivery(database, server).deliver_due().unreachable
    assert states(database) == ["queued", "queued"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_cancelling_does_not_wait_for_a_row_that_a_sender_holds(database: Database) -> None:
    """Each waiting for a row of the other would be a deadlock; the last look sees to that row."""
    launch(database, "One", "Two")
    with database.transaction() as sender:
        held, _ = the_messages(sender)
        sender.refresh(held, with_for_update=True)
        with database.transaction() as session:
            session.connection().execute(text("SET LOCAL lock_timeout = '2s'"))
            assert cancel_queued(session, campaign_id=held.campaign_id, reason="closed") == 1
    assert states(database) == ["queued", "cancelled"]
