"""One campaign at the desk: what its page says, and the part that changes while mail goes out."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from outreach.domain.coordinator import Role
from outreach.services.steer_campaign import cancel_campaign, pause_campaign
from outreach.wiring import Outreach
from tests.counting import counting
from tests.crowds import a_crowd
from tests.factories import a_campaign, send_what_is_due
from tests.web.desk.conftest import signed_in
from tests.web.invited import (
    DEADLINE,
    MAIL_DOMAIN,
    NOW,
    STATEMENT,
    Clock,
    an_open_campaign,
    close_and_publish,
    everything_stored,
)

PAGE = "/desk/c/archives"


def test_nobody_sees_it_without_signing_in(client: TestClient, outreach: Outreach) -> None:
    an_open_campaign(outreach.database)
    for path in ("/desk", PAGE, f"{PAGE}/progress", "/desk/c/none"):
        response = client.get(path, follow_redirects=False)
        assert response.status_code == 303
        assert response.headers["location"].startswith("/desk/sign-in?next=")


def test_it_shows_where_the_campaign_stands_and_changes_nothing(
    client: TestClient, outreach: Outreach
) -> None:
    an_open_campaign(outreach.database)
    signed_in(outreach, client, Role.VIEWER)
    before = everything_stored(outreach.database)
    response = client.get(PAGE)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert "Let the archives be opened" in response.text
    assert "No forecast yet" in response.text
    assert "11 days left" in response.text
    assert everything_stored(outreach.database) == before


def test_a_viewer_is_offered_nothing_that_changes(client: TestClient, outreach: Outreach) -> None:
    an_open_campaign(outreach.database)
    signed_in(outreach, client, Role.VIEWER)
    assert "/steer/" not in client.get(PAGE).text
    signed_in(outreach, client, Role.EDITOR)
    page = client.get(PAGE).text
    for step in ("remind", "pause", "extend", "close", "cancel"):
        assert f'href="{PAGE}/steer/{step}"' in page


@pytest.mark.parametrize("slug", ["none", "%00", "a%0ab", "%F0%9F%98%80"])
def test_what_is_not_there_is_not_found(client: TestClient, outreach: Outreach, slug: str) -> None:
    signed_in(outreach, client)
    for path in ("", "/progress", "/organizations", "/steer/pause"):
        assert client.get(f"/desk/c/{slug}{path}").status_code == 404


def test_a_draft_leads_to_its_setup(client: TestClient, outreach: Outreach) -> None:
    with outreach.database.transaction() as session:
        a_campaign(session, slug="draft")
    signed_in(outreach, client)
    response = client.get("/desk/c/draft", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/desk/c/draft/setup")


def test_the_part_asks_for_itself_only_while_mail_is_due(
    client: TestClient, outreach: Outreach
) -> None:
    an_open_campaign(outreach.database)
    signed_in(outreach, client)
    part = client.get(f"{PAGE}/progress").text
    assert 'hx-trigger="every 2s"' in part
    assert "0</strong> of 4 sent, 4 to go" in part
    assert "<html" not in part
    with outreach.database.transaction() as session:
        pause_campaign(session, slug="archives")
    part = client.get(f"{PAGE}/progress").text
    assert "hx-trigger" not in part
    assert "4 held by the pause" in part
    assert "Paused." in client.get(PAGE).text


def test_when_all_is_sent_nothing_asks_any_more(client: TestClient, outreach: Outreach) -> None:
    an_open_campaign(outreach.database)
    signed_in(outreach, client)
    with outreach.database.transaction() as session:
        send_what_is_due(session, now=NOW)
    page = client.get(PAGE).text
    assert "hx-trigger" not in page
    assert "4</strong> of 4 sent." in page


def test_a_page_that_a_server_paused_says_what_to_do(
    client: TestClient, outreach: Outreach
) -> None:
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        campaign = pause_campaign(session, slug="archives")
        campaign.pause_reason = "535 <b>authentication</b> failed"
        session.add(campaign)
    signed_in(outreach, client)
    for path in (PAGE, "/desk"):
        page = client.get(path).text
        assert "535 &lt;b&gt;authentication&lt;/b&gt; failed" in page


def test_every_state_has_a_page(client: TestClient, outreach: Outreach, clock: Clock) -> None:
    for slug in ("closed", "cancelled"):
        an_open_campaign(outreach.database, slug=slug)
    with outreach.database.transaction() as session:
        cancel_campaign(session, slug="cancelled")
    clock.now = DEADLINE + timedelta(hours=1)
    signed_in(outreach, client)
    assert "the list closes in a moment" in client.get("/desk/c/closed").text
    close_and_publish(outreach.database, slug="closed", now=clock.now)
    page = client.get("/desk/c/closed").text
    assert 'href="/s/closed"' in page
    assert "/steer/" not in page
    assert client.get("/desk/c/cancelled").status_code == 200


def test_the_desk_lists_what_runs_and_what_is_over(client: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, client)
    empty = client.get("/desk").text
    assert "No campaign yet" in empty
    assert 'href="/desk/new"' in empty
    an_open_campaign(outreach.database)
    an_open_campaign(outreach.database, slug="gone")
    with outreach.database.transaction() as session:
        cancel_campaign(session, slug="gone")
    page = client.get("/desk").text
    running, _, archive = page.partition("Archive</h2>")
    assert "/desk/c/archives" in running
    assert "/desk/c/gone" in archive
    assert "/desk/c/gone" not in running


@pytest.mark.parametrize("path", ["", "/progress", "/organizations", "/organizations?q=ada"])
def test_pages_ask_as_little_for_5000_organizations_as_for_50(
    client: TestClient, outreach: Outreach, path: str
) -> None:
    signed_in(outreach, client)
    counts = {}
    for many in (50, 5_000):
        with outreach.database.transaction() as session:
            a_crowd(
                session,
                source=STATEMENT,
                slug=f"of-{many}",
                many=many,
                deadline=DEADLINE,
                mail_domain=MAIL_DOMAIN,
                now=NOW,
            )
        with counting(outreach.database) as asked:
            response = client.get(f"/desk/c/of-{many}{path}")
            assert response.status_code == 200
        counts[many] = asked.many
    assert counts[50] == counts[5_000] <= 32
