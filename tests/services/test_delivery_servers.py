"""Servers that hang up, hang, refuse connections: each mail once, the others go on, it ends."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event, Lock, Thread

import pytest

from outreach.domain.delivery import Share
from outreach.domain.message import MessageKind
from outreach.mail import connection as connection_module
from outreach.mail.target import SmtpTarget
from outreach.services import delivery as delivery_module
from outreach.services.delivery import Delivery
from outreach.services.delivery_report import DeliveryReport
from outreach.store.database import Database
from tests.factories import NOW, sign, the_messages
from tests.mail.raw_server import Script, a_raw_server
from tests.sending import a_delivery, launch, states
from tests.smtp_server import Server, running_smtp_server
from tests.waiting import wait_until


@pytest.fixture
def server() -> Iterator[Server]:
    with running_smtp_server() as running:
        yield running


def _names(many: int) -> list[str]:
    return [f"Organization {number}" for number in range(many)]


class _Counting:
    """Says ``reply`` at every ``nth`` command that begins with ``at``."""

    def __init__(self, at: str, reply: str, *, nth: int) -> None:
        self._at, self._reply, self._nth = at, reply, nth
        self._seen = 0
        self._lock = Lock()

    def __call__(self, command: str) -> str:
        if not command.startswith(self._at):
            return "usual"
        with self._lock:
            self._seen += 1
            return self._reply if self._seen % self._nth == 0 else "usual"


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("reply", ["421 4.3.2 enough for one connection!", ""])
@pytest.mark.parametrize("connections", [1, 4])
def test_a_server_that_has_had_enough_of_a_connection_costs_nobody_an_attempt(
    database: Database, reply: str, connections: int, pipelining: bool
) -> None:
    launch(database, *_names(30))
    script = Script(_Counting("MAIL", reply, nth=6), pipelining=pipelining)
    with a_raw_server(script.serve) as target:
        assert a_delivery(database, target, connections=connections).deliver_due().sent == 30
    assert Counter(Counter(script.taken).values()) == {1: 30}
    with database.reading() as session:
        assert {(one.attempts, one.lapses) for one in the_messages(session)} == {(0, 0)}


@pytest.mark.parametrize("at", ["RCPT", "DATA"])
@pytest.mark.parametrize("reply", ["421 4.3.2 closing!", "", "451 4.3.0 later"])
def test_who_was_being_spoken_of_is_put_off_and_all_others_get_theirs(
    database: Database, at: str, reply: str
) -> None:
    launch(database, *_names(12))
    script = Script(_Counting(at, reply, nth=5))
    with a_raw_server(script.serve) as target:
        report = a_delivery(database, target, connections=2).deliver_due()
    assert report.sent + report.deferred == 12
    assert 1 <= report.deferred <= 3
    assert Counter(script.taken).most_common(1)[0][1] == 1
    assert len(script.taken) == report.sent


@pytest.mark.parametrize(("reply", "doubt"), [("", 1), ("421 4.3.2 closing!", 0), ("what", 1)])
def test_a_body_without_its_reply_is_in_doubt_and_the_next_in_the_pipeline_is_not(
    database: Database, reply: str, doubt: int
) -> None:
    launch(database, *_names(9))
    script = Script(_Counting("BODY", reply, nth=5))
    with a_raw_server(script.serve) as target:
        report = a_delivery(database, target, connections=2).deliver_due()
    assert (report.sent, report.uncertain, report.deferred) == (8, doubt, 1 - doubt)
    assert len(set(script.taken)) == len(script.taken) == 8


def _ends(delivery: Delivery, *, within: float = 5) -> DeliveryReport | None:
    """What it reports; None where it would go on for ever."""
    reports: list[DeliveryReport] = []
    thread = Thread(target=lambda: reports.append(delivery.deliver_due()))
    thread.start()
    thread.join(within)
    return reports[0] if reports else None


@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize(
    ("at", "reply"),
    [("MAIL", ""), ("MAIL", "421 x!"), ("MAIL", "what"), ("ehlo", ""), ("CONNECT", "")],
)
def test_a_server_that_always_hangs_up_is_left_after_a_few_tries(
    database: Database, at: str, reply: str, connections: int
) -> None:
    launch(database, *_names(5))
    enough = Event()
    script = Script(_Counting(at, reply, nth=1))
    with a_raw_server(script.serve) as target:
        report = _ends(
            a_delivery(database, target, connections=connections, should_stop=enough.is_set)
        )
        enough.set()
        tries = script.connections
    assert report is not None
    assert report.unreachable
    assert tries <= 3 * connections + 10
    assert states(database) == ["queued"] * 5
    with database.reading() as session:
        tried = {one.due_at - NOW for one in the_messages(session)[: 2 * connections]}
        assert tried == {timedelta(seconds=30)}


@pytest.mark.parametrize("quiet", [0.0005, 0.2])
def test_a_server_that_hangs_up_on_giving_its_leave_is_left_too(
    database: Database, monkeypatch: pytest.MonkeyPatch, quiet: float
) -> None:
    """Whether it is noticed before the body goes out, and nothing is in doubt, or after."""
    monkeypatch.setattr(delivery_module, "_QUIET", quiet)
    launch(database, *_names(5))
    enough = Event()
    script = Script(_Counting("DATA", "354 go on!", nth=1))
    with a_raw_server(script.serve) as target:
        report = _ends(
            a_delivery(database, target, connections=2, should_stop=enough.is_set), within=20
        )
        enough.set()
        tries = script.connections
    assert report is not None
    assert report.uncertain == 5 or report.unreachable
    assert tries <= 16


def test_one_that_hangs_is_left_in_its_time_though_the_others_go_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(database, *_names(120))
    monkeypatch.setattr(connection_module, "COMMAND_LIMIT", 0.2)
    ends, pace = Event(), Event()
    taken_when_left: list[int] = []
    script = Script()

    def answer(command: str) -> str:
        if command.startswith("RCPT") and "@organization0." in command:
            ends.wait(10)
            return ""
        if command.startswith("BODY"):
            pace.wait(0.03)
            if not taken_when_left and states(database)[0] == "queued":
                taken_when_left.append(len(script.taken))
        return "usual"

    script.answer = answer
    with a_raw_server(script.serve) as target:
        report = a_delivery(database, target, connections=3).deliver_due()
        ends.set()
    assert (report.sent, report.deferred) == (119, 1)
    assert taken_when_left
    assert taken_when_left[0] < 90


def test_one_that_hangs_after_its_body_holds_no_other_than_the_next_on_its_connection(
    database: Database,
) -> None:
    launch(database, *_names(40))
    ends = Event()

    def answer(command: str) -> str:
        if command.startswith("BODY") and "@organization0." in command:
            ends.wait(10)
        return "usual"

    script = Script(answer)
    with a_raw_server(script.serve) as target:
        thread = Thread(target=a_delivery(database, target, connections=3).deliver_due)
        thread.start()
        wait_until(lambda: states(database).count("sent") == 38, what="the others")
        assert states(database)[0] == "sending"
        ends.set()
        thread.join(5)
    assert Counter(states(database)) == {"sent": 40}


def test_a_server_that_takes_three_connections_gets_all_over_three(database: Database) -> None:
    launch(database, *_names(40))
    lock, open_now, most = Lock(), [0], [0]
    script = Script()

    def narrow(serve: Callable[..., None]) -> Callable[..., None]:
        def attend(connection: object) -> None:
            with lock:
                open_now[0] += 1
                taken = open_now[0] <= 3
                most[0] += not taken
            try:
                if taken:
                    serve(connection)
                else:
                    connection.sendall(b"421 4.7.0 too many connections\r\n")  # type: ignore[attr-defined]
            finally:
                with lock:
                    open_now[0] -= 1

        return attend

    with a_raw_server(narrow(script.serve)) as target:
        report = a_delivery(database, target, connections=8).deliver_due()
    assert (report.sent, report.unreachable) == (40, "")
    assert len(set(script.taken)) == 40
    assert most[0] <= 16


def test_receipts_go_out_while_a_bulk_is_stuck(database: Database, server: Server) -> None:
    launch(database, *_names(5))
    stuck, ends = Event(), Event()

    def answer(command: str) -> str:
        if command.startswith("BODY"):
            stuck.set()
            ends.wait(10)
        return "usual"

    with a_raw_server(Script(answer).serve) as target:
        bulk = Thread(
            target=a_delivery(database, target, connections=2, share=Share.BULK).deliver_due
        )
        bulk.start()
        assert stuck.wait(5)
        with database.transaction() as session:
            sign(session, "Organization 4")
        answers = a_delivery(database, server, connections=1, share=Share.ANSWERS)
        assert answers.deliver_due().sent == 1
        assert str(server.received[0].message["Subject"]).startswith("Receipt")
        with database.reading() as session:
            assert [one.state for one in the_messages(session, kind=MessageKind.RECEIPT)] == [
                "sent"
            ]
        ends.set()
        bulk.join(5)


def test_nothing_due_opens_no_connection(database: Database, server: Server) -> None:
    assert a_delivery(database, server).deliver_due() == DeliveryReport()
    assert a_delivery(database, server, share=Share.ANSWERS).deliver_due() == DeliveryReport()
    assert server.connections == 0


def test_one_mail_opens_one_connection(database: Database, server: Server) -> None:
    launch(database, "One")
    assert a_delivery(database, server, connections=8).deliver_due().sent == 1
    assert server.connections == 1


def test_unreachable_each_is_due_again_soon_and_no_attempt_is_counted(database: Database) -> None:
    launch(database, *_names(20))
    report = a_delivery(database, SmtpTarget("smtp", "127.0.0.1", 1), connections=8).deliver_due()
    assert "refused the connection" in report.unreachable
    with database.reading() as session:
        rows = {(one.state, one.due_at - NOW, one.attempts) for one in the_messages(session)}
        assert rows <= {("queued", timedelta(seconds=30), 0), ("queued", timedelta(0), 0)}
        assert ("queued", timedelta(seconds=30), 0) in rows
