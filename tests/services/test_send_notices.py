"""Coordinators' mails over a real SMTP conversation. On both databases."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest

from outreach.domain.message import MAX_LAPSES
from outreach.mail.target import SmtpTarget
from outreach.services.mail_stock import LEASE
from outreach.store import notices, suppressions
from outreach.store.database import Database
from tests.factories import NOW, a_launched_campaign, decline, sign
from tests.noticing import (
    a_coordinator,
    a_notice_sender,
    change_coordinator,
    notice_states,
    the_notices,
)
from tests.racing import race
from tests.smtp_server import Server, running_smtp_server

NORA = "nora@coalition.example"


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


def a_no(database: Database, *emails: str) -> None:
    """An organization has declined, and these are to be told."""
    with database.transaction() as session:
        for email in emails or (NORA,):
            a_coordinator(session, email=email)
        a_launched_campaign(session, "Alpha")
        decline(session, "Alpha")


def test_a_notice_is_sent_recorded_and_not_sent_again(database: Database, server: Server) -> None:
    a_no(database)
    report = a_notice_sender(database, server).send_due()
    assert (report.sent, report.unreachable) == (1, "")
    assert server.recipients == [NORA]
    with database.reading() as session:
        (notice,) = the_notices(session)
        assert (notice.state, notice.sent_at, notice.owner) == ("sent", NOW, None)
        assert notice.data_at == NOW
        assert notice.last_reply == "250 OK"
    assert a_notice_sender(database, server).send_due().sent == 0


def test_many_go_over_one_connection(database: Database, server: Server) -> None:
    a_no(database, *(f"c{number}@coalition.example" for number in range(5)))
    assert a_notice_sender(database, server).send_due().sent == 5
    assert server.connections == 1
    assert len({str(mail.message["Message-ID"]) for mail in server.received}) == 5


@pytest.mark.parametrize("pipelining", [True, False])
def test_before_the_body_the_row_says_so(database: Database, pipelining: bool) -> None:
    a_no(database)
    seen: list[tuple[str, bool]] = []

    def look(_: str) -> str:
        with database.reading() as session:
            (notice,) = the_notices(session)
            seen.append((notice.state, notice.data_at is not None))
        return "250 OK"

    with running_smtp_server(pipelining=pipelining) as server:
        server.answer_rcpt = look
        server.answer_data = look
        a_notice_sender(database, server).send_due()
    assert seen == [("sending", False), ("sending", True)]


@pytest.mark.parametrize(
    ("stage", "reply", "state", "attempts"),
    [
        ("rcpt", "450 4.2.1 mailbox busy", "queued", 1),
        ("data", "451 4.3.0 try again", "queued", 1),
        ("rcpt", "550 5.1.1 no such user", "failed", 0),
        ("data", "554 5.7.1 spam", "failed", 0),
    ],
)
def test_what_a_server_says_decides(
    database: Database, server: Server, stage: str, reply: str, state: str, attempts: int
) -> None:
    a_no(database)
    setattr(server, f"answer_{stage}", lambda _: reply)
    a_notice_sender(database, server).send_due()
    with database.reading() as session:
        (notice,) = the_notices(session)
        assert (notice.state, notice.attempts, notice.last_reply) == (state, attempts, reply)
        assert (notice.due_at > NOW) is (state == "queued")


def test_what_is_put_off_for_days_fails(database: Database, server: Server) -> None:
    a_no(database)
    server.answer_rcpt = lambda _: "450 4.2.1 mailbox busy"
    now, tries = NOW, 0
    while notice_states(database) == ["queued"]:
        tries += a_notice_sender(database, server, now=now).send_due().deferred
        now += timedelta(hours=3)
    assert notice_states(database) == ["failed"]
    assert tries > 20
    assert now - NOW > timedelta(days=4)


def test_one_that_is_refused_keeps_no_other(database: Database, server: Server) -> None:
    a_no(database, "a@coalition.example", "b@coalition.example", "c@coalition.example")
    server.answer_rcpt = lambda to: "550 no" if to.startswith("b@") else "250 OK"
    a_notice_sender(database, server).send_due()
    assert notice_states(database) == ["sent", "failed", "sent"]


def test_without_a_server_everything_waits_and_no_attempt_is_counted(database: Database) -> None:
    a_no(database)
    nobody = SmtpTarget.from_url("smtp://127.0.0.1:9")
    report = a_notice_sender(database, nobody).send_due()
    assert report.unreachable == "the mail server refused the connection"
    with database.reading() as session:
        (notice,) = the_notices(session)
        assert (notice.state, notice.attempts) == ("queued", 0)
        assert notice.due_at == NOW + timedelta(seconds=30)


def test_a_server_that_hangs_up_at_the_envelope_is_tried_twice_then_left(
    database: Database, server: Server
) -> None:
    a_no(database)
    server.answer_mail = lambda _: "421 4.3.2 going down"
    report = a_notice_sender(database, server).send_due()
    assert server.connections == 2
    assert "421" in report.unreachable
    assert notice_states(database) == ["queued"]


def test_a_server_that_hangs_up_after_the_body_leaves_doubt_and_one_flagged_copy(
    database: Database, server: Server
) -> None:
    a_no(database)
    server.answer_data = lambda _: "HANG UP"
    a_notice_sender(database, server).send_due()
    assert notice_states(database) == ["uncertain"]
    for repeated in (1, 0):
        with database.transaction() as session:
            assert notices.repeat_uncertain(session, now=NOW) == repeated
        a_notice_sender(database, server).send_due()
    with database.reading() as session:
        (notice,) = the_notices(session)
        assert (notice.state, notice.repeats) == ("uncertain", 1)


def test_the_copy_has_the_same_message_id(database: Database, server: Server) -> None:
    a_no(database)
    a_notice_sender(database, server).send_due()
    with database.transaction() as session:
        (notice,) = the_notices(session)
        notice.state, notice.sent_at = "uncertain", None
        session.add(notice)
    with database.transaction() as session:
        notices.repeat_uncertain(session, now=NOW)
    a_notice_sender(database, server, now=NOW + timedelta(minutes=9)).send_due()
    first, copy = (str(mail.message["Message-ID"]) for mail in server.received)
    assert first == copy


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("disabled", "the account is closed"),
        ("suppressed", "the address gets no mail: bounced"),
        ("answered", "a later answer took its place"),
    ],
)
def test_what_became_pointless_while_it_waited_is_cancelled_at_the_last_look(
    database: Database, server: Server, change: str, words: str
) -> None:
    a_no(database)

    def changes(_: str) -> str:
        with database.transaction() as session:
            if change == "disabled":
                change_coordinator(session, 1, disabled_at=NOW)
            elif change == "suppressed":
                suppressions.record_suppression(session, NORA, reason="bounced", now=NOW)
            else:
                sign(session, "Alpha", now=NOW)
        return "250 OK"

    server.answer_rcpt = changes
    report = a_notice_sender(database, server).send_due()
    assert (report.sent, report.cancelled, server.received) == (0, 1, [])
    with database.reading() as session:
        (notice,) = the_notices(session)
        assert (notice.state, notice.last_reply) == ("cancelled", words)


def test_one_that_cannot_be_written_fails_and_keeps_no_other(
    database: Database, server: Server
) -> None:
    a_no(database, "bad address@coalition.example", NORA)
    a_notice_sender(database, server).send_due()
    assert notice_states(database) == ["failed", "sent"]
    assert server.recipients == [NORA]


def test_two_senders_at_once_send_each_notice_once(database: Database, server: Server) -> None:
    a_no(database, *(f"c{number}@coalition.example" for number in range(8)))
    race([a_notice_sender(database, server).send_due for _ in range(3)])
    assert sorted(server.recipients) == [f"c{number}@coalition.example" for number in range(8)]
    assert set(notice_states(database)) == {"sent"}


def test_told_to_stop_it_begins_nothing_and_gives_back_what_it_holds(
    database: Database, server: Server
) -> None:
    a_no(database, "a@coalition.example", NORA)
    looks = count()
    sender = a_notice_sender(database, server, should_stop=lambda: next(looks) > 0)
    sender.send_due()
    assert server.received == []
    assert notice_states(database) == ["queued", "queued"]


def test_a_sender_that_wakes_up_late_overwrites_nothing(database: Database, server: Server) -> None:
    a_no(database)

    def stalls(_: str) -> str:
        with database.transaction() as session:  # its lease ran out, and another has it
            (notice,) = the_notices(session)
            notice.owner = "another"
            session.add(notice)
        return "250 OK"

    server.answer_rcpt = stalls
    report = a_notice_sender(database, server).send_due()
    assert (report.sent, server.received) == (0, [])
    with database.reading() as session:
        (notice,) = the_notices(session)
        assert (notice.state, notice.owner, notice.data_at) == ("sending", "another", None)


def test_one_that_takes_its_senders_down_comes_last_and_is_set_aside(database: Database) -> None:
    a_no(database, "a@coalition.example", NORA)
    now: datetime = NOW
    for _ in range(MAX_LAPSES):
        with database.transaction() as session:
            first = notices.claim_next(session, owner="dead", lease=LEASE, now=now)
            assert first is not None
            if first.email == NORA:  # the healthy one
                (_, healthy) = the_notices(session)
                healthy.owner, healthy.state, healthy.lease_until = None, "sent", None
                session.add(healthy)
                first = notices.claim_next(session, owner="dead", lease=LEASE, now=now)
            assert first is not None
            assert first.email == "a@coalition.example"
        now += LEASE
        with database.transaction() as session:
            assert notices.recover_lapsed(session, now=now) == 1
    assert notice_states(database) == ["failed", "sent"]
