"""The campaign's page shows when its contacts are erased, before it happens."""

import re
from datetime import timedelta
from html import unescape

from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.domain.coordinator import Role
from outreach.store.tables import Contact
from outreach.wiring import Outreach
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import DEADLINE, Clock, an_open_campaign, close_and_publish

HERE = "/desk/c/archives"


def words_of(html: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", unescape(html)).split())


def test_the_day_is_shown_and_an_owner_keeps_them(
    outreach: Outreach, client: TestClient, clock: Clock
) -> None:
    an_open_campaign(outreach.database)
    clock.now = DEADLINE + timedelta(hours=1)
    visitor = signed_in(outreach, client)
    assert "The contacts" not in client.get(HERE).text
    close_and_publish(outreach.database, now=clock.now)
    page = words_of(client.get(HERE).text)
    assert "They are erased on Monday, 1 March 2027" in page

    kept = post(client, f"{HERE}/contacts/keep", visitor)
    assert (kept.status_code, kept.headers["location"]) == (303, f"{HERE}?done=kept")
    assert "They are kept on purpose." in words_of(client.get(HERE).text)
    assert "keeps the contacts" in client.get("/desk/activity").text
    assert post(client, f"{HERE}/contacts/let-go", visitor).status_code == 303
    assert post(client, f"{HERE}/contacts/whatever", visitor).status_code == 422

    clock.now += timedelta(days=90)
    outreach.sweep()
    visitor = signed_in(outreach, client, email="later@coalition.example")
    page = words_of(client.get(HERE).text)
    assert "were erased on Monday, 1 March 2027" in page
    with outreach.database.reading() as session:
        assert {one.split("@")[1] for one in session.exec(select(Contact.email))} == {
            "erased.invalid"
        }
    assert post(client, f"{HERE}/contacts/keep", visitor).headers["location"] == f"{HERE}?done="


def test_an_editor_sees_the_day_and_decides_nothing(
    outreach: Outreach, client: TestClient, clock: Clock
) -> None:
    an_open_campaign(outreach.database)
    clock.now = DEADLINE + timedelta(hours=1)
    close_and_publish(outreach.database, now=clock.now)
    signed_in(outreach, client, Role.EDITOR)
    html = client.get(HERE).text
    assert "They are erased on" in html
    assert "/contacts/keep" not in html
