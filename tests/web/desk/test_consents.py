"""A consent recorded at the desk: two coordinators, what each role sees, and the file."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.domain.coordinator import Role
from outreach.domain.message import MessageKind
from outreach.services.close_campaign import close_campaign
from outreach.services.suppress_contact import suppress
from outreach.store import campaigns
from outreach.store.database import Database
from outreach.store.tables import Campaign, Organization
from outreach.wiring import Outreach
from tests.factories import sign, the_invitation, the_link, the_messages, the_signatures
from tests.recording import the_record
from tests.web.browsing import open_answer_page, submit
from tests.web.desk.conftest import SAME_ORIGIN, post, signed_in
from tests.web.invited import (
    MAIL_DOMAIN,
    NOW,
    Clock,
    an_open_campaign,
    change_text,
    letter_to,
)

ARCHIVE = 1
HERE = f"/desk/c/archives/organizations/{ARCHIVE}"
PDF = b"%PDF-1.7\n Grace Hopper says yes"
NORA, OTTO = "nora@coalition.example", "otto@coalition.example"


@pytest.fixture
def campaign(outreach: Outreach) -> Database:
    """Open; Archive Watch is the first organization."""
    an_open_campaign(outreach.database)
    with outreach.database.reading() as session:
        assert session.get_one(Organization, ARCHIVE).name == "Archive Watch"
    return outreach.database


def nora(outreach: Outreach, client: TestClient) -> Any:
    return signed_in(outreach, client, Role.EDITOR, email=NORA, name="Nora Feld")


def otto(outreach: Outreach, client: TestClient) -> Any:
    return signed_in(outreach, client, Role.OWNER, email=OTTO, name="Otto Lang")


def the_form(database: Database, **changes: Any) -> dict[str, Any]:
    with database.reading() as session:
        number = session.exec(select(Campaign.id)).one()
        sha256 = campaigns.current_version(session, number or 0).sha256
    facts = {
        "channel": "phone",
        "contact": "else",
        "person": "Grace Hopper",
        "capacity": "Chair",
        "given_at": "2026-11-20T10:00",
        "credit_line": "Archive Watch",
        "sort_name": "",
        "quote": "Yes, put us down",
        "sure": "yes",
        "statement_sha256": sha256,
    }
    return facts | changes


def record(client: TestClient, visitor: Any, database: Database, **changes: Any) -> Any:
    return post(client, f"{HERE}/record", visitor, **the_form(database, **changes))


def record_file(
    client: TestClient, visitor: Any, database: Database, content: bytes, *, quote: str = ""
) -> Any:
    return client.post(
        f"{HERE}/record",
        data={"form_token": visitor.form_token, **the_form(database, quote=quote)},
        files={"file": ("Yes of Grace Hopper.pdf", content, "application/pdf")},
        headers=SAME_ORIGIN,
        follow_redirects=False,
    )


def test_who_asks_not_to_be_named_is_not(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = nora(outreach, client)
    refused = record(client, visitor, campaign, privacy="nobody")
    assert refused.status_code == 422
    assert "Please choose who may see the name." in refused.text
    record(client, visitor, campaign, privacy="counted")
    assert "Nobody outside this desk; counted without it" in client.get(HERE).text
    with campaign.reading() as session:
        assert the_record(session).privacy == "counted"


def test_two_coordinators_make_a_signature_of_a_telephone_call(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = nora(outreach, client)
    assert "Record a consent</a>" in client.get(HERE).text
    form = client.get(f"{HERE}/record").text
    assert 'name="credit_line" value="Archive Watch"' in form
    assert "Ida Berg &lt;ida@archive-watch.example&gt;" in form
    assert "Europe/Berlin" in form
    led = record(client, visitor, campaign)
    assert led.headers["location"] == f"{HERE}?done=recorded"
    page = client.get(f"{HERE}?done=recorded").text
    assert "Recorded, to be confirmed" in page
    assert "Nora Feld</bdi> recorded a consent (phone)" in page
    assert "Confirm and count it" not in page
    assert "Record a consent</a>" not in page
    with campaign.reading() as session:
        assert the_signatures(session) == []
        number = the_record(session).id
        assert the_record(session).given_at == NOW - timedelta(minutes=30)

    visitor = otto(outreach, client)
    assert "1 recorded consent waits for a second person" in client.get("/desk/c/archives").text
    waiting = client.get("/desk/c/archives/recorded").text
    assert "Archive Watch" in waiting
    assert "Yes, put us down" in waiting
    assert "Confirm and count it" in waiting
    led = post(client, f"{HERE}/recorded/{number}/confirm", visitor)
    assert led.headers["location"] == f"{HERE}?done=confirmed"
    page = client.get(HERE).text
    told = '(phone) by <bdi dir="auto">Nora Feld</bdi>, confirmed by'
    assert page.count(f'ecorded by hand {told} <bdi dir="auto">Otto Lang</bdi>') == 2
    assert "by the link of" not in page
    assert "Nobody could be told" not in page
    assert "recorded consent waits" not in client.get("/desk/c/archives").text
    assert "Nothing waits" in client.get("/desk/c/archives/recorded").text
    with campaign.reading() as session:
        assert the_invitation(session, "Archive Watch").state == "signed"
        (receipt,) = the_messages(session, kind=MessageKind.RECORDED_RECEIPT)
    shown = client.get(f"/desk/c/archives/mails/{receipt.id}").text
    assert "We recorded your consent" in shown
    assert "Receipt for a recorded consent" in shown


def test_the_organization_reads_how_it_came_and_undoes_it_with_one_tick(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    record(client, nora(outreach, client), campaign)
    with campaign.reading() as session:
        number = the_record(session).id
    post(client, f"{HERE}/recorded/{number}/confirm", otto(outreach, client))
    page = open_answer_page(client, letter_to(outreach, "ida@archive-watch.example").answer)
    shown = client.get(page).text
    assert "<bdi>Grace Hopper</bdi>, <bdi>Chair</bdi>" in shown
    sheet = client.get(f"{page}/receipt").text
    assert "<dt>Recorded by hand, as it came by</dt><dd><bdi>phone</bdi></dd>" in sheet
    assert "put us down" not in shown + sheet
    assert submit(client, page, "withdraw", {}).status_code == 422
    assert submit(client, page, "withdraw", {"sure": "yes"}).status_code == 303
    with campaign.reading() as session:
        assert the_invitation(session, "Archive Watch").state == "withdrawn"


def test_what_is_missing_is_marked_and_what_was_typed_stays(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = nora(outreach, client)
    page = record(client, visitor, campaign, capacity="", sure="", quote="", contact="")
    assert page.status_code == 422
    for words in ("in what capacity", "tick this box", "Please quote", "choose who it was"):
        assert words in page.text
    assert 'value="Grace Hopper"' in page.text
    with campaign.reading() as session:
        assert the_signatures(session) == []


def test_a_text_that_was_changed_meanwhile_is_shown_and_nothing_recorded(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = nora(outreach, client)
    form = the_form(campaign)
    change_text(campaign)
    page = post(client, f"{HERE}/record", visitor, **form)
    assert page.status_code == 409
    assert "Nothing was recorded:" in page.text
    assert f'name="statement_sha256" value="{"f" * 64}"' in page.text


def test_the_only_coordinator_reads_what_to_do(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = otto(outreach, client)
    assert "Invite a second coordinator</a>" in client.get(f"{HERE}/record").text
    record(client, visitor, campaign)
    for path in (HERE, "/desk/c/archives/recorded"):
        assert "Invite a second coordinator</a>" in client.get(path).text
    signed_in(outreach, client, Role.VIEWER)  # who may not confirm is no second one
    with campaign.reading() as session:
        number = the_record(session).id
    visitor = otto(outreach, client)
    assert "Invite a second coordinator</a>" in client.get(HERE).text
    refused = post(client, f"{HERE}/recorded/{number}/confirm", visitor)
    assert refused.status_code == 409
    assert "cannot confirm it as well" in refused.text


def test_a_second_one_refuses_with_a_reason(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    record(client, nora(outreach, client), campaign)
    with campaign.reading() as session:
        number = the_record(session).id
    visitor = otto(outreach, client)
    without = post(client, f"{HERE}/recorded/{number}/refuse", visitor, reason=" ")
    assert without.status_code == 409
    assert "say why" in without.text
    led = post(client, f"{HERE}/recorded/{number}/refuse", visitor, reason="She is not the chair")
    assert led.headers["location"] == f"{HERE}?done=refused"
    page = client.get(HERE).text
    assert "Otto Lang</bdi> refused the recorded consent" in page
    assert "She is not the chair" in page
    assert "Record a consent</a>" in page
    log = client.get("/desk/activity").text
    assert "refused a recorded consent" in log
    for secret in ("Grace", "She is not", "put us down"):
        assert secret not in log


def test_an_answer_by_link_comes_first_and_the_record_stays_as_a_note(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    record(client, nora(outreach, client), campaign)
    visitor = otto(outreach, client)
    with campaign.transaction() as session:
        number = the_record(session).id
        sha256 = campaigns.current_version(session, the_record(session).campaign_id).sha256
        sign(session, "Archive Watch", statement_sha256=sha256, now=NOW)
    page = post(client, f"{HERE}/recorded/{number}/confirm", visitor)
    assert page.status_code == 409
    assert "the organization has answered by itself since" in page.text
    assert "Nora Feld</bdi> recorded a consent" in page.text
    assert "Confirm and count it" not in page.text
    assert "recorded consent waits" not in client.get("/desk/c/archives").text
    with campaign.reading() as session:
        assert [one.method for one in the_signatures(session)] == ["link"]


def test_after_the_close_the_page_says_to_reopen_it_first(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    record(client, nora(outreach, client), campaign)
    with campaign.transaction() as session:
        close_campaign(session, slug="archives", mail_domain=MAIL_DOMAIN, now=NOW)
    otto(outreach, client)
    assert "The list was closed first: reopen it" in client.get("/desk/c/archives").text
    page = client.get(HERE).text
    assert "It cannot be confirmed:</strong> the list is closed: reopen it" in page
    assert "Reopen for them</a>" in page


def test_where_mail_reaches_nobody_the_page_says_that_nobody_was_told(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    with campaign.transaction() as session:
        suppress(session, link_id=the_link(session, "Archive Watch").id, now=NOW)
    visitor = nora(outreach, client)
    assert "nobody could be told" in client.get(f"{HERE}/record").text
    record(client, visitor, campaign)
    assert "nobody could be told" in client.get(HERE).text
    with campaign.reading() as session:
        number = the_record(session).id
    post(client, f"{HERE}/recorded/{number}/confirm", otto(outreach, client))
    assert "<strong>Nobody could be told</strong>" in client.get(HERE).text


def test_the_file_is_for_editors_and_is_saved_under_a_name_that_tells_nothing(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = nora(outreach, client)
    assert record_file(client, visitor, campaign, PDF).status_code == 303
    with campaign.reading() as session:
        number = the_record(session).id
    file = client.get(f"{HERE}/recorded/{number}/file")
    assert file.content == PDF
    assert file.headers["content-disposition"] == f'attachment; filename="consent-{number}.pdf"'
    assert file.headers["content-type"] == "application/pdf"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["cache-control"] == "no-store"
    assert client.get(f"/desk/c/archives/organizations/2/recorded/{number}/file").status_code == 404
    assert "/file" in client.get(HERE).text
    assert "/file" in client.get("/desk/c/archives/recorded").text


def test_a_viewer_sees_that_something_is_recorded_and_neither_file_nor_words(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = nora(outreach, client)
    record(client, visitor, campaign)
    with campaign.reading() as session:
        number = the_record(session).id
    post(client, f"{HERE}/recorded/{number}/refuse", visitor, reason="Once more, with the letter")
    again = record_file(client, visitor, campaign, PDF, quote="Now put us down")
    assert again.status_code == 303
    with campaign.reading() as session:
        number = the_record(session).id
    signed_in(outreach, client, Role.VIEWER)
    for path in (HERE, "/desk/c/archives/recorded"):
        page = client.get(path).text
        assert "to be confirmed" in page or "that wait" in page
        assert "put us down" not in page
        assert "/file" not in page
        assert "Refuse it" not in page
    assert client.get(f"{HERE}/recorded/{number}/file").status_code == 403


def test_a_file_that_is_too_large_is_refused_before_it_is_kept(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    visitor = nora(outreach, client)
    page = record_file(client, visitor, campaign, PDF + b"x" * 2**20)
    assert page.status_code == 422
    assert "1 MB at most" in page.text
    assert record_file(client, visitor, campaign, PDF + b"x" * 2**21).status_code == 413


def test_one_that_was_not_asked_or_has_signed_has_nothing_to_record(
    client: TestClient, outreach: Outreach, campaign: Database
) -> None:
    nora(outreach, client)
    with campaign.transaction() as session:
        number = session.exec(select(Campaign.id)).one()
        sha256 = campaigns.current_version(session, number or 0).sha256
        sign(session, "Archive Watch", statement_sha256=sha256, now=NOW)
    assert "It has signed" in client.get(f"{HERE}/record").text
    assert "Record a consent</a>" not in client.get(HERE).text


def test_after_the_deadline_nothing_is_recorded(
    client: TestClient, outreach: Outreach, campaign: Database, clock: Clock
) -> None:
    visitor = nora(outreach, client)
    clock.now = NOW + timedelta(days=12)
    visitor = nora(outreach, client)
    page = record(client, visitor, campaign)
    assert page.status_code == 409
    assert "the deadline has passed" in page.text
