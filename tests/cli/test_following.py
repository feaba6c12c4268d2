"""``launch --follow`` and ``status --follow``: what is seen, and that looking changes nothing."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from outreach.cli import following
from outreach.domain.message import MessageState
from outreach.runtime import run_folder
from outreach.services.watch_sending import Pace, look_at_progress
from outreach.store.database import Database
from tests.cli.program import run
from tests.factories import the_messages
from tests.processes import heeding
from tests.waiting import wait_until

NO_WORKER = "No worker shows signs of life on this machine: start `outreach up`."
LATER = datetime(2099, 3, 4, 14, 32, tzinfo=UTC)


class Watch:
    """Stands in for the time module: each pause is a second and lets something happen."""

    def __init__(self) -> None:
        self.now = 0.0
        self.then: list[Callable[[], None]] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if not self.then:
            raise KeyboardInterrupt
        self.then.pop(0)()


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(following, "time", watch)
    return watch


@pytest.fixture
def opened(launched: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{launched / 'outreach.db'}")
    yield database
    database.close()


def put(database: Database, many: int, state: MessageState, **facts: object) -> None:
    """So many of those that are queued and not put off, as they are after an attempt."""
    with database.transaction() as session:
        waiting = [one for one in the_messages(session) if one.state == "queued"]
        for message in [one for one in waiting if not one.last_reply][:many]:
            message.state, message.sent_at = state, datetime.now(UTC)
            message.owner, message.lease_until = "me", LATER
            for name, value in facts.items():
                setattr(message, name, value)
            session.add(message)


def states() -> dict[str, int]:
    found: dict[str, int] = json.loads(run("status", "visit", "--json").out)["messages"][
        "invitation"
    ]
    return found


def test_without_a_terminal_a_line_comes_every_five_seconds_until_all_is_sent(
    opened: Database, watch: Watch
) -> None:
    one = lambda: put(opened, 1, MessageState.SENT)  # noqa: E731
    watch.then = [one] * 20
    shown = run("status", "visit", "--follow")
    assert shown.code == 0, shown.said
    counts = "0 put off, 0 failed, 0 uncertain, 0 cancelled"
    assert shown.out.splitlines() == [
        f"visit: 0 of 20 sent, 0 a second, {counts}.",
        f"visit: 5 of 20 sent, 1 a second, {counts}, 15 seconds left.",
        f"visit: 10 of 20 sent, 1 a second, {counts}, 10 seconds left.",
        f"visit: 15 of 20 sent, 1 a second, {counts}, 5 seconds left.",
        f"visit: 20 of 20 sent, {counts}.",
        "All of it is sent.",
    ]


def test_what_was_put_off_is_not_waited_for_and_its_next_attempt_is_told(
    opened: Database, watch: Watch
) -> None:
    def rest() -> None:
        put(opened, 3, MessageState.QUEUED, last_reply="451 4.7.1 greylisted", due_at=LATER)
        put(opened, 1, MessageState.FAILED)
        put(opened, 2, MessageState.UNCERTAIN)
        put(opened, 4, MessageState.CANCELLED)
        put(opened, 10, MessageState.SENT)

    watch.then = [rest]
    shown = run("campaign", "status", "visit", "--follow")
    assert shown.code == 0, shown.said
    assert "10 of 16 sent, 3 put off, 1 failed, 2 uncertain, 4 cancelled." in shown.out
    assert "3 were put off; next attempt Wed 2099-03-04 15:32 (Europe/Berlin)." in shown.out
    assert shown.out.endswith("Why, and whose they are: outreach status visit\n")


def test_launch_follows_what_it_has_queued(ready: Path, watch: Watch) -> None:
    database = Database(f"sqlite:///{ready / 'outreach.db'}")
    watch.then = [lambda: put(database, 20, MessageState.SENT)]
    shown = run("campaign", "launch", "visit", "--yes", "--follow")
    database.close()
    assert shown.code == 0, shown.said
    for words in ("20 messages queued", "0 of 20 sent", "20 of 20 sent", "All of it is sent."):
        assert words in shown.out
    assert shown.out.endswith("Next: outreach status visit\n")


def test_a_draft_has_nothing_to_watch(ready: Path, watch: Watch) -> None:
    shown = run("status", "visit", "--follow")
    assert shown.code == 0
    assert shown.out.endswith("Nothing is queued: outreach campaign launch visit\n")


def test_ctrl_c_ends_the_view_only(opened: Database, watch: Watch) -> None:
    shown = run("status", "visit", "--follow")  # the watch has nothing to tell: Ctrl-C
    assert shown.code == 0
    assert "the sending goes on: outreach status visit --follow" in shown.out
    assert states() == {"queued": 20}


def nothing() -> None:
    pass


def seconds(many: int) -> list[Callable[[], None]]:
    return [nothing] * many


def test_that_no_worker_lives_is_told_once_nothing_moves(
    opened: Database, watch: Watch, launched: Path
) -> None:
    watch.then = seconds(9)
    assert NO_WORKER in run("status", "visit", "--follow").out
    alive = run_folder(launched) / "worker.alive"
    alive.touch()
    watch.then = seconds(9)
    assert NO_WORKER not in run("status", "visit", "--follow").out
    old = time.time() - 31
    os.utime(alive, (old, old))
    watch.then = seconds(9)
    assert NO_WORKER in run("status", "visit", "--follow").out


def test_a_worker_elsewhere_is_known_by_what_it_sends(opened: Database, watch: Watch) -> None:
    watch.then = [*[lambda: put(opened, 1, MessageState.SENT)] * 12]
    assert NO_WORKER not in run("status", "visit", "--follow").out


def test_a_worker_elsewhere_is_known_by_what_it_has_in_hand(opened: Database, watch: Watch) -> None:
    put(opened, 1, MessageState.SENDING)
    watch.then = seconds(9)
    assert NO_WORKER not in run("status", "visit", "--follow").out


def test_that_nothing_moves_though_a_worker_lives_leads_to_the_doctor(
    opened: Database, watch: Watch, launched: Path
) -> None:
    (run_folder(launched) / "worker.alive").touch()
    watch.then = seconds(58)
    assert "doctor" not in run("status", "visit", "--follow").out
    watch.then = seconds(66)
    assert "seconds: see outreach doctor" in run("status", "visit", "--follow").out


def test_a_pause_is_told_at_once_with_its_reason(opened: Database, watch: Watch) -> None:
    assert run("campaign", "pause", "visit").code == 0
    shown = run("status", "visit", "--follow").out
    assert "Paused. Go on with: outreach campaign resume visit" in shown
    assert "a second" not in shown


def test_mail_that_is_held_is_told(
    opened: Database, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("MAIL_FROM", "sign@coalition.example")
    assert "Its mail is held" in run("status", "visit", "--follow").out


def test_follow_and_json_exclude_each_other(launched: Path) -> None:
    assert run("status", "visit", "--follow", "--json").code == 2


@pytest.mark.parametrize("width", [50, 80, 160])
def test_the_bar_shows_counts_rate_and_time_left(opened: Database, width: int) -> None:
    pace = Pace()
    for at in (0.0, 4.0):
        with opened.reading() as session:
            look = look_at_progress(session, slug="visit", now=datetime.now(UTC))
        pace.take(look, at=at)
        put(opened, 8, MessageState.SENT)
    with opened.reading() as session:
        look = look_at_progress(session, slug="visit", now=datetime.now(UTC))
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(following._drawn(look, pace, ["A note."]))
    shown = console.export_text()
    assert shown.startswith("visit ━━━")
    assert "16 of 20 sent\n" in shown
    assert "2 a second · 0 put off · 0 failed" in shown
    assert "A note." in shown
    assert max(map(len, shown.splitlines())) <= width


def test_on_a_terminal_it_is_a_bar_and_ctrl_c_leaves_the_sending_alone(
    clean_environment: dict[str, str], launched: Path
) -> None:
    mine, theirs = pty.openpty()
    with heeding(signal.SIGINT):
        process = subprocess.Popen(
            [sys.executable, "-m", "outreach", "status", "visit", "--follow"],
            env={
                **clean_environment,
                "PYTHONPATH": os.fspath(Path(__file__).parent.parent.parent),
                "OUTREACH_HOME": str(launched),
                "TERM": "xterm",
                "COLUMNS": "100",
            },
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
    os.close(theirs)
    os.set_blocking(mine, False)
    shown = bytearray()

    def read(words: str) -> bool:
        with suppress(OSError):  # nothing there yet, or the other end is closed
            shown.extend(os.read(mine, 65536))
        return words.encode() in shown

    try:
        wait_until(lambda: read("0 of 20 sent"), seconds=30, what="the bar")
        process.send_signal(signal.SIGINT)
        wait_until(lambda: read("the sending goes on"), seconds=10, what="the last words")
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
        os.close(mine)
    assert "━━━" in shown.decode()
    assert states() == {"queued": 20}


def test_the_sign_of_life_is_the_one_that_the_worker_renews(
    launched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outreach.cli.assembled import assembled
    from workers.heartbeat import _renew

    outreach = assembled()
    assert not following._worker_is_alive(outreach)
    _renew(launched, "worker.alive")
    assert following._worker_is_alive(outreach)
    monkeypatch.setattr(outreach, "clock", lambda: datetime.now(UTC) + timedelta(seconds=31))
    assert not following._worker_is_alive(outreach)
