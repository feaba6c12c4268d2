"""One sender, many connections, one commit for all of them: no body before its mark is durable."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from outreach.domain.campaign import CampaignState
from outreach.domain.message import MessageState
from outreach.services import delivery as delivery_module
from outreach.services.settle_round import BODY_LEASE, Round, Settled, settle_round
from outreach.services.steer_campaign import pause_campaign, resume_campaign
from outreach.services.sweep import sweep
from outreach.store import campaigns
from outreach.store.claims import claim_due
from outreach.store.database import Database
from outreach.store.tables import Contact, Message
from tests.factories import DOMAIN, NOW, the_messages
from tests.mail.raw_server import Script, a_raw_server
from tests.sending import a_delivery, launch, states
from tests.smtp_server import Server, running_smtp_server


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round waits for all who answer, however busy the machine that tests."""
    monkeypatch.setattr(delivery_module, "_QUIET", 1.0)


def _names(many: int) -> list[str]:
    return [f"Organization {number}" for number in range(many)]


def _rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages each commit of a round was about, one way or the other."""
    counted: list[int] = []

    def counting(session: Session, due: Round, **facts: Any) -> Settled:
        counted.append(len(due.offered))
        return settle_round(session, due, **facts)

    monkeypatch.setattr(delivery_module, "settle_round", counting)
    return counted


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("pipelining", [True, False])
def test_eight_connections_share_their_commits_and_send_each_mail_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, pipelining: bool
) -> None:
    launch(database, *_names(200))
    rounds = _rounds(monkeypatch)
    progress: list[int] = []
    with running_smtp_server(pipelining=pipelining) as server:
        delivery = a_delivery(database, server, connections=8)
        assert delivery.deliver_due(progress=progress.append).sent == 200
        assert server.connections <= 8
    assert Counter(Counter(server.recipients).values()) == {1: 200}
    assert set(states(database)) == {"sent"}
    assert sum(progress) == 200
    assert sum(rounds) == 200
    assert len(rounds) <= 200 // 8 + 8, rounds


@pytest.mark.usefixtures("patient")
def test_with_a_window_a_commit_serves_so_many_more(
    database: Database, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(database, *_names(120))
    rounds = _rounds(monkeypatch)
    assert a_delivery(database, server, connections=4, window=5).deliver_due().sent == 120
    assert Counter(Counter(server.recipients).values()) == {1: 120}
    assert sum(rounds) == 120
    assert len(rounds) <= 120 // (4 * 5) + 8, rounds


def _marked(database: Database) -> dict[str, Message]:
    """The rows whose mark has no result yet, by recipient."""
    with database.reading() as session:
        query = (
            select(Contact.email, Message)
            .join(Contact, col(Contact.id) == col(Message.contact_id))
            .where(col(Message.state) == MessageState.SENDING, col(Message.data_at).is_not(None))
        )
        return dict(session.exec(query).all())


@pytest.mark.parametrize(("connections", "window"), [(1, 1), (4, 1), (4, 3)])
def test_at_every_body_its_row_is_marked_and_so_are_no_more_than_may_be_in_doubt(
    database: Database, server: Server, connections: int, window: int
) -> None:
    launch(database, *_names(40))
    unmarked, most = [], [0]

    def looks(address: str) -> str:
        marked = _marked(database)
        most[0] = max(most[0], len(marked))
        if address not in marked:
            unmarked.append(address)
        return "250 OK"

    server.answer_data = looks
    delivery = a_delivery(database, server, connections=connections, window=window)
    assert delivery.deliver_due().sent == 40
    assert unmarked == []
    assert 1 <= most[0] <= connections * window


def test_a_body_has_a_quarter_of_an_hour_before_its_sender_counts_as_dead(
    database: Database, server: Server
) -> None:
    """Ten minutes are the server's to answer it (RFC 5321 4.5.3.2.6)."""
    launch(database, "One", "Two", "Three")
    leases, clock = [], [NOW]

    def looks(address: str) -> str:
        row = _marked(database)[address]
        assert row.lease_until is not None
        assert row.data_at is not None
        leases.append(row.lease_until - row.data_at)
        clock[0] += timedelta(minutes=2)
        return "250 OK"

    server.answer_data = looks
    delivery = a_delivery(database, server, connections=1, clock=lambda: clock[0])
    assert delivery.deliver_due().sent == 3
    assert leases == [BODY_LEASE] * 3


@pytest.mark.parametrize("pipelining", [True, False])
def test_no_body_goes_out_before_its_354(database: Database, pipelining: bool) -> None:
    launch(database, *_names(12))
    script = Script(pipelining=pipelining)
    with a_raw_server(script.serve) as target:
        assert a_delivery(database, target, connections=3).deliver_due().sent == 12
    assert script.too_early == []
    assert len(set(script.taken)) == len(script.taken) == 12


def test_a_pause_stops_within_one_message_a_connection_and_resume_sends_the_rest(
    database: Database, server: Server
) -> None:
    launch(database, *_names(100))
    at_pause: list[int] = []

    def paused_meanwhile(_: str) -> str:
        if len(server.received) == 30 and not at_pause:
            with database.transaction() as session:
                pause_campaign(session, slug="visit")
            at_pause.append(len(server.received))
        return "250 OK"

    server.answer_data = paused_meanwhile
    report = a_delivery(database, server, connections=8).deliver_due()
    # The one whose reply carried the pause, and what each connection had in flight.
    assert at_pause[0] < len(server.received) <= at_pause[0] + 8
    assert report.sent == len(server.received)
    counted = Counter(states(database))
    assert counted == {"sent": report.sent, "queued": 100 - report.sent}
    with database.reading() as session:
        assert {one.lapses for one in the_messages(session)} == {0}
    with database.transaction() as session:
        resume_campaign(session, slug="visit")
    rest = a_delivery(database, server, connections=8).deliver_due()
    assert rest.sent == 100 - report.sent
    assert Counter(Counter(server.recipients).values()) == {1: 100}


def test_a_pause_with_a_window_stops_within_the_window(database: Database, server: Server) -> None:
    launch(database, *_names(80))

    def paused_meanwhile(_: str) -> str:
        if len(server.received) == 20:
            with database.transaction() as session:
                if campaigns.require_campaign(session, "visit").state == CampaignState.OPEN:
                    pause_campaign(session, slug="visit")
        return "250 OK"

    server.answer_data = paused_meanwhile
    report = a_delivery(database, server, connections=2, window=5).deliver_due()
    assert 20 < report.sent <= 20 + 2 * 5 + 1
    with database.transaction() as session:
        resume_campaign(session, slug="visit")
    assert a_delivery(database, server, connections=2, window=5).deliver_due().sent == (
        80 - report.sent
    )
    assert Counter(Counter(server.recipients).values()) == {1: 80}


def test_told_to_stop_it_ends_what_has_begun_and_begins_nothing(
    database: Database, server: Server
) -> None:
    launch(database, *_names(60))
    delivery = a_delivery(
        database, server, connections=4, should_stop=lambda: len(server.received) >= 20
    )
    report = delivery.deliver_due()
    assert report.sent == len(server.received) <= 20 + 4
    assert Counter(states(database)) == {"sent": report.sent, "queued": 60 - report.sent}
    assert a_delivery(database, server).deliver_due().sent == 60 - report.sent


def _die_with(database: Database, *organizations: str) -> None:
    """A sender had these in hand and is gone; its lease is over and they wait again."""
    with database.transaction() as session:
        wanted = {message.id for name in organizations for message in the_messages(session, name)}
        for message in the_messages(session):
            message.due_at = NOW if message.id in wanted else NOW + timedelta(hours=1)
            session.add(message)
    with database.transaction() as session:
        lease = timedelta(minutes=5)
        won = claim_due(session, owner="dead", many=99, lease=lease, now=NOW)
        assert len(won) == len(wanted)
    sweep(database, mail_domain=DOMAIN, clock=lambda: NOW + timedelta(minutes=5))


def test_each_whose_sender_died_goes_alone_and_all_go_in_one_call(
    database: Database, server: Server
) -> None:
    launch(database, *_names(8))
    _die_with(database, *_names(8)[:5])
    in_hand: dict[str, int] = {}

    def looks(address: str) -> str:
        with database.reading() as session:
            sending = col(Message.state) == MessageState.SENDING
            in_hand[address] = len(session.exec(select(Message.id).where(sending)).all())
        return "250 OK"

    server.answer_data = looks
    later = NOW + timedelta(hours=2)
    assert a_delivery(database, server, connections=4, now=later).deliver_due().sent == 8
    lapsed = [many for address, many in in_hand.items() if _number(address) < 5]
    assert lapsed == [1] * 5
    assert [_number(address) for address in server.recipients][-5:] == [0, 1, 2, 3, 4]


def _number(address: str) -> int:
    return int(address.partition("@organization")[2].partition(".")[0])
