"""The list of mails and one of them, over HTTP."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from outreach.domain.coordinator import Role
from outreach.links import ANSWER
from outreach.services.suppress_contact import suppress
from outreach.wiring import Outreach
from tests.factories import NOW, a_launched_campaign, send_what_is_due, the_link, the_messages
from tests.keeping import keep
from tests.services.test_list_mails import five_fates
from tests.web.desk.conftest import signed_in
from tests.web.invited import Clock, everything_stored

MAILS = "/desk/c/visit/mails"


@pytest.fixture
def desk(outreach: Outreach, client: TestClient, clock: Clock) -> TestClient:
    """An open campaign whose five mails have met five fates, looked at by an editor."""
    clock.now = NOW
    with outreach.database.transaction() as session:
        five_fates(session)
    signed_in(outreach, client, Role.EDITOR)
    return client


def rows(html: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]+"><bdi dir="auto">([^<]+)', html)


@pytest.mark.parametrize("path", [MAILS, f"{MAILS}/1", f"{MAILS}/1/html"])
def test_nobody_looks_without_signing_in(client: TestClient, path: str) -> None:
    response = client.get(path, follow_redirects=False)
    assert response.status_code == 303
    assert "/desk/sign-in" in response.headers["location"]


def test_a_viewer_sees_all_and_is_offered_nothing(desk: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, desk, Role.VIEWER)
    html = desk.get(f"{MAILS}?show=attention").text
    assert rows(html) == ["Doubt", "Failed"]
    assert "checkbox" not in html
    assert "Send again" not in desk.get(f"{MAILS}/2").text


def test_each_mail_has_words_and_no_codes(desk: TestClient) -> None:
    html = desk.get(MAILS).text
    assert rows(html) == ["Waiting", "Sent", "Put off", "Failed", "Doubt"]
    for words in ("Invitation", "In doubt", "Put off", "once put off", "550 no such user"):
        assert words in html
    assert "uncertain</span>" not in html


def test_the_campaigns_page_leads_to_what_was_put_off_and_to_nothing_else(desk: TestClient) -> None:
    page = desk.get("/desk/c/visit").text
    (link,) = re.findall(r'href="([^"]+)">1 put off', page)
    assert rows(desk.get(link).text) == ["Put off"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("show=attention", ["Doubt", "Failed"]),
        ("show=waiting&state=put_off", ["Put off"]),
        ("q=fail", ["Failed"]),
        ("kind=reminder", []),
        ("show=x&state=x&kind=x&page=x", ["Waiting", "Sent", "Put off", "Failed", "Doubt"]),
        ("page=99", ["Waiting", "Sent", "Put off", "Failed", "Doubt"]),
        ("page=0", ["Waiting", "Sent", "Put off", "Failed", "Doubt"]),
    ],
)
def test_the_address_says_which_mails(desk: TestClient, query: str, names: list[str]) -> None:
    response = desk.get(f"{MAILS}?{query}")
    assert response.status_code == 200
    assert rows(response.text) == names
    assert ("No mail fits" in response.text) is (not names)


def test_an_empty_list_says_what_will_stand_there(
    outreach: Outreach, client: TestClient, clock: Clock
) -> None:
    clock.now = NOW
    with outreach.database.transaction() as session:
        a_launched_campaign(session, "One")
    signed_in(outreach, client)
    assert "Nothing needs you" in client.get(f"{MAILS}?show=attention").text
    assert "Nothing was sent yet" in client.get(f"{MAILS}?show=sent").text


def test_the_number_of_queries_does_not_grow_with_the_mails(
    outreach: Outreach, client: TestClient, clock: Clock
) -> None:
    clock.now = NOW
    with outreach.database.transaction() as session:
        a_launched_campaign(session, *(f"Number {number}" for number in range(60)))
    signed_in(outreach, client)
    statements: list[str] = []
    event.listen(
        outreach.database.engine, "before_cursor_execute", lambda *call: statements.append(call[2])
    )
    counted = []
    for query in ("q=Number+7", "", "page=2"):
        statements.clear()
        assert client.get(f"{MAILS}?{query}").status_code == 200
        counted.append(len(statements))
    assert len(set(counted)) == 1
    assert counted[0] < 10


@pytest.mark.parametrize(
    "path",
    [
        "/desk/c/nowhere/mails",
        "/desk/c/a%00b/mails",
        f"{MAILS}/999",
        f"{MAILS}/99999999999",
        f"{MAILS}/x",
        "/desk/c/nowhere/mails/1",
        f"{MAILS}/999/html",
    ],
)
def test_what_is_not_there_is_not_found(desk: TestClient, path: str) -> None:
    assert desk.get(path).status_code == 404


def test_one_mail_shows_its_headers_its_story_and_what_can_be_done(desk: TestClient) -> None:
    html = desk.get(f"{MAILS}/2").text
    for words in ("Failed", "It failed", "550 no such user", "Send again",
                  "Message-ID", "Change the contact", "/desk/c/visit/organizations/2"):  # fmt: skip
        assert words in html
    assert "Try now" not in html


@pytest.mark.parametrize("view", ["desktop", "phone", "text", "source"])
def test_no_view_shows_a_personal_link_whole(
    desk: TestClient, outreach: Outreach, view: str
) -> None:
    with outreach.database.transaction() as session:
        link_id = the_link(session, "Sent").id
        (message,) = the_messages(session, "Sent")
        keep(session, message, links=outreach.links, public_url=outreach.public_url)
    token = outreach.links.token(link_id, purpose=ANSWER)
    page = desk.get(f"{MAILS}/4?view={view}").text
    frame = desk.get(f"{MAILS}/4/html").text
    assert "Exactly as it was sent" in page
    assert "shortened" in page
    assert f"/a/{token[:6]}..." in frame
    for html in (page, frame):
        assert token[6:] not in html.replace("=\n", "")
        assert link_id not in html.replace("=\n", "")


def test_what_was_not_kept_says_that_it_is_written_again(desk: TestClient) -> None:
    assert "written again from" in desk.get(f"{MAILS}/4").text
    assert "has not gone out" in desk.get(f"{MAILS}/5").text


def test_the_frame_loads_nothing_and_runs_nothing(desk: TestClient) -> None:
    response = desk.get(f"{MAILS}/4/html")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    for rule in ("default-src 'none'", "img-src data:", "form-action 'none'", "base-uri 'none'"):
        assert rule in policy
    assert "script-src" not in policy
    assert "allow-" not in policy
    assert '<base target="_blank">' in response.text
    assert re.search(r"<iframe [^>]*sandbox>", desk.get(f"{MAILS}/4").text)


def test_of_a_mail_sent_twice_each_can_be_looked_at(desk: TestClient, outreach: Outreach) -> None:
    with outreach.database.transaction() as session:
        (message,) = the_messages(session, "Sent")
        keep(session, message, links=outreach.links)
        keep(session, message, now=NOW + timedelta(days=1), links=outreach.links)
    assert "Thu, 05 Mar 2026" in desk.get(f"{MAILS}/4").text
    assert "Wed, 04 Mar 2026" in desk.get(f"{MAILS}/4?copy=0").text
    assert "Thu, 05 Mar 2026" in desk.get(f"{MAILS}/4?copy=99").text
    assert "Sent again" in desk.get(f"{MAILS}/4").text


def test_an_address_without_mail_says_why_and_leads_to_the_list_of_them(
    desk: TestClient, outreach: Outreach
) -> None:
    with outreach.database.transaction() as session:
        suppress(session, link_id=the_link(session, "Failed").id, now=NOW)
    html = desk.get(f"{MAILS}/2").text
    assert "gets no mail: unsubscribed" in html
    assert "/desk/suppressions?q=" in html
    assert 'value="again"' not in html


def test_names_cannot_bring_markup_in(outreach: Outreach, client: TestClient, clock: Clock) -> None:
    clock.now = NOW
    with outreach.database.transaction() as session:
        a_launched_campaign(session, "<img src=x onerror=alert(1)>")
        send_what_is_due(session)
    signed_in(outreach, client)
    for path in (MAILS, f"{MAILS}/1", f"{MAILS}/1?view=text", f"{MAILS}/1?view=source"):
        assert "<img src=x" not in client.get(path).text


def test_looking_changes_nothing(desk: TestClient, outreach: Outreach) -> None:
    before = everything_stored(outreach.database)
    for path in (MAILS, f"{MAILS}/2", f"{MAILS}/2/html", f"{MAILS}/settle?decision=again&m=2"):
        assert desk.get(path).status_code == 200
        desk.head(path)
    assert everything_stored(outreach.database) == before
