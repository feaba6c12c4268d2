"""The activity log's page."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from outreach.domain.notice import NoticeKind
from outreach.services.note_activity import note_activity
from outreach.store.notices import queue_notices
from outreach.web.desk.activity import words_of
from outreach.wiring import Outreach
from tests.factories import a_campaign
from tests.noticing import the_notices
from tests.web.desk.conftest import post, signed_in


def test_what_was_done_is_told_with_name_and_time(client: TestClient, outreach: Outreach) -> None:
    nora = signed_in(outreach, client)
    post(client, "/desk/account", nora, name="Nora Feld", zone="Asia/Taipei")
    page = client.get("/desk/activity").text
    assert "changed their account" in page
    assert "Nora Feld" in page
    assert "17:30" in page, "09:30 UTC, in Taipei"


def test_mails_to_coordinators_that_did_not_arrive_are_said_so(
    client: TestClient, outreach: Outreach
) -> None:
    nora = signed_in(outreach, client)
    assert "to coordinators" not in client.get("/desk/activity").text
    with outreach.database.transaction() as session:
        now = outreach.clock()
        queue_notices(session, [nora.coordinator_id], NoticeKind.DIGEST, key="2026-11-20", now=now)
        the_notices(session)[0].state = "failed"
    page = client.get("/desk/activity").text
    assert "1 mail to coordinators" in page
    assert "Nora Feld" in page.split("1 mail to coordinators")[1]


def test_it_is_filtered_and_paged(client: TestClient, outreach: Outreach) -> None:
    nora = signed_in(outreach, client)
    with outreach.database.transaction() as session:
        campaign = a_campaign(session)
        for number in range(60):
            note_activity(
                session,
                by=nora.actor,
                action="note.add",
                campaign_id=campaign.id if number < 55 else None,
                detail=f"detail {number}.",
                now=outreach.clock() + timedelta(minutes=number),
            )
    page = client.get(f"/desk/activity?campaign=visit&person={nora.coordinator_id}").text
    assert "detail 54." in page
    assert "detail 59." not in page
    assert "Page 1 of 2" in page
    second = client.get(f"/desk/activity?campaign=visit&person={nora.coordinator_id}&page=2").text
    assert "detail 0." in second
    assert "detail 54." not in second


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "person=x",
        "person=1e9",
        "campaign=%00",
        "page=99999999999999999999",
    ],
)
def test_what_cannot_be_read_does_no_harm(
    client: TestClient, outreach: Outreach, query: str
) -> None:
    signed_in(outreach, client)
    assert client.get(f"/desk/activity?{query}").status_code == 200


def test_nothing_yet_is_said_so(client: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, client)
    assert "Nothing yet" in client.get("/desk/activity").text


def test_an_action_without_words_is_said_by_its_own() -> None:
    assert words_of("account.sign_in") == "signed in"
    assert words_of("reminder.send_now") == "reminder: send now"
