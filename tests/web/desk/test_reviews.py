"""Contradicting answers at the desk: how many wait, both side by side, and settled."""

import pytest
from fastapi.testclient import TestClient

from outreach.domain.coordinator import Role
from outreach.store.database import Database
from outreach.wiring import Outreach
from tests.factories import the_invitation
from tests.reviewing import the_reviews
from tests.web.contradicting import contradict
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import an_open_campaign

HERE = "/desk/c/archives"
STORY = f"{HERE}/organizations/1"


@pytest.fixture
def contradicted(outreach: Outreach) -> Database:
    """Ida has signed, Omar has declined."""
    contradict(outreach)
    return outreach.database


def test_the_overview_says_how_many_wait_and_leads_to_both_answers(
    outreach: Outreach, client: TestClient, contradicted: Database
) -> None:
    signed_in(outreach, client, Role.EDITOR)
    assert "1 review waits" in client.get(HERE).text
    for path in (f"{HERE}/reviews", STORY):
        html = client.get(path).text
        assert "Ida Berg" in html
        assert "Omar Haddad" in html
        assert "The board never agreed" in html
        assert "The later one takes its place" in html


@pytest.mark.parametrize(
    ("choice", "state", "words"),
    [
        ("keep", "signed", "The first answer stands"),
        ("replace", "withdrawn", "later answer counts"),
    ],
)
def test_an_editor_settles_it(
    outreach: Outreach,
    client: TestClient,
    contradicted: Database,
    choice: str,
    state: str,
    words: str,
) -> None:
    visitor = signed_in(outreach, client, Role.EDITOR)
    response = post(client, f"{STORY}/reviews/1/{choice}", visitor, note="Ida told me so")
    assert response.status_code == 303
    html = client.get(response.headers["location"]).text
    assert words in html
    assert "Two answers, settled" in html
    assert "Ida told me so" in html
    assert "review waits" not in client.get(HERE).text
    with contradicted.reading() as session:
        assert the_invitation(session, "Archive Watch").state == state


@pytest.mark.parametrize("choice", ["keep", "replace"])
def test_it_says_why_it_is_not_settled(
    outreach: Outreach, client: TestClient, contradicted: Database, choice: str
) -> None:
    visitor = signed_in(outreach, client, Role.EDITOR)
    response = post(client, f"{STORY}/reviews/1/{choice}", visitor)
    assert response.status_code == 409
    assert "say how you know" in response.text
    assert post(client, f"{STORY}/reviews/2/{choice}", visitor, note="So").status_code == 404
    with contradicted.reading() as session:
        assert [one.state for one in the_reviews(session)] == ["waiting"]


def test_a_viewer_sees_it_and_settles_nothing(
    outreach: Outreach, client: TestClient, contradicted: Database
) -> None:
    signed_in(outreach, client, Role.VIEWER)
    html = client.get(f"{HERE}/reviews").text
    assert "An editor or owner settles it." in html
    assert "<textarea" not in html


def test_closing_warns_of_what_waits(
    outreach: Outreach, client: TestClient, contradicted: Database
) -> None:
    signed_in(outreach, client, Role.EDITOR)
    html = client.get(f"{HERE}/steer/close").text
    assert "1 organization has given two answers that nobody has settled" in html


def test_where_nothing_waits_the_page_says_when_something_would(
    outreach: Outreach, client: TestClient
) -> None:
    an_open_campaign(outreach.database)
    signed_in(outreach, client, Role.VIEWER)
    assert "Nothing waits" in client.get(f"{HERE}/reviews").text
    assert "review waits" not in client.get(HERE).text
