"""The pages that many open at once: where they are answered, and what they ask the database."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from fastapi import Request, Response
from fastapi.testclient import TestClient
from sqlalchemy import event

from outreach.store.database import Database
from outreach.web.app import create_app
from outreach.web.direct import glancing
from outreach.web.kept_pages import KEPT_FOR
from outreach.web.site import Site
from outreach.wiring import Outreach
from tests.web.browsing import SIGNED, open_answer_page, submit
from tests.web.invited import DEADLINE, Clock, Letter, an_open_campaign, close_and_publish

WITHDRAW = {"sure": "yes"}


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The queries that reach the database meanwhile, as its driver sees them."""
    asked: list[str] = []

    def note(statement: str) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    def noting(driver: sqlite3.Connection, *_: object) -> None:
        driver.set_trace_callback(note)

    def asking(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        note(statement)

    listening = (
        ("before_cursor_execute", asking) if database.is_postgresql else ("checkout", noting)
    )
    event.listen(database.engine, *listening)
    yield asked
    event.remove(database.engine, *listening)


def test_the_way_to_the_answer_page_takes_one_look_for_each_page(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    with statements(outreach.database) as asked:
        page = open_answer_page(client, letter.answer)
    assert len(asked) == 1
    with statements(outreach.database) as asked:
        assert client.get(page).status_code == 200
    assert len(asked) == 1


@pytest.fixture
def signed(client: TestClient, outreach: Outreach, letter: Letter, clock: Clock) -> str:
    """A published statement with one signatory. Returns that one's page."""
    page = open_answer_page(client, letter.answer)
    submit(client, page, "sign", SIGNED)
    clock.now = DEADLINE - timedelta(minutes=30)
    page = open_answer_page(client, letter.answer)  # a visit that outlasts the deadline
    clock.now = DEADLINE + timedelta(minutes=1)
    close_and_publish(outreach.database, now=clock.now)
    return page


@pytest.mark.usefixtures("signed")
def test_a_kept_page_asks_the_database_nothing(client: TestClient, outreach: Outreach) -> None:
    first = client.get("/s/archives")
    with statements(outreach.database) as asked:
        assert client.get("/s/archives").content == first.content
    assert asked == []


def test_a_withdrawal_shows_at_once_where_it_was_made(client: TestClient, signed: str) -> None:
    assert "Archive Watch" in client.get("/s/archives").text
    assert submit(client, signed, "withdraw", WITHDRAW).status_code == 303
    assert "No organization has signed" in client.get("/s/archives").text


def test_a_withdrawal_elsewhere_shows_within_a_minute(
    client: TestClient, outreach: Outreach, signed: str, clock: Clock
) -> None:
    with TestClient(create_app(outreach, mailbox=False)) as other:
        before = other.get("/s/archives")
        submit(client, signed, "withdraw", WITHDRAW)
        kept_by_browsers = timedelta(seconds=30)
        assert before.headers["cache-control"] == "public, max-age=30"
        assert KEPT_FOR + kept_by_browsers < timedelta(minutes=1)
        clock.now += KEPT_FOR
        assert "No organization has signed" in other.get("/s/archives").text


def test_what_is_not_published_is_not_kept(client: TestClient, outreach: Outreach) -> None:
    an_open_campaign(outreach.database)
    assert client.get("/s/archives").status_code == 404
    close_and_publish(outreach.database, now=DEADLINE)
    assert client.get("/s/archives").status_code == 200


def test_only_sqlite_is_looked_at_within_the_event_loop(outreach: Outreach) -> None:
    seen: list[int] = []

    def look(_site: Site, _request: Request) -> Response:
        seen.append(threading.get_ident())
        return Response("fine")

    app = create_app(outreach, mailbox=False)
    app.router.routes.insert(0, glancing("/look")(look))

    @app.get("/loop")
    async def loop() -> None:
        seen.append(threading.get_ident())

    with TestClient(app) as client:
        assert client.get("/loop").status_code == 200
        assert client.get("/look").text == "fine"
        assert client.head("/look").status_code == 200
        assert client.post("/look").status_code == 405
    assert (seen[0] == seen[1]) is not outreach.database.is_postgresql
