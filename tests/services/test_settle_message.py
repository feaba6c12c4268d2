"""What waits for a person: each decision, and every refusal. On both databases."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from outreach.domain.coordinator import COMMAND_LINE
from outreach.domain.message import MessageState
from outreach.services.settle_message import (
    MessageRefused,
    list_unsettled,
    send_again,
    settle_as_arrived,
)
from outreach.services.sweep import sweep
from outreach.store.database import Database
from tests.factories import DOMAIN, NOW, a_launched_campaign, sign, the_messages
from tests.sending import a_delivery
from tests.smtp_server import Server, running_smtp_server

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


@pytest.fixture
def doubtful(database: Database, server: Server) -> int:
    """A message that was repeated once and is uncertain still."""
    with database.transaction() as session:
        a_launched_campaign(session, "One")
    server.answer_data = lambda _: "HANG UP"
    for _ in range(3):
        a_delivery(database, server).deliver_due()
        sweep(database, mail_domain=DOMAIN, clock=lambda: NOW)
    server.answer_data = lambda _: "250 OK"
    return _the_message(database)


@pytest.fixture
def failed(database: Database, server: Server) -> int:
    with database.transaction() as session:
        a_launched_campaign(session, "One")
    server.answer_rcpt = lambda _: "550 5.1.1 no such user"
    a_delivery(database, server).deliver_due()
    server.answer_rcpt = lambda _: "250 OK"
    return _the_message(database)


def _the_message(database: Database) -> int:
    with database.reading() as session:
        (message,) = the_messages(session)
        assert message.id is not None
        return message.id


def test_the_doubtful_are_listed_with_whom_they_were_for(database: Database, doubtful: int) -> None:
    with database.reading() as session:
        (found,) = list_unsettled(session, slug="visit", state=MessageState.UNCERTAIN)
        assert (found.id, found.organization, found.repeats) == (doubtful, "One", 1)
        assert found.address.endswith("@one.example")
        assert "hung up" in found.words
        assert list_unsettled(session, slug="visit", state=MessageState.FAILED) == []


def test_one_that_arrived_is_sent_since_its_body_went_out(
    database: Database, server: Server, doubtful: int
) -> None:
    with database.transaction() as session:
        settle_as_arrived(session, message_pk=doubtful, by=COMMAND_LINE, now=LATER)
    with database.reading() as session:
        (message,) = the_messages(session)
        assert (message.state, message.sent_at) == ("sent", NOW)
    assert a_delivery(database, server, now=LATER).deliver_due().sent == 0


def test_one_that_goes_again_keeps_its_message_id(
    database: Database, server: Server, doubtful: int
) -> None:
    with database.transaction() as session:
        message_id = send_again(session, message_pk=doubtful, by=COMMAND_LINE, now=LATER).message_id
    assert a_delivery(database, server, now=LATER).deliver_due().sent == 1
    assert server.received[-1].message["Message-ID"] == f"<{message_id}>"
    with database.reading() as session:
        assert the_messages(session)[0].repeats == 2


def test_a_failed_one_goes_again_when_its_cause_is_mended(
    database: Database, server: Server, failed: int
) -> None:
    with database.transaction() as session:
        send_again(session, message_pk=failed, by=COMMAND_LINE, now=LATER)
    assert a_delivery(database, server, now=LATER).deliver_due().sent == 1


def test_one_that_goes_again_begins_anew(database: Database, failed: int) -> None:
    with database.transaction() as session:
        (message,) = the_messages(session)
        message.attempts, message.lapses = 47, 4
        session.add(message)
    with database.transaction() as session:
        message = send_again(session, message_pk=failed, by=COMMAND_LINE, now=LATER)
        assert (message.attempts, message.lapses, message.last_reply) == (0, 0, "")


def test_one_that_was_answered_meanwhile_does_not_go_again(
    database: Database, server: Server, failed: int
) -> None:
    with database.transaction() as session:
        sign(session, "One")
        send_again(session, message_pk=failed, by=COMMAND_LINE, now=LATER)
    assert a_delivery(database, server, now=LATER).deliver_due().cancelled == 1


def test_a_failed_one_cannot_be_said_to_have_arrived(database: Database, failed: int) -> None:
    with database.transaction() as session, pytest.raises(MessageRefused, match="is failed"):
        settle_as_arrived(session, message_pk=failed, by=COMMAND_LINE, now=LATER)


@pytest.mark.parametrize("settle", [settle_as_arrived, send_again])
def test_what_waits_for_nobody_is_refused(database: Database, settle: object) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One")
    with database.transaction() as session:
        (message,) = the_messages(session)
        for number, why in ((message.id, "is queued"), (999, "there is no message 999")):
            with pytest.raises(MessageRefused, match=why):
                settle(session, message_pk=number, by=COMMAND_LINE, now=LATER)  # type: ignore[operator]
