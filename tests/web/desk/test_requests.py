"""The open door at the desk: opened, and requests admitted or refused, singly or many."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.domain.coordinator import Role
from outreach.store.database import Database
from outreach.store.join_tables import JoinRequest
from outreach.store.tables import Campaign, Organization
from outreach.wiring import Outreach
from tests.joining import states, three_who_ask
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import NOW, an_open_campaign

HERE = "/desk/c/archives/requests"


@pytest.fixture
def campaign(outreach: Outreach) -> Database:
    an_open_campaign(outreach.database)
    return outreach.database


def asked(database: Database) -> list[int]:
    with database.transaction() as session:
        return three_who_ask(session, slug="archives", known="Archive Watch", now=NOW)


def states_of(database: Database) -> list[Any]:
    with database.reading() as session:
        return states(session)


def test_the_door_is_opened_and_shut(
    outreach: Outreach, client: TestClient, campaign: Database
) -> None:
    visitor = signed_in(outreach, client, Role.EDITOR)
    assert "Open the door" in client.get(HERE).text
    assert post(client, "/desk/c/archives/door/open", visitor).headers["location"].endswith("=open")
    html = client.get(HERE).text
    assert "http://testserver/join/archives" in html
    assert client.get("/join/archives").status_code == 200
    post(client, "/desk/c/archives/door/shut", visitor)
    with campaign.reading() as session:
        assert not session.exec(select(Campaign.open_door)).one()


def test_who_asks_is_on_the_overview(
    outreach: Outreach, client: TestClient, campaign: Database
) -> None:
    asked(campaign)
    signed_in(outreach, client, Role.VIEWER)
    assert "3 organizations ask to join" in client.get("/desk/c/archives").text
    html = client.get(HERE).text
    assert "bea@beta.example" in html
    assert "the same name" in html
    assert "Admit" not in html  # a viewer only looks


def test_many_are_admitted_after_the_exact_number_is_shown(
    outreach: Outreach, client: TestClient, campaign: Database
) -> None:
    ids = asked(campaign)
    visitor = signed_in(outreach, client, Role.EDITOR)
    shown = post(client, f"{HERE}/admit", visitor, request=ids)
    assert shown.status_code == 200
    assert "Admit and invite 2 people" in shown.text
    assert "the campaign has an organization of this name" in shown.text
    assert states_of(campaign) == ["waiting"] * 3
    wrong = post(client, f"{HERE}/admit", visitor, request=ids[:2], expected=3)
    assert wrong.status_code == 409
    done = post(client, f"{HERE}/admit", visitor, request=ids[:2], expected=2)
    assert done.headers["location"] == f"{HERE}?done=admitted"
    assert states_of(campaign) == ["admitted", "admitted", "waiting"]


def test_one_is_admitted_as_a_contact_of_whom_it_is(
    outreach: Outreach, client: TestClient, campaign: Database
) -> None:
    ids = asked(campaign)
    visitor = signed_in(outreach, client, Role.EDITOR)
    done = post(client, f"{HERE}/{ids[2]}/contact", visitor, organization=1)
    assert done.headers["location"] == f"{HERE}?done=contact"
    again = post(client, f"{HERE}/{ids[2]}/contact", visitor, organization=1)
    assert again.status_code == 409
    with campaign.reading() as session:
        kept = session.get_one(JoinRequest, ids[2])
        assert (kept.state, kept.organization_id) == ("admitted", 1)
        assert len(session.exec(select(Organization)).all()) == 4


def test_refused_ones_stay_listed_and_can_be_admitted_after_all(
    outreach: Outreach, client: TestClient, campaign: Database
) -> None:
    ids = asked(campaign)
    visitor = signed_in(outreach, client, Role.EDITOR)
    done = post(client, f"{HERE}/refuse", visitor, request=ids[:1])
    assert done.headers["location"] == f"{HERE}?done=refused"
    assert "Admit the chosen after all" in client.get(HERE).text
    post(client, f"{HERE}/admit", visitor, request=ids[:1], expected=1)
    assert states_of(campaign) == ["admitted", "waiting", "waiting"]


def test_without_a_choice_it_says_so(
    outreach: Outreach, client: TestClient, campaign: Database
) -> None:
    asked(campaign)
    visitor = signed_in(outreach, client, Role.EDITOR)
    for act in ("admit", "refuse"):
        answer = post(client, f"{HERE}/{act}", visitor)
        assert answer.status_code == 409
        assert "nobody was chosen" in answer.text
