"""One odd row, one slow or hostile server, one change of mind: none stops the other mail."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from threading import Event

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from outreach.domain.delivery import LastLook, Verdict, last_look
from outreach.domain.message import MessageKind
from outreach.mail import connection as connection_module
from outreach.mail import opening as opening_module
from outreach.services import delivery as delivery_module
from outreach.services import settle_round as settle_module
from outreach.services.launch_campaign import launch_campaign
from outreach.services.mail_stock import LEASE
from outreach.services.steer_campaign import pause_campaign, resume_campaign
from outreach.services.sweep import sweep
from outreach.store import campaigns, rounds
from outreach.store import database as database_module
from outreach.store.database import Database
from outreach.store.tables import Contact
from tests.factories import (
    DOMAIN,
    NOW,
    sign,
    the_link,
    the_messages,
)
from tests.sending import a_delivery, a_lost_connection, launch, states
from tests.smtp_server import Server, running_smtp_server


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is away for good is not waited for."""
    monkeypatch.setattr(delivery_module, "_PATIENCE", 0.0)


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


def test_a_row_that_cannot_be_found_whole_stops_no_other(
    database: Database, server: Server
) -> None:
    launch(database, "One", "Two", "Three")
    with database.transaction() as session:
        link = the_link(session, "One")
        link.revoked_at = NOW
        session.add(link)
    report = a_delivery(database, server).deliver_due()
    assert (report.sent, report.failed) == (2, 1)


def test_a_row_that_cannot_be_judged_stops_no_other(
    database: Database, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(database, "One", "Two")
    with database.transaction() as session:
        the_messages(session, "One")[0].step = "is broken"

    def broken_for_one(facts: LastLook, *, now: datetime) -> tuple[Verdict, str]:
        if facts.step:
            raise ValueError("what is this")
        return last_look(facts, now=now)

    monkeypatch.setattr(settle_module, "last_look", broken_for_one)
    report = a_delivery(database, server).deliver_due()
    assert (report.sent, report.failed) == (1, 1)
    assert len(server.received) == 1
    with database.reading() as session:
        assert the_messages(session)[0].last_reply == "it could not be judged: ValueError"


def test_a_receipt_whose_answer_cannot_be_found_stops_no_other(
    database: Database, server: Server
) -> None:
    launch(database, "One", "Two")
    with database.transaction() as session:
        sign(session, "One")
        (receipt,) = the_messages(session, kind=MessageKind.RECEIPT)
        receipt.step = "no number"
        session.add(receipt)
    report = a_delivery(database, server).deliver_due()
    assert (report.sent, report.failed) == (1, 1)


@pytest.mark.parametrize(
    ("reply", "connections"),
    [("HANG UP", 1), ("421 4.3.2 closing", 1), ("350 what", 1), ("hm", 1), ("hm", 4)],
)
def test_trouble_at_one_recipient_starves_no_other(
    database: Database, server: Server, reply: str, connections: int
) -> None:
    launch(database, "One", "Two", "Three")
    server.answer_rcpt = lambda address: reply if "@one." in address else "250 OK"
    for seconds in (0, 35):
        now = NOW + timedelta(seconds=seconds)
        a_delivery(database, server, connections=connections, now=now).deliver_due()
    assert states(database) == ["queued", "sent", "sent"]


def test_whom_our_server_will_not_relay_to_starves_nobody_for_ever(
    database: Database, server: Server
) -> None:
    """Such a reply is about us: a person looks, resumes, and after the third time it is put off."""
    launch(database, "One", "Two", "Three")
    server.answer_rcpt = lambda address: (
        "554 5.7.1 Relay access denied" if "@one." in address else "250 OK"
    )
    for number in range(5):
        now = NOW + timedelta(minutes=2 * number)
        a_delivery(database, server, connections=1, now=now).deliver_due()
        with database.transaction() as session:
            if campaigns.require_campaign(session, "visit").state == "paused":
                resume_campaign(session, slug="visit")
    assert states(database) == ["queued", "sent", "sent"]


def test_an_address_that_is_called_relay_is_an_unknown_user_like_any_other(
    database: Database, server: Server
) -> None:
    launch(database, "One")
    server.answer_rcpt = lambda _: "550 5.1.1 <x@relay-denied.example>: user unknown"
    assert a_delivery(database, server).deliver_due().failed == 1


def test_slow_refusals_are_no_death_either(database: Database, server: Server) -> None:
    launch(database, *[f"Organization {number}" for number in range(10)])
    clock = [NOW]

    def slow(_: str) -> str:
        clock[0] += LEASE - timedelta(minutes=1)
        sweep(database, mail_domain=DOMAIN, clock=lambda: clock[0])
        return "550 no"

    server.answer_rcpt = slow
    delivery = a_delivery(database, server, connections=1, clock=lambda: clock[0])
    assert delivery.deliver_due().failed == 10
    with database.reading() as session:
        assert {one.lapses for one in the_messages(session)} == {0}


def test_a_server_that_scans_before_it_answers_gets_the_mail_once(
    database: Database, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(database, "One")
    monkeypatch.setattr(connection_module, "COMMAND_LIMIT", 0.3)
    monkeypatch.setattr(connection_module, "BODY_LIMIT", 0.3)
    monkeypatch.setattr(opening_module, "CONNECT_LIMIT", 0.3)
    finished = Event()

    def scans(_: str) -> str:
        finished.wait(0.8)
        return "250 OK"

    server.answer_data = scans
    assert a_delivery(database, server).deliver_due().sent == 1
    assert len(server.received) == 1


def test_a_result_held_through_a_commit_that_fails_for_good_is_written_when_given_back(
    database: Database, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(database, "One", "Two")
    look, failing = rounds.last_looks, [True]

    def fails_for_the_second(
        session: Session, results: Iterable[int], offered: Collection[int], *, owner: str
    ) -> tuple[set[int], dict[int, LastLook]]:
        if 2 in offered and failing:
            raise a_lost_connection()
        return look(session, results, offered, owner=owner)

    monkeypatch.setattr(database_module, "_PAUSES", (0.0,))
    monkeypatch.setattr(rounds, "last_looks", fails_for_the_second)
    with pytest.raises(OperationalError):
        a_delivery(database, server, connections=1).deliver_due()
    assert states(database) == ["sent", "queued"]
    failing.clear()
    assert a_delivery(database, server).deliver_due().sent == 1
    assert len(server.received) == 2


def test_a_result_that_is_no_longer_ours_is_not_counted(database: Database, server: Server) -> None:
    launch(database, "One")

    def taken_meanwhile(_: str) -> str:
        with database.transaction() as session:
            (message,) = the_messages(session)
            message.owner = "another"
            session.add(message)
        return "250 OK"

    server.answer_data = taken_meanwhile
    assert a_delivery(database, server).deliver_due().sent == 0


def test_who_may_sign_again_gets_the_invitation_that_was_held_back(
    database: Database, server: Server
) -> None:
    launch(database, "One")
    _set_role(database, "copied")
    assert a_delivery(database, server).deliver_due().cancelled == 1
    _set_role(database, "signs")
    with database.transaction() as session:
        assert launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW).messages == 1
    assert a_delivery(database, server).deliver_due().sent == 1


def _set_role(database: Database, role: str) -> None:
    with database.transaction() as session:
        contact = session.get_one(Contact, 1)
        contact.role = role
        session.add(contact)


def test_a_pause_leaves_no_words_of_a_server(database: Database, server: Server) -> None:
    launch(database, "One")

    def paused_meanwhile(_: str) -> str:
        with database.transaction() as session:
            pause_campaign(session, slug="visit")
        return "250 OK"

    server.answer_rcpt = paused_meanwhile
    a_delivery(database, server).deliver_due()
    with database.reading() as session:
        (message,) = the_messages(session)
        assert (message.state, message.last_reply, message.lapses) == ("queued", "", 0)
