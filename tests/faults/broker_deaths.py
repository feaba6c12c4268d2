"""A broker that is killed, emptied or never there: it holds nothing but doorbells."""

import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import redis
from sqlmodel import col, select

from outreach.domain.message import MessageKind
from outreach.services.create_campaign import create_campaign
from outreach.store.database import Database
from outreach.store.tables import Message
from tests.cli.program import STATEMENT
from tests.factories import DOMAIN, a_contact, sign
from tests.faults.checker import check
from tests.faults.running import Place, launch
from tests.faults.servers import MailServer, Taken, aiosmtpd_server
from tests.faults.trial import Ground, Outcome, Trial, judged
from tests.faults.worker import Plan
from tests.waiting import PATIENCE, let_pass, wait_until

_WORKERS = ("worker-1", "worker-2")
_LONGEST_DELAY = 45.0
_ANSWERS_WITHIN = 2.0
_SHA256 = hashlib.sha256(STATEMENT.encode()).hexdigest()


def killed_and_emptied(ground: Ground) -> list[Outcome]:
    """After each loss somebody signs, and nobody hears the bell for the receipt."""
    kills = ground.size(small=2, full=20, given=ground.kills)
    flushes = max(1, kills // 4)
    losses = ["kill"] * kills + ["flush"] * flushes
    ground.chance.shuffle(losses)
    bulk = ground.size(small=150, full=4000, given=ground.messages)
    with (
        aiosmtpd_server(ground.new_folder(), pace=0.1) as server,
        ground.place(smtp_url=server.url, SMTP_CONNECTIONS="2") as place,
    ):
        for name in _WORKERS:
            place.start_worker(name, plan=_plan(ground), wait=False)
        place.start_beat()
        wait_until(
            lambda: all(map(place.is_listening, _WORKERS)), seconds=PATIENCE, what="two workers"
        )
        launch(place.database_url, organizations=bulk)
        place.ring()
        for number, loss in enumerate(losses):
            server.await_count(bulk * (number + 0.3) / len(losses))
            _lose(ground, place, loss, signs=f"Organization {bulk - 1 - number}")
        place.await_end(seconds=120 + bulk * 0.05)
        place.end_workers()
        taken = server.taken()
        finding = check(taken, place.rows())
        delays = _delays_of_receipts(place, taken)
    longest_gap = max(later.at - one.at for one, later in pairwise(taken))
    late = sum(delay > _LONGEST_DELAY for delay in [*delays, longest_gap])
    also = [f"{late} delays are longer"] if late else []
    if len(delays) != len(losses):
        also.append(f"{len(delays)} receipts for {len(losses)} answers")
    return [
        judged(
            "broker-lost",
            finding,
            trials=f"{kills} kills, {flushes} times emptied, {finding.rows} mails",
            bound=f"lost 0, duplicates 0, no delay over {_LONGEST_DELAY:.0f} s",
            most_duplicates=0,
            also=tuple(also),
            delay=max(delays),
            note=f"the time is the longest that a receipt took; {longest_gap:.1f} s was the longest"
            " without any mail",
        )
    ]


def _plan(ground: Ground) -> Plan:
    return ground.plan(silence=3.0 if ground.small else 0.0)


def _lose(ground: Ground, place: Place, loss: str, *, signs: str) -> None:
    """Whatever the broker held is gone, the bell for the receipt with it."""
    database, now = Database(place.database_url), datetime.now(UTC)
    if loss == "kill":
        place.lose_broker()
    with database.transaction() as session:
        sign(session, signs, now=now, statement_sha256=_SHA256)
    database.close()
    if loss == "kill":
        let_pass(0.5 + ground.chance.random() * 2)
        place.start_broker()
    else:
        client = redis.Redis.from_url(place.broker_url)
        client.flushall()
        client.close()


def _delays_of_receipts(place: Place, taken: list[Taken]) -> list[float]:
    arrived = {mail.message_id: mail.at for mail in taken}
    database = Database(place.database_url)
    with database.reading() as session:
        query = select(Message).where(col(Message.kind) == MessageKind.RECEIPT)
        receipts = session.exec(query).all()
    database.close()
    return [arrived[one.message_id] - one.created_at.timestamp() for one in receipts]


def never_there(ground: Ground) -> list[Outcome]:
    """Refusing or, which is worse, silent; no beat either."""
    with _silent_port() as port:
        return [
            _without(ground, "broker-absent: dead", url=""),
            _without(ground, "broker-absent: silent", url=f"redis://127.0.0.1:{port}/0"),
        ]


def _without(ground: Ground, name: str, *, url: str) -> Outcome:
    messages = ground.size(small=20, full=500, given=ground.messages)
    with (
        aiosmtpd_server(ground.new_folder()) as server,
        ground.place(smtp_url=server.url) as place,
    ):
        times = 1 if ground.small else 3
        with_broker = min(_launch_by_command(place, f"with-{n}", 1) for n in range(times))
        place.lose_broker()
        if url:
            place.environment["REDIS_URL"] = url
        without = min(_launch_by_command(place, f"without-{n}", messages) for n in range(times))
        place.start_worker("worker-1", plan=_plan(ground), wait=False)
        messages = times * (messages + 1)
        delay = _await_all(server, place, messages)
        ends = _ends_when_told(place)
        finding = check(server.taken(), place.rows())
    # A small run shares its cores with others, which takes as long as it takes.
    most = _ANSWERS_WITHIN + (2 * with_broker if ground.small else 0)
    also = [f"the launch took {without:.1f} s"] if without > most else []
    if delay > _LONGEST_DELAY:
        also.append(f"sent after {delay:.0f} s")
    if not ends:
        also.append("the worker did not end on SIGTERM")
    return judged(
        name,
        finding,
        trials=f"{messages} mails, no broker and no beat",
        bound=f"all sent within {_LONGEST_DELAY:.0f} s; launching answers in"
        f" {_ANSWERS_WITHIN:.0f} s",
        most_duplicates=0,
        also=tuple(also),
        delay=delay,
        note=f"`outreach campaign launch` took {without:.2f} s, and {with_broker:.2f} s with a"
        " broker",
    )


def _ends_when_told(place: Place) -> bool:
    with suppress(subprocess.TimeoutExpired):
        return place.end("worker-1", within=15) == 0
    return False


def _await_all(server: MailServer, place: Place, messages: int) -> float:
    began = time.monotonic()
    server.await_count(messages, seconds=PATIENCE)
    taken = time.monotonic() - began
    place.await_end(seconds=PATIENCE)
    return taken


def _launch_by_command(place: Place, slug: str, organizations: int) -> float:
    """Seconds that the whole command takes."""
    now = datetime.now(UTC)
    database = Database(place.database_url)
    with database.transaction() as session:
        campaign = create_campaign(
            session,
            source=STATEMENT,
            slug=slug,
            deadline=now + timedelta(days=30),
            zone="Europe/Berlin",
            remind="7d",
            default_reply_to=f"coordinator@{DOMAIN}",
            now=now,
        )
        for number in range(organizations):
            a_contact(session, campaign, organization=f"Organization {number}")
    database.close()
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "outreach", "campaign", "launch", slug, "--yes"],
        env=place.environment | {"OUTREACH_HOME": str(place.folder)},
        cwd=place.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


@contextmanager
def _silent_port() -> Iterator[int]:
    """Takes connections, and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        yield listener.getsockname()[1]


TRIALS = (
    Trial(
        "broker-lost",
        "The broker is killed with all that it held and started again, or emptied, again and again"
        " while two workers send a bulk; each time somebody signs meanwhile, whose receipt is due.",
        killed_and_emptied,
    ),
    Trial(
        "broker-absent",
        "No broker from the worker's start to the end, and no beat: its port refuses, or takes"
        " connections and says nothing. The campaign is launched by the command line.",
        never_there,
    ),
)
