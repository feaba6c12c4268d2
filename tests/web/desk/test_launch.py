"""From a new draft to a launched campaign, over HTTP."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.demo.sample import sample_partners, sample_statement
from outreach.domain.coordinator import Role
from outreach.store.campaigns import find_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.tables import Message
from outreach.web.app import create_app
from outreach.web.desk.access import Visitor
from outreach.wiring import Outreach
from tests.web.desk.conftest import post, signed_in
from tests.web.desk.wizard import (
    FIELDS,
    SLUG_OF_FIELDS,
    a_draft,
    choose_deadline,
    take_list,
    words_of,
)
from tests.web.invited import NOW, Clock, CountingBell, an_outreach

ONE = b"organization,email\nArchive Watch,ida@archive-watch.example\n"
TWO = ONE + b"Taiwan Memory,lin@memory.example\n"


def test_the_sample_is_launched_to_all_of_its_people(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    day = (NOW + timedelta(days=20)).date()
    at = a_draft(client, visitor, text=sample_statement(deadline_day=day))
    choose_deadline(client, visitor, at)
    take_list(client, visitor, at, sample_partners())
    page = words_of(client.get(f"{at}/launch").text)
    assert "50 people of 47 organizations" in page
    answer = post(client, f"{at}/launch", visitor, expected="50", sure="yes")
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].endswith("?done=launched")
    with outreach.database.reading() as session:
        assert len(session.exec(select(Message)).all()) == 50
        actions = [one.action for one in session.exec(select(Activity))]
    assert actions[-1] == "campaign.launch"
    assert isinstance(outreach.bell, CountingBell)
    assert outreach.bell.rung == 1


def test_without_the_tick_nobody_is_mailed(outreach: Outreach, client: TestClient) -> None:
    visitor, at = _ready(client, outreach, ONE)
    answer = post(client, f"{at}/launch", visitor, expected="1")
    assert answer.status_code == 422
    assert "Please tick this first" in answer.text
    assert _messages(outreach) == 0


def test_a_list_that_grew_meanwhile_is_shown_again(outreach: Outreach, client: TestClient) -> None:
    visitor, at = _ready(client, outreach, TWO)
    answer = post(client, f"{at}/launch", visitor, expected="1", sure="yes")
    assert answer.status_code == 409
    assert "2 people would be mailed now, not 1" in answer.text
    assert _messages(outreach) == 0


def test_a_deadline_that_nobody_chose_keeps_it_from_being_launched(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    take_list(client, visitor, at, ONE)
    assert "It cannot be launched yet" in client.get(f"{at}/launch").text
    answer = post(client, f"{at}/launch", visitor, expected="1", sure="yes")
    assert answer.status_code == 409
    assert _messages(outreach) == 0


def test_those_added_later_are_invited_from_the_same_page(
    outreach: Outreach, client: TestClient
) -> None:
    visitor, at = _ready(client, outreach, ONE)
    post(client, f"{at}/launch", visitor, expected="1", sure="yes")
    take_list(client, visitor, at, TWO)
    assert "1 person of 1 organization" in words_of(client.get(f"{at}/launch").text)
    answer = post(client, f"{at}/launch", visitor, expected="1", sure="yes")
    assert answer.status_code == 303, answer.text
    assert _messages(outreach) == 2


def test_a_viewer_sees_every_step_and_changes_none(outreach: Outreach, client: TestClient) -> None:
    _, at = _ready(client, outreach, ONE)
    viewer = signed_in(outreach, client, Role.VIEWER)
    for step in ("", "/statement", "/deadline", "/sender", "/reminders", "/partners", "/wording",
                 "/check", "/launch"):  # fmt: skip
        page = client.get(f"{at}{step}")
        assert page.status_code == 200, step
        assert not re.findall(r'<form method="post" action="[^"]*/setup', page.text), step
    for path in ("/launch", "/deadline", "/statement", "/sender", "/reminders", "/partners/add"):
        assert post(client, f"{at}{path}", viewer, expected="1", sure="yes").status_code == 403
    assert client.get("/desk/new").status_code == 403
    assert post(client, "/desk/new", viewer, **FIELDS).status_code == 403
    assert _messages(outreach) == 0


@pytest.mark.parametrize("step", ["", "/statement", "/check", "/launch", "/partners"])
def test_nobody_outside_learns_which_campaigns_there_are(
    outreach: Outreach, client: TestClient, step: str
) -> None:
    _, at = _ready(client, outreach, ONE)
    client.cookies.clear()
    for slug in (at, "/desk/c/no-such/setup"):
        answer = client.get(f"{slug}{step}", follow_redirects=False)
        assert answer.status_code == 303
        assert "/desk/sign-in" in answer.headers["location"]


def test_a_campaign_that_is_not_there_is_a_page(outreach: Outreach, client: TestClient) -> None:
    signed_in(outreach, client)
    answer = client.get("/desk/c/no-such/setup/launch")
    assert answer.status_code == 404
    assert "There is no page here" in answer.text


def test_the_check_says_what_is_fine_and_what_is_not(
    outreach: Outreach, client: TestClient
) -> None:
    _, at = _ready(client, outreach, TWO)
    page = words_of(client.get(f"{at}/check").text)
    assert "2 people of 2 organizations" in page
    assert "They go to owner@coalition.example" in page


def test_the_outside_is_asked_in_a_part_of_its_own_or_with_the_page(
    database: Database, tmp_path: Path, clock: Clock
) -> None:
    here = an_outreach(database, tmp_path / "home", clock=clock, public_url="http://127.0.0.1:1")
    with TestClient(create_app(here, mailbox=False), base_url="http://127.0.0.1:1") as client:
        _, at = _ready(client, here, ONE)
        part = words_of(client.get(f"{at}/check/outside").text)
        whole = words_of(client.get(f"{at}/check", params={"outside": "yes"}).text)
    assert "Mail is kept in the mailbox of this machine" in part
    assert "only this machine can open the links" in part
    assert "<html" not in part
    assert part in whole


def _ready(client: TestClient, outreach: Outreach, partners: bytes) -> tuple[Visitor, str]:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    choose_deadline(client, visitor, at)
    take_list(client, visitor, at, partners)
    return visitor, at


def _messages(outreach: Outreach) -> int:
    with outreach.database.reading() as session:
        assert find_campaign(session, SLUG_OF_FIELDS) is not None
        return len(session.exec(select(Message)).all())
