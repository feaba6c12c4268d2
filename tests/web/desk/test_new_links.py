"""New links for one organization, at the desk."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.domain.coordinator import Role
from outreach.services.steer_campaign import cancel_campaign
from outreach.store.suppressions import record_suppression
from outreach.store.tables import Organization
from outreach.wiring import Outreach
from tests.factories import send_what_is_due, the_messages
from tests.web.browsing import SIGNED, open_answer_page, submit
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import NOW, Letter, everything_stored

ADDRESS = "ida@archive-watch.example"


@pytest.fixture
def page(outreach: Outreach, letter: Letter) -> str:
    """Archive Watch's, which was invited by ``letter``."""
    with outreach.database.transaction() as session:
        send_what_is_due(session, now=NOW)
        (number,) = session.exec(
            select(Organization.id).where(Organization.name == "Archive Watch")
        )
    return f"/desk/c/archives/organizations/{number}"


def test_it_is_sent_once_the_number_is_agreed_to(
    client: TestClient, outreach: Outreach, letter: Letter, page: str
) -> None:
    visitor = signed_in(outreach, client, Role.EDITOR)
    assert f'href="{page}/new-link">Send a new link</a>' in client.get(page).text
    before = everything_stored(outreach.database)
    shown = client.get(f"{page}/new-link").text
    assert "goes out at once to <strong>1 person</strong>" in shown
    assert 'name="expected" value="1"' in shown
    assert post(client, f"{page}/new-link", visitor).status_code == 422
    wrong = post(client, f"{page}/new-link", visitor, expected="2")
    assert wrong.status_code == 409
    assert "1 would be mailed now, not 2 as expected" in wrong.text
    assert everything_stored(outreach.database) == before
    done = post(client, f"{page}/new-link", visitor, expected="1")
    assert done.headers["location"] == f"{page}?done=new-link"
    after = client.get(f"{page}?done=new-link").text
    assert "Their old links have ended." in after
    assert "replaced personal links" in after
    assert outreach.bell.rung == 1  # type: ignore[attr-defined]
    with outreach.database.reading() as session:
        assert [one.kind for one in the_messages(session, "Archive Watch")] == [
            "invitation",
            "reminder",
        ]
    refused = client.get(letter.answer)
    assert refused.status_code == 404
    assert refused.text == client.get("/a/unknown").text


def test_a_page_that_was_open_ends_with_its_link(
    client: TestClient, outreach: Outreach, letter: Letter, page: str
) -> None:
    theirs = open_answer_page(client, letter.answer)
    html = client.get(theirs).text
    visitor = signed_in(outreach, client)
    post(client, f"{page}/new-link", visitor, expected="1")
    token = html.partition('name="form_token" value="')[2].partition('"')[0]
    refused = client.post(f"{theirs}/sign", data={**SIGNED, "form_token": token})
    assert refused.status_code == 404
    assert "This link does not work" in refused.text
    with outreach.database.reading() as session:
        assert not the_messages(session, "Archive Watch", kind="receipt")  # type: ignore[arg-type]


def test_who_has_signed_is_told_by_a_receipt(
    client: TestClient, outreach: Outreach, letter: Letter, page: str
) -> None:
    submit(client, open_answer_page(client, letter.answer), "sign", SIGNED)
    with outreach.database.transaction() as session:
        send_what_is_due(session, now=NOW)
    visitor = signed_in(outreach, client)
    assert "the receipt of their answer, once more" in client.get(f"{page}/new-link").text
    post(client, f"{page}/new-link", visitor, expected="1")
    with outreach.database.reading() as session:
        kinds = [one.kind for one in the_messages(session, "Archive Watch")]
    assert kinds == ["invitation", "receipt", "receipt"]


def test_where_nobody_may_be_mailed_it_says_so_first(
    client: TestClient, outreach: Outreach, letter: Letter, page: str
) -> None:
    with outreach.database.transaction() as session:
        record_suppression(session, ADDRESS, reason="unsubscribed", now=NOW)
    visitor = signed_in(outreach, client)
    shown = client.get(f"{page}/new-link").text
    assert "<strong>Nobody</strong> is mailed" in shown
    assert "1 person loses the old link and gets no mail" in shown
    post(client, f"{page}/new-link", visitor, expected="0")
    assert client.get(letter.answer).status_code == 404


def test_a_cancelled_campaign_has_no_links_to_send(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    with outreach.database.transaction() as session:
        cancel_campaign(session, slug="archives")
    visitor = signed_in(outreach, client)
    assert "Send a new link" not in client.get(page).text
    assert "none of its links works" in client.get(f"{page}/new-link").text
    assert post(client, f"{page}/new-link", visitor, expected="1").status_code == 409


def test_a_viewer_sends_none(client: TestClient, outreach: Outreach, page: str) -> None:
    visitor = signed_in(outreach, client, Role.VIEWER)
    assert "Send a new link" not in client.get(page).text
    assert client.get(f"{page}/new-link").status_code == 403
    assert post(client, f"{page}/new-link", visitor, expected="1").status_code == 403


def test_what_is_not_there_is_not_found(client: TestClient, outreach: Outreach, page: str) -> None:
    visitor = signed_in(outreach, client)
    for there in (page.replace("archives", "none"), f"{page.rpartition('/')[0]}/999999"):
        assert client.get(f"{there}/new-link").status_code == 404
        assert post(client, f"{there}/new-link", visitor, expected="1").status_code == 404
