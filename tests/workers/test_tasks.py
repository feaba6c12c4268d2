"""Doorbells in earnest: a real broker, real worker and beat processes, a real SMTP server."""

import base64
import json
import signal
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import redis

from outreach.bell import Bell
from outreach.services.webhooks import call_for_test
from outreach.store.database import Database
from tests.api_facts import SOMEBODY, a_webhook
from tests.factories import decline
from tests.noticing import a_coordinator, notice_states
from tests.smtp_server import Server
from tests.waiting import wait_until
from tests.webhook_server import a_receiver
from tests.workers.running import Machine, launch, message_states


def _use(machine: Machine, url: str) -> None:
    machine.environment["DATABASE_URL"] = url


def test_a_ring_delivers_what_is_due_at_once(
    machine: Machine, server: Server, database_url: str
) -> None:
    _use(machine, database_url)
    machine.start_worker()
    launch(database_url, organizations=12)
    Bell(machine.broker_url).ring()
    wait_until(lambda: len(server.received) == 12, seconds=15, what="12 mails")
    wait_until(lambda: message_states(database_url) == {"sent": 12}, what="12 rows sent")
    assert len(set(server.recipients)) == 12
    log = machine.log("worker")
    password = str(urlsplit(machine.broker_url).password)
    for secret in (password, *server.recipients, "coalition.example", "/a/"):
        assert secret not in log


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_webhook_that_does_not_answer_delays_no_mail(
    machine: Machine, server: Server, database_url: str
) -> None:
    _use(machine, database_url)
    machine.environment["WEBHOOK_PRIVATE_NETWORKS"] = "yes"
    machine.environment["SECRET_KEYS"] = "k" * 40
    may_answer = threading.Event()
    with a_receiver() as receiver:

        def wait(_: int) -> tuple[int, bytes]:
            may_answer.wait(20)
            return 204, b""

        receiver.answer = wait
        launch(database_url, organizations=12)
        _queue_calls(database_url, receiver.url, many=3)
        machine.start_worker()
        Bell(machine.broker_url).ring()
        wait_until(lambda: len(receiver.got) == 1, seconds=15, what="the first call")
        wait_until(lambda: message_states(database_url) == {"sent": 12}, what="12 rows sent")
        assert len(receiver.got) == 1
        may_answer.set()
        wait_until(lambda: len(receiver.got) == 3, what="the other calls")
        assert len(set(receiver.ids)) == 3


def _queue_calls(url: str, address: str, *, many: int) -> None:
    database, now = Database(url), datetime.now(UTC)
    with database.transaction() as session:
        webhook, _ = a_webhook(session, url=address)
        for _ in range(many):
            call_for_test(session, webhook_id=webhook, by=SOMEBODY, now=now)
    database.close()


def test_a_broker_killed_and_emptied_loses_no_mail_and_doubles_none(
    machine: Machine, server: Server, database_url: str
) -> None:
    _use(machine, database_url)
    machine.start_worker()
    machine.start_beat()
    bell = Bell(machine.broker_url)
    machine.lose_broker()
    launch(database_url, organizations=12)
    bell.ring()
    assert server.received == []
    machine.start_broker()
    wait_until(lambda: len(server.received) >= 12, seconds=40, what="the next sweep to deliver")
    wait_until(lambda: message_states(database_url) == {"sent": 12}, what="12 rows sent")
    assert len(set(server.recipients)) == len(server.received) == 12
    assert machine.running["worker"].poll() is None
    assert machine.running["beat"].poll() is None


def test_a_hundred_rings_at_once_send_nothing_twice(
    machine: Machine, server: Server, database_url: str
) -> None:
    _use(machine, database_url)
    launch(database_url, organizations=40)
    bell = Bell(machine.broker_url)
    for _ in range(100):
        bell.ring()
    machine.start_worker()
    wait_until(
        lambda: message_states(database_url) == {"sent": 40}, seconds=40, what="40 rows sent"
    )
    assert len(set(server.recipients)) == len(server.received) == 40


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_told_to_stop_a_worker_ends_after_the_mail_in_hand_and_the_next_sends_the_rest(
    machine: Machine, server: Server, database_url: str
) -> None:
    _use(machine, database_url)
    launch(database_url, organizations=12)
    hold = threading.Event()

    def slow(_: str) -> str:
        if len(server.received) >= 2:
            hold.wait(timeout=10)
        return "250 OK"

    server.answer_data = slow
    machine.start_worker()
    Bell(machine.broker_url).ring()
    wait_until(lambda: len(server.received) == 2, seconds=15, what="2 mails")
    machine.running["worker"].send_signal(signal.SIGTERM)
    wait_until(lambda: "Warm shutdown" in machine.log("worker"), what="the signal to be taken")
    hold.set()
    assert machine.stop("worker") == 0
    many = len(server.received)
    assert many < 12
    assert message_states(database_url) == {"sent": many, "queued": 12 - many}
    machine.start_worker()
    Bell(machine.broker_url).ring()
    wait_until(lambda: message_states(database_url) == {"sent": 12}, seconds=15, what="the rest")
    assert len(set(server.recipients)) == len(server.received) == 12


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_told_to_stop_a_worker_ends_after_the_coordinators_mail_in_hand(
    machine: Machine, server: Server, database_url: str
) -> None:
    _use(machine, database_url)
    launch(database_url, organizations=1)
    database, now = Database(database_url), datetime.now(UTC)
    with database.transaction() as session:
        a_coordinator(session)
        decline(session, "Organization 0", now=now)
    begun, hold = threading.Event(), threading.Event()

    def slow(address: str) -> str:
        if address == "nora@coalition.example":
            begun.set()
            hold.wait(timeout=18)
        return "250 OK"

    server.answer_data = slow
    machine.start_worker()
    Bell(machine.broker_url).ring()
    assert begun.wait(15)
    machine.running["worker"].send_signal(signal.SIGTERM)
    wait_until(lambda: "Warm shutdown" in machine.log("worker"), what="the signal to be taken")
    threading.Timer(8, hold.set).start()  # far longer than a worker takes that waits for nothing
    assert machine.stop("worker") == 0
    assert notice_states(database) == ["sent"]
    database.close()


def test_what_beat_puts_in_the_broker_is_empty_and_soon_over(machine: Machine) -> None:
    machine.start_beat()
    with redis.Redis.from_url(machine.broker_url, decode_responses=True) as client:
        wait_until(lambda: client.llen("celery"), seconds=40, what="beat to ring")
        ring = json.loads(client.lindex("celery", 0))
    assert ring["headers"]["task"] == "workers.tasks.sweep"
    args, kwargs, *_ = json.loads(base64.b64decode(ring["body"]))
    assert (args, kwargs) == ([], {})
    assert ring["headers"]["eta"] is None
    expires = datetime.fromisoformat(ring["headers"]["expires"])
    assert expires - datetime.now(UTC) <= timedelta(seconds=5)
    wait_until((machine.home / "run" / "beat.alive").exists, what="beat's sign of life")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_whose_database_is_away_lives_and_goes_on_when_it_is_back(
    machine: Machine, server: Server, database_url: str
) -> None:
    launch(database_url, organizations=3)
    path = machine.home.parent / "outreach.db"
    machine.environment["DATABASE_URL"] = database_url.replace(".db", ".gone/x.db")
    machine.start_worker()
    Bell(machine.broker_url).ring()
    wait_until(lambda: "OperationalError" in machine.log("worker"), what="the failure to be told")
    assert machine.running["worker"].poll() is None
    gone = path.parent / "outreach.gone"
    gone.mkdir()
    path.rename(gone / "x.db")
    Bell(machine.broker_url).ring()
    wait_until(lambda: len(server.received) == 3, seconds=15, what="3 mails")
