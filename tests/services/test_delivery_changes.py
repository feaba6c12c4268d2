"""What changes while a mail is on its way: it is not sent, or sent as it is true now."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session

from outreach.domain.breaker import MESSAGES_IN_A_ROW
from outreach.domain.message import MessageKind
from outreach.services.steer_campaign import extend_campaign, pause_campaign, resume_campaign
from outreach.services.suppress_contact import suppress
from outreach.store import campaigns
from outreach.store.database import Database
from outreach.store.tables import Contact
from tests.factories import (
    DEADLINE,
    NOW,
    a_launched_campaign,
    decline,
    sign,
    the_link,
    the_messages,
)
from tests.mail.raw_server import Script, a_raw_server
from tests.sending import a_delivery, launch, states
from tests.smtp_server import Server, running_smtp_server


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


def _suppressed(session: Session) -> None:
    suppress(session, link_id=the_link(session, "One").id, now=NOW)


def _gone_by(session: Session) -> None:
    campaign = campaigns.require_campaign(session, "visit")
    campaign.deadline = NOW
    session.add(campaign)


@pytest.mark.parametrize("window", [1, 3])
@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda session: decline(session, "One"), "cancelled"),
        (_suppressed, "cancelled"),
        (_gone_by, "cancelled"),
        (lambda session: pause_campaign(session, slug="visit"), "queued"),
    ],
    ids=["answered", "suppressed", "deadline", "paused"],
)
def test_what_changes_up_to_the_354_keeps_the_body_back_and_no_empty_mail_goes_instead(
    database: Database, change: Callable[[Session], object], state: str, window: int
) -> None:
    launch(database, "One")
    changed: list[bool] = []

    def answer(command: str) -> str:
        if command == "DATA" and not changed:
            changed.append(True)
            with database.transaction() as session:
                change(session)
        return "usual"

    script = Script(answer)
    with a_raw_server(script.serve) as target:
        delivery = a_delivery(database, target, connections=1, window=window)
        report = delivery.deliver_due()
    assert report.cancelled == (state == "cancelled")
    with database.reading() as session:
        (invitation,) = the_messages(session, "One", kind=MessageKind.INVITATION)
        assert invitation.state == state
        assert (invitation.data_at, invitation.owner) == (None, None)
        receipts = the_messages(session, kind=MessageKind.DECLINE_RECEIPT)
    assert len(script.taken) == len(receipts)


def test_the_others_go_on_over_another_connection(database: Database) -> None:
    launch(database, "One", "Two", "Three")

    def answer(command: str) -> str:
        if command.startswith("RCPT") and "@one." in command:
            with database.transaction() as session:
                _suppressed(session)
        return "usual"

    script = Script(answer)
    with a_raw_server(script.serve) as target:
        assert a_delivery(database, target, connections=1).deliver_due().sent == 2
    assert states(database) == ["cancelled", "sent", "sent"]
    assert script.connections == 2


@pytest.mark.parametrize("window", [1, 4])
def test_a_mail_that_names_a_deadline_which_was_moved_is_written_anew(
    database: Database, server: Server, window: int
) -> None:
    launch(database, *[f"Organization {number}" for number in range(12)])

    def extended_after_four(_: str) -> str:
        if len(server.received) == 4:
            server.answer_rcpt = lambda _: "250 OK"
            with database.transaction() as session:
                later = DEADLINE + timedelta(days=7)
                extend_campaign(session, slug="visit", deadline=later, now=NOW)
        return "250 OK"

    server.answer_rcpt = extended_after_four
    assert a_delivery(database, server, connections=2, window=window).deliver_due().sent == 12
    assert len(set(server.recipients)) == len(server.received) == 12
    told = ["25 March 2026" in _text(server, place) for place in range(12)]
    assert told[:4] == [False] * 4
    # What was marked or on its way when the deadline moved says what was true then.
    assert told[4 + 2 * window :] == [True] * (12 - 4 - 2 * window)
    with database.reading() as session:
        assert {(one.lapses, one.attempts) for one in the_messages(session)} == {(0, 0)}


def _text(server: Server, place: int) -> str:
    part = server.received[place].message.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def test_a_refusal_of_us_pauses_the_campaign_with_its_words_and_fails_nothing(
    database: Database, server: Server
) -> None:
    launch(database, *[f"Organization {number}" for number in range(10)])
    words = "554 5.7.1 Relay access denied"
    server.answer_rcpt = lambda _: words
    report = a_delivery(database, server).deliver_due()
    assert report.unreachable == words
    assert report.failed == 0
    with database.reading() as session:
        campaign = campaigns.require_campaign(session, "visit")
        assert campaign.state == "paused"
        assert campaign.pause_reason == f"the mail server refuses us: {words}"
        assert {one.state for one in the_messages(session)} == {"queued"}
    server.answer_rcpt = lambda _: "250 OK"
    later = NOW + timedelta(minutes=5)
    assert a_delivery(database, server, now=later).deliver_due().sent == 0
    with database.transaction() as session:
        resume_campaign(session, slug="visit")
    assert a_delivery(database, server, now=later).deliver_due().sent == 10
    with database.reading() as session:
        assert campaigns.require_campaign(session, "visit").pause_reason == ""


def test_receipts_and_other_campaigns_are_not_paused_with_it(
    database: Database, server: Server
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two")
        a_launched_campaign(session, "Three", "Four", slug="other")
        (message, *_) = the_messages(session)
        address = session.get_one(Contact, message.contact_id).email
    server.answer_rcpt = lambda to: "550 5.7.1 relaying denied" if to == address else "250 OK"
    a_delivery(database, server, connections=1).deliver_due()
    with database.transaction() as session:
        sign(session, "Two")
        sign(session, "Four")
    a_delivery(database, server, now=NOW + timedelta(minutes=5)).deliver_due()
    with database.reading() as session:
        assert campaigns.require_campaign(session, "visit").state == "paused"
        assert campaigns.require_campaign(session, "other").state == "open"
        assert {one.state for one in the_messages(session, kind=MessageKind.RECEIPT)} == {"sent"}
        assert [one.state for one in the_messages(session, "Three")] == ["sent"]


@pytest.mark.parametrize("greeting", ["554 5.7.1 your IP is blocked", "521 no mail service here"])
def test_a_server_that_will_not_have_us_pauses_what_was_to_go(
    database: Database, greeting: str
) -> None:
    launch(database, "One", "Two")
    script = Script(lambda command: greeting if command == "CONNECT" else "usual")
    with a_raw_server(script.serve) as target:
        assert a_delivery(database, target).deliver_due().unreachable == greeting
    with database.reading() as session:
        campaign = campaigns.require_campaign(session, "visit")
        assert (campaign.state, campaign.pause_reason) == ("paused", greeting)
        assert {one.state for one in the_messages(session)} == {"queued"}


def test_content_refused_mail_after_mail_pauses_the_campaign_before_many_are_failed(
    database: Database, server: Server
) -> None:
    launch(database, *[f"Organization {number}" for number in range(30)])
    server.answer_data = lambda _: "554 5.6.0 we do not like what it says"
    report = a_delivery(database, server, connections=1).deliver_due()
    assert report.failed == MESSAGES_IN_A_ROW
    assert states(database).count("queued") == 30 - MESSAGES_IN_A_ROW
    with database.reading() as session:
        campaign = campaigns.require_campaign(session, "visit")
        assert campaign.state == "paused"
        assert campaign.pause_reason.endswith("554 5.6.0 we do not like what it says")


def test_many_connections_fail_no_more_than_what_each_had_in_flight(
    database: Database, server: Server
) -> None:
    launch(database, *[f"Organization {number}" for number in range(60)])
    server.answer_data = lambda _: "554 5.6.0 we do not like what it says"
    report = a_delivery(database, server, connections=8).deliver_due()
    assert MESSAGES_IN_A_ROW <= report.failed <= MESSAGES_IN_A_ROW + 8


def test_one_accepted_in_between_says_that_it_is_not_about_us(
    database: Database, server: Server
) -> None:
    launch(database, *[f"Organization {number}" for number in range(20)])
    said: list[str] = []

    def refuses_four_of_five(_: str) -> str:
        said.append("250 OK" if len(said) % 5 == 4 else "554 5.6.0 no")
        return said[-1]

    server.answer_data = refuses_four_of_five
    report = a_delivery(database, server, connections=1).deliver_due()
    assert (report.sent, report.failed) == (4, 16)


ADDRESS = "jürgen@one.example"


def _to_other_letters(database: Database) -> None:
    launch(database, "One", "Two")
    with database.transaction() as session:
        contact = session.get_one(Contact, the_messages(session, "One")[0].contact_id)
        contact.email = ADDRESS
        session.add(contact)


@pytest.mark.parametrize("pipelining", [True, False])
def test_an_address_outside_ascii_gets_its_mail_where_the_server_has_smtputf8(
    database: Database, pipelining: bool
) -> None:
    _to_other_letters(database)
    with running_smtp_server(smtputf8=True, pipelining=pipelining) as server:
        assert a_delivery(database, server).deliver_due().sent == 2
    (mail,) = [one for one in server.received if ADDRESS in one.recipients]
    assert f"<{ADDRESS}>".encode() in mail.raw.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize("window", [1, 3])
def test_where_it_has_not_that_one_fails_for_good_in_clear_words(
    database: Database, window: int
) -> None:
    _to_other_letters(database)
    said: list[str] = []

    def answer(command: str) -> str:
        said.append(command)
        return "usual"

    with a_raw_server(Script(answer).serve) as target:
        report = a_delivery(database, target, connections=1, window=window).deliver_due()
    assert (report.sent, report.failed) == (1, 1)
    assert len([one for one in said if one.startswith("RCPT")]) == 1
    assert not [one for one in said if not one.isascii()]
    with database.reading() as session:
        message = the_messages(session, "One")[0]
        assert message.state == "failed"
        assert "SMTPUTF8" in message.last_reply
        assert "outside ASCII" in message.last_reply
