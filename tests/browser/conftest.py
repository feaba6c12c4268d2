"""A real browser against a real server. Without chromium these tests fail; they never skip."""

import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, expect, sync_playwright

from outreach.demo.sample import SLUG, sample_partners, sample_statement
from outreach.store.database import Database
from outreach.web.app import create_app
from outreach.wiring import Outreach
from tests.waiting import wait_until
from tests.web.invited import Clock, an_open_campaign, an_outreach

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


expect.set_options(timeout=30_000)  # milliseconds: only a fault waits so long


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Served:
    """The web on a port of its own, with the sample campaign open and its clock set by hand."""

    outreach: Outreach
    clock: Clock
    url: str


@pytest.fixture
def served(sqlite_template: Path, tmp_path: Path) -> Iterator[Served]:
    path = tmp_path / "outreach.db"
    shutil.copy(sqlite_template, path)
    clock = Clock(datetime.now(UTC))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        database = Database(f"sqlite:///{path}")
        outreach = an_outreach(database, tmp_path / "home", clock=clock, public_url=url)
        _open_sample(database, now=clock.now)
        with _Running(outreach, listener):
            yield Served(outreach, clock, url)
        database.close()


def _open_sample(database: Database, *, now: datetime) -> None:
    deadline = (now + timedelta(days=6)).replace(hour=17, minute=0, second=0, microsecond=0)
    an_open_campaign(
        database,
        slug=SLUG,
        source=sample_statement(deadline_day=deadline.date()),
        partners=sample_partners().decode(),
        deadline=deadline,
        now=now,
    )


class _Running:
    """uvicorn in a thread, on a socket that listens already."""

    def __init__(self, outreach: Outreach, listener: socket.socket) -> None:
        app = create_app(outreach, mailbox=True)
        config = uvicorn.Config(app, access_log=False, log_config=None, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )

    def __enter__(self) -> None:
        self._thread.start()
        wait_until(lambda: self._server.started, what="the web")

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
