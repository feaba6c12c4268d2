"""A web application on an empty database, its clock set by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from outreach.store.database import Database
from outreach.web.app import create_app
from outreach.wiring import Outreach
from tests.web.invited import Clock, Letter, an_open_campaign, an_outreach, letter_to


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outreach(database: Database, tmp_path: Path, clock: Clock) -> Outreach:
    return an_outreach(database, tmp_path / "home", clock=clock)


@pytest.fixture
def client(outreach: Outreach) -> Iterator[TestClient]:
    with TestClient(create_app(outreach, mailbox=False)) as client:
        yield client


@pytest.fixture
def letter(outreach: Outreach) -> Letter:
    """The mail to Archive Watch, in an open campaign."""
    an_open_campaign(outreach.database)
    return letter_to(outreach, "ida@archive-watch.example")
