"""The chase list's page, without JavaScript and as htmx asks for a row. On both databases."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.domain.coordinator import Role
from outreach.services.ask_again import ask_again
from outreach.services.close_campaign import close_campaign
from outreach.services.steer_campaign import pause_campaign
from outreach.store import chases
from outreach.store.database import Database
from outreach.store.desk_tables import Chase, Note, PageView
from outreach.store.tables import Contact, Organization, Signature, StatementVersion
from outreach.wiring import Outreach
from tests.factories import DOMAIN, defer, send_what_is_due, sign, the_messages
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import MAIL_DOMAIN, NOW, Clock, an_open_campaign

HERE = "/desk/c/archives/chase"
# In the order in which they were imported.
ARCHIVE, COMITE, MARKAZ, TAIWAN = 1, 2, 3, 4


@pytest.fixture
def campaign(outreach: Outreach, clock: Clock) -> Database:
    """Open, every invitation sent, two days ago."""
    an_open_campaign(outreach.database, now=NOW - timedelta(days=2))
    with outreach.database.transaction() as session:
        assert send_what_is_due(session, now=NOW - timedelta(days=2)) == 4
    return outreach.database


def listed(html: str) -> list[str]:
    return [
        unescape(one) for one in re.findall(r'data-case tabindex="-1" aria-label="([^"]*)"', html)
    ]


def row_of(html: str, organization_id: int) -> str:
    found = re.search(rf'<tr id="org-{organization_id}".*?</tr>', html, re.DOTALL)
    assert found
    return unescape(found[0])


def act(client: TestClient, visitor: Any, at: int, action: str, **fields: str) -> Any:
    return post(client, f"{HERE}/{at}/{action}", visitor, **fields)


def by_htmx(client: TestClient, visitor: Any, at: int, action: str, **fields: str) -> Any:
    return client.post(
        f"{HERE}/{at}/{action}",
        data=fields,
        headers={
            "sec-fetch-site": "same-origin",
            "x-form-token": visitor.form_token,
            "hx-request": "true",
        },
        follow_redirects=False,
    )


def test_who_has_not_answered_is_on_the_page_with_why_and_who_is_reached(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    with campaign.transaction() as session:
        session.add(PageView(invitation_id=TAIWAN, contact_id=TAIWAN, at=NOW - timedelta(hours=1)))
    signed_in(outreach, client)
    page = client.get(HERE)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert listed(page.text) == [
        "Taiwan Memory (TM)",
        "Archive Watch",
        "Le Comité des familles",
        "مركز الأرشيف",
    ]
    row = row_of(page.text, TAIWAN)
    assert "A person was at the page and did not answer" in row
    assert "lin@memory.example" in row
    assert "Chinese (Traditional" in row
    assert "Invited, nobody has looked" in row_of(page.text, ARCHIVE)
    assert '<button class="button "' in row


def test_nobody_who_is_not_signed_in_sees_it_and_a_viewer_cannot_change_anything(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    assert client.get(HERE, follow_redirects=False).status_code == 303
    viewer = signed_in(outreach, client, Role.VIEWER)
    page = client.get(HERE).text
    assert "Archive Watch" in page
    assert '<button class="button "' not in row_of(page, ARCHIVE)
    for action in ("remind", "own", "release", "plan", "note"):
        assert act(client, viewer, ARCHIVE, action).status_code == 403
    for path in ("contacts/new", f"contacts/{ARCHIVE}"):
        page_path = f"/desk/c/archives/organizations/{ARCHIVE}/{path}"
        assert client.get(page_path).status_code == 403
        assert post(client, page_path, viewer).status_code == 403
    with campaign.reading() as session:
        assert session.exec(select(Note)).all() == []
        assert session.exec(select(Chase)).all() == []


def test_a_form_without_its_token_does_nothing(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    signed_in(outreach, client)
    answer = client.post(f"{HERE}/{ARCHIVE}/own", headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 403
    with campaign.reading() as session:
        assert session.exec(select(Chase)).all() == []


def test_a_reminder_goes_out_the_bell_rings_and_the_second_is_refused_with_its_reason(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = signed_in(outreach, client)
    answer = act(client, visitor, ARCHIVE, "remind")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{HERE}?done=reminded&on=1#org-1"
    assert outreach.bell.rung == 1  # type: ignore[attr-defined]
    page = client.get(answer.headers["location"]).text
    assert "The reminder goes out now." in row_of(page, ARCHIVE)
    assert "The reminder goes out now." not in row_of(page, COMITE)
    again = act(client, visitor, ARCHIVE, "remind")
    assert again.status_code == 409
    assert "Not done: a mail to it is on its way." in row_of(again.text, ARCHIVE)
    with campaign.reading() as session:
        kinds = [message.kind for message in the_messages(session, "Archive Watch")]
        assert kinds == ["invitation", "reminder"]


def test_a_paused_campaign_says_why_it_does_not_remind(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = signed_in(outreach, client)
    with campaign.transaction() as session:
        pause_campaign(session, slug="archives")
    answer = act(client, visitor, ARCHIVE, "remind")
    assert answer.status_code == 409
    assert "Not done: cannot remind what is paused." in row_of(answer.text, ARCHIVE)


def test_a_call_is_marked_and_signs_nothing(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = signed_in(outreach, client)
    for channel, done in (("call", "Marked: called."), ("message", "Marked: written to.")):
        answer = act(client, visitor, COMITE, "note", channel=channel)
        assert answer.status_code == 303
        page = client.get(answer.headers["location"]).text
        assert done in row_of(page, COMITE)
    row = row_of(page, COMITE)
    assert "Written to by" in row
    assert "Spoken to within a day" in row
    assert listed(page)[-1] == "Le Comité des familles"
    with campaign.reading() as session:
        assert session.exec(select(Signature)).all() == []


def test_one_takes_plans_and_lets_go_and_the_filters_follow(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = signed_in(outreach, client)
    act(client, visitor, MARKAZ, "own")
    act(client, visitor, MARKAZ, "plan", next_step="call Layla", next_on="2026-11-20")
    page = client.get(HERE, params={"show": "mine"}).text
    assert listed(page) == ["مركز الأرشيف"]
    row = row_of(page, MARKAZ)
    assert "Yours" in row
    assert "call Layla" in row
    assert "Due today" in row
    assert listed(client.get(HERE, params={"show": "due"}).text) == ["مركز الأرشيف"]
    assert len(listed(client.get(HERE, params={"show": "nobodys"}).text)) == 3
    assert "Our mail reaches everybody" in client.get(HERE, params={"show": "unreached"}).text
    assert listed(client.get(HERE, params={"show": "nonsense"}).text)[0] == "مركز الأرشيف"
    answer = act(client, visitor, MARKAZ, "release", show="mine", page="1")
    assert answer.headers["location"] == f"{HERE}?show=mine&done=released&on=3#org-3"
    page = client.get(answer.headers["location"]).text
    assert "Nothing is yours" in page
    assert "It is nobody’s now." in row_of(page, MARKAZ)  # apart: it is not on this list any more


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("plan", {"next_step": "x", "next_on": "2026-13-01"}, "give a day, as in 2026-12-01"),
        ("note", {"text": ""}, "write what is to be remembered"),
    ],
)
def test_what_was_typed_wrong_stays_in_the_form_with_what_to_do(
    client: TestClient,
    outreach: Outreach,
    campaign: Database,
    action: str,
    fields: dict[str, str],
    said: str,
) -> None:
    visitor = signed_in(outreach, client)
    answer = act(client, visitor, ARCHIVE, action, **fields)
    assert answer.status_code == 422
    row = row_of(answer.text, ARCHIVE)
    assert said in row
    assert '<details class="more" open>' in row
    assert 'aria-invalid="true"' in row
    if action == "plan":
        assert 'name="next_step"' in row
        assert 'value="x"' in row
    assert said not in row_of(answer.text, COMITE)


def test_htmx_gets_the_row_alone_also_where_it_is_refused(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = signed_in(outreach, client)
    answer = by_htmx(client, visitor, ARCHIVE, "own")
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<tr id="org-1"')
    assert answer.text.count("<tr") == 1
    assert "It is yours now." in answer.text
    by_htmx(client, visitor, ARCHIVE, "remind")
    refused = by_htmx(client, visitor, ARCHIVE, "remind")
    assert refused.status_code == 200
    assert "Not done: a mail to it is on its way." in refused.text
    wrong = by_htmx(client, visitor, ARCHIVE, "note", text="")
    assert "write what is to be remembered" in wrong.text


def test_a_row_that_has_its_answer_says_so_in_its_place(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    from tests.factories import decline

    visitor = signed_in(outreach, client)
    with campaign.transaction() as session:
        decline(session, "Archive Watch", now=NOW)
    answer = by_htmx(client, visitor, ARCHIVE, "note", channel="call")
    assert "has answered meanwhile" in answer.text
    assert listed(client.get(HERE).text) == [
        "Le Comité des familles",
        "مركز الأرشيف",
        "Taiwan Memory (TM)",
    ]


def test_what_is_elsewhere_is_not_found(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = signed_in(outreach, client)
    assert client.get("/desk/c/nowhere/chase").status_code == 404
    assert act(client, visitor, 99, "own").status_code == 404
    for number in ("0", "x", str(2**40)):
        assert post(client, f"{HERE}/{number}/own", visitor).status_code in (404, 422)
        path = f"/desk/c/archives/organizations/{ARCHIVE}/contacts/{number}"
        assert client.get(path).status_code in (404, 422)
    for query in (
        {"page": "x"},
        {"page": "9" * 30},
        {"on": "9" * 30, "done": "owned"},
        {"on": "²"},
    ):
        assert client.get(HERE, params=query).status_code == 200


def test_what_a_person_wrote_is_text_and_nothing_else(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = signed_in(outreach, client)
    with campaign.transaction() as session:
        organization = session.get_one(Organization, ARCHIVE)
        organization.name = '"><script>alert(1)</script>'
        session.add(organization)
    act(client, visitor, ARCHIVE, "note", text="<img src=x onerror=alert(2)>")
    page = client.get(HERE).text
    assert "<script>alert" not in page
    assert "<img" not in page


def test_a_draft_says_that_nobody_is_asked_yet(client: TestClient, outreach: Outreach) -> None:
    from tests.factories import a_campaign

    signed_in(outreach, client)
    with outreach.database.transaction() as session:
        a_campaign(session, slug="draft")
    page = client.get("/desk/c/draft/chase")
    assert page.status_code == 200
    assert "Nobody is asked yet" in page.text


def test_another_address_is_invited_from_the_page_and_comes_back_to_the_row(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = signed_in(outreach, client)
    path = f"/desk/c/archives/organizations/{ARCHIVE}/contacts/{ARCHIVE}"
    page = client.get(path)
    assert page.status_code == 200
    assert 'value="ida@archive-watch.example"' in page.text
    fields = {"name": "Bo Berg", "email": "bo@archive-watch.example"}
    fields |= {"language": "de", "zone": "Europe/Berlin"}
    taken = post(client, path, visitor, **fields | {"email": "lin@memory.example"})
    assert taken.status_code == 422
    assert "The campaign has this address for “Taiwan Memory (TM)”." in unescape(taken.text)
    assert 'value="Bo Berg"' in taken.text
    answer = post(client, path, visitor, **fields)
    assert answer.status_code == 303
    row = row_of(client.get(answer.headers["location"]).text, ARCHIVE)
    assert "The new address is invited now; the old link is dead." in row
    assert "bo@archive-watch.example" in row
    assert "ida@archive-watch.example" not in row
    assert "A mail to them is on its way" in row
    assert outreach.bell.rung == 1  # type: ignore[attr-defined]
    assert client.get(path).status_code == 404  # replaced
    again = post(client, path, visitor, **fields | {"email": "third@archive-watch.example"})
    assert again.status_code == 409
    assert "was changed meanwhile" in again.text


def test_a_new_address_says_whether_a_mail_brings_it_a_link_once_the_list_is_closed(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    with campaign.transaction() as session:
        sha256 = session.exec(select(StatementVersion.sha256)).one()
        sign(session, "Archive Watch", now=NOW, statement_sha256=sha256)
        close_campaign(session, slug="archives", mail_domain=MAIL_DOMAIN, now=NOW)
    visitor = signed_in(outreach, client)
    fields = {"name": "Bo Berg", "language": "de", "zone": "Europe/Berlin"}
    for number, said, rung in (
        (ARCHIVE, "The receipt goes to the new address now, with a link of its own.", 1),
        (COMITE, "No mail takes the new one there", 1),
    ):
        path = f"/desk/c/archives/organizations/{number}/contacts/{number}"
        answer = post(client, path, visitor, **fields | {"email": f"bo@{number}.example"})
        assert said in client.get(answer.headers["location"]).text
        assert outreach.bell.rung == rung  # type: ignore[attr-defined]


def test_a_contact_is_added_and_one_who_only_gets_copies_is_not_asked(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = signed_in(outreach, client)
    path = f"/desk/c/archives/organizations/{COMITE}/contacts/new"
    page = client.get(path)
    assert page.status_code == 200
    assert 'value="en"' in page.text  # the campaign's language, until somebody says otherwise
    fields = {"name": "", "email": "copy@familles.example", "language": "fr"}
    fields |= {"zone": "Europe/Paris", "role": "copied"}
    answer = post(client, path, visitor, **fields)
    assert answer.headers["location"] == f"{HERE}?done=added&on=2#org-2"
    assert outreach.bell.rung == 0  # type: ignore[attr-defined]
    with campaign.reading() as session:
        roles = session.exec(select(Contact.role).where(Contact.organization_id == COMITE)).all()
        assert sorted(roles) == ["copied", "signs"]
    elsewhere = client.get("/desk/c/archives/organizations/99/contacts/new")
    assert elsewhere.status_code == 404


def test_pages_have_fifty_and_keep_the_filter(
    client: TestClient, outreach: Outreach, clock: Clock
) -> None:
    rows = "".join(f"Org {number:03},o{number}@o{number}.example\n" for number in range(60))
    an_open_campaign(outreach.database, partners="organization,email\n" + rows)
    signed_in(outreach, client)
    assert len(listed(client.get(HERE).text)) == 50
    second = client.get(HERE, params={"show": "nobodys", "page": "2"}).text
    assert len(listed(second)) == 10
    assert "?show=nobodys&amp;page=1" in second
    with outreach.database.transaction() as session:
        assert len(chases.list_owing(session, campaign_id=1)) == 60


def test_who_named_a_day_stands_below_with_it_and_afterwards_among_the_others(
    client: TestClient, outreach: Outreach, campaign: Database, clock: Clock
) -> None:
    signed_in(outreach, client)
    with campaign.transaction() as session:
        defer(session, "Archive Watch", (NOW + timedelta(days=4)).date(), now=NOW)

    html = client.get(HERE).text
    assert listed(html)[-1] == "Archive Watch"
    assert "They decide on 24 November 2026" in row_of(html, ARCHIVE)
    story = client.get(f"/desk/c/archives/organizations/{ARCHIVE}").text
    assert "They decide on 24 November 2026. Until then no reminder comes" in story
    assert "Decides later" in story

    clock.now = NOW + timedelta(days=4, hours=1)
    with campaign.transaction() as session:
        assert ask_again(session, slug="archives", mail_domain=DOMAIN, now=clock.now) == 1
    signed_in(outreach, client, email="later@coalition.example")
    row = row_of(client.get(HERE).text, ARCHIVE)
    assert re.search(r"They meant to decide\s*<span class=\"small\">24 November 2026", row)
