"""Delivery: claim, a real SMTP conversation, record. On both databases."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from outreach.domain.message import MessageKind, MessageState
from outreach.services.answer_invitation import decline
from outreach.services.mail_stock import LEASE
from outreach.services.steer_campaign import pause_campaign, resume_campaign
from outreach.services.suppress_contact import suppress
from outreach.services.sweep import sweep
from outreach.store.claims import claim_due
from outreach.store.database import Database
from outreach.store.tables import Contact, DeliveryEvent
from tests.factories import DEADLINE, DOMAIN, NOW, a_launched_campaign, the_link, the_messages
from tests.sending import a_delivery, launch, states
from tests.smtp_server import Server, running_smtp_server


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


def test_what_is_due_is_sent_and_recorded_with_the_servers_words(
    database: Database, server: Server
) -> None:
    launch(database, "One", "Two", "Three")
    report = a_delivery(database, server).deliver_due()
    assert report.sent == 3
    assert len(server.received) == 3
    with database.reading() as session:
        for message in the_messages(session):
            assert message.state == MessageState.SENT
            assert message.sent_at == NOW
            assert message.owner is None
            assert message.last_reply.startswith("250")
        events = session.exec(select(DeliveryEvent)).all()
        assert [event.event for event in events] == ["accepted"] * 3


def test_a_second_delivery_sends_nothing(database: Database, server: Server) -> None:
    launch(database, "One")
    a_delivery(database, server).deliver_due()
    assert a_delivery(database, server).deliver_due().sent == 0
    assert len(server.received) == 1


def test_two_at_once_send_nothing_twice(database: Database, server: Server) -> None:
    names = [f"Organization {number}" for number in range(60)]
    launch(database, *names)
    senders = [threading.Thread(target=a_delivery(database, server).deliver_due) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(timeout=60)
    assert len(server.received) == 60
    assert len(set(server.recipients)) == 60


def test_a_4xx_is_put_off_with_backoff_and_the_words_kept(
    database: Database, server: Server
) -> None:
    launch(database, "One")
    server.answer_rcpt = lambda _: "450 4.2.1 mailbox busy"
    a_delivery(database, server).deliver_due()
    with database.reading() as session:
        (message,) = the_messages(session)
        assert message.state == MessageState.QUEUED
        assert message.attempts == 1
        assert message.last_reply == "450 4.2.1 mailbox busy"
        assert timedelta(minutes=10) < message.due_at - NOW < timedelta(minutes=20)
    server.answer_rcpt = lambda _: "250 OK"
    assert a_delivery(database, server).deliver_due().sent == 0
    assert a_delivery(database, server, now=NOW + timedelta(minutes=20)).deliver_due().sent == 1


def test_a_5xx_fails_with_the_servers_words_kept(database: Database, server: Server) -> None:
    launch(database, "One", "Two")
    server.answer_data = lambda address: "554 5.7.1 no" if "@one." in address else "250 OK"
    report = a_delivery(database, server, connections=1).deliver_due()
    assert (report.sent, report.failed) == (1, 1)
    with database.reading() as session:
        failed = the_messages(session)[0]
        assert failed.state == MessageState.FAILED
        assert failed.last_reply == "554 5.7.1 no"


def test_an_unreachable_server_costs_no_attempt(database: Database, server: Server) -> None:
    launch(database, "One", "Two")
    server.port = 1
    report = a_delivery(database, server).deliver_due()
    assert "refused the connection" in report.unreachable
    with database.reading() as session:
        messages = the_messages(session)
        assert {message.state for message in messages} == {MessageState.QUEUED}
        assert {message.attempts for message in messages} == {0}
        assert {message.due_at - NOW for message in messages} == {timedelta(seconds=30)}


def test_no_reply_after_the_body_is_uncertain_then_repeated_once_with_the_same_id(
    database: Database, server: Server
) -> None:
    launch(database, "One")
    server.answer_data = lambda _: "HANG UP"
    assert a_delivery(database, server).deliver_due().uncertain == 1
    assert states(database) == [MessageState.UNCERTAIN]
    sweep(database, mail_domain=DOMAIN, clock=lambda: NOW)
    server.answer_data = lambda _: "250 OK"
    assert a_delivery(database, server).deliver_due().sent == 1
    with database.reading() as session:
        (message,) = the_messages(session)
        assert message.repeats == 1
        assert server.received[0].message["Message-ID"] == f"<{message.message_id}>"


def test_a_second_doubt_waits_for_a_person(database: Database, server: Server) -> None:
    launch(database, "One")
    server.answer_data = lambda _: "HANG UP"
    for _ in range(3):
        a_delivery(database, server).deliver_due()
        sweep(database, mail_domain=DOMAIN, clock=lambda: NOW)
    assert states(database) == [MessageState.UNCERTAIN]


def test_an_answer_while_the_envelope_is_spoken_keeps_the_body_back(
    database: Database, server: Server
) -> None:
    launch(database, "One")

    def answered_meanwhile(_: str) -> str:
        server.answer_rcpt = lambda _: "250 OK"
        with database.transaction() as session:
            link = the_link(session, "One")
            decline(session, link_id=link.id, reason="", mail_domain=DOMAIN, now=NOW)
        return "250 OK"

    server.answer_rcpt = answered_meanwhile
    report = a_delivery(database, server, now=NOW).deliver_due()
    assert report.cancelled == 1
    assert len(server.received) == 1  # the decline's receipt, and no invitation
    with database.reading() as session:
        invitation = the_messages(session)[0]
        assert invitation.state == MessageState.CANCELLED
        assert "declined" in invitation.last_reply


def test_a_pause_holds_the_rest_and_resume_sends_exactly_the_rest(
    database: Database, server: Server
) -> None:
    launch(database, "One", "Two", "Three")

    def paused_after_the_first(_: str) -> str:
        if len(server.received) == 1:
            with database.transaction() as session:
                pause_campaign(session, slug="visit")
            server.answer_rcpt = lambda _: "250 OK"
        return "250 OK"

    server.answer_rcpt = paused_after_the_first
    a_delivery(database, server, connections=1).deliver_due()
    assert len(server.received) == 1
    assert states(database) == ["sent", "queued", "queued"]
    with database.transaction() as session:
        resume_campaign(session, slug="visit")
    a_delivery(database, server).deliver_due()
    assert len(set(server.recipients)) == len(server.received) == 3


def test_a_suppressed_address_is_skipped_with_its_reason(
    database: Database, server: Server
) -> None:
    launch(database, "One")
    with database.transaction() as session:
        suppress(session, link_id=the_link(session, "One").id, now=NOW)
        message = the_messages(session)[0]
        message.state = MessageState.QUEUED.value  # as if it had been written a moment later
        session.add(message)
    assert a_delivery(database, server).deliver_due().cancelled == 1
    assert server.received == []
    with database.reading() as session:
        assert "unsubscribed" in the_messages(session)[0].last_reply


def test_nothing_that_asks_begins_after_the_deadline(database: Database, server: Server) -> None:
    launch(database, "One")
    assert a_delivery(database, server, now=DEADLINE).deliver_due().cancelled == 1
    assert server.received == []


def test_told_to_stop_it_gives_back_what_it_did_not_touch(
    database: Database, server: Server
) -> None:
    launch(database, "One", "Two", "Three")
    delivery = a_delivery(
        database, server, connections=1, should_stop=lambda: len(server.received) == 1
    )
    assert delivery.deliver_due().sent == 1
    assert states(database) == ["sent", "queued", "queued"]


def test_a_row_that_cannot_be_written_fails_and_the_others_go_out(
    database: Database, server: Server
) -> None:
    launch(database, "One", "Two")
    with database.transaction() as session:
        link = the_link(session, "One")
        contact = session.get_one(Contact, link.contact_id)
        contact.email = "two@signs@one.example"
        session.add(contact)
    report = a_delivery(database, server).deliver_due()
    assert (report.sent, report.failed) == (1, 1)
    assert states(database) == ["failed", "sent"]


def test_a_dead_senders_rows_are_taken_back_when_its_lease_is_over(
    database: Database, server: Server
) -> None:
    launch(database, "One")
    with database.transaction() as session:
        claim_due(session, owner="dead", many=50, lease=LEASE, now=NOW)
    assert a_delivery(database, server).deliver_due().sent == 0
    later = NOW + LEASE
    assert sweep(database, mail_domain=DOMAIN, clock=lambda: later).recovered == 1
    assert a_delivery(database, server, now=later).deliver_due().sent == 1


@pytest.mark.parametrize("captured", [True, False])
def test_what_was_launched_for_real_is_never_captured_and_the_other_way_round(
    database: Database, server: Server, captured: bool
) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "One")
        campaign.captured = captured
        session.add(campaign)
    assert a_delivery(database, server, captured=not captured).deliver_due().sent == 0
    assert a_delivery(database, server, captured=captured).deliver_due().sent == 1


def test_receipts_go_before_a_bulk(database: Database, server: Server) -> None:
    launch(database, *[f"Organization {number}" for number in range(10)])
    with database.transaction() as session:
        link = the_link(session, "Organization 9")
        decline(session, link_id=link.id, reason="", mail_domain=DOMAIN, now=NOW)
    a_delivery(database, server, connections=1).deliver_due()
    with database.reading() as session:
        receipt = next(m for m in the_messages(session) if m.kind == MessageKind.DECLINE_RECEIPT)
        assert server.received[0].message["Message-ID"] == f"<{receipt.message_id}>"
