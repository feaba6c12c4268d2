"""The wizard's pages: each step saved by itself, and what is wrong said where it stands."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.demo.sample import sample_statement
from outreach.store.campaigns import current_version, find_campaign, lock_campaign
from outreach.store.tables import Campaign, Organization
from outreach.wiring import Outreach
from tests.smtp_server import running_smtp_server
from tests.web.desk.conftest import SAME_ORIGIN, post, signed_in
from tests.web.desk.wizard import (
    FIELDS,
    SLUG_OF_FIELDS,
    a_draft,
    choose_deadline,
    send_list,
    take_list,
    words_of,
)
from tests.web.invited import NOW

PARTNERS = b"organization,contact_name,email\nArchive Watch,Ida Berg,ida@archive-watch.example\n"


def _campaign(outreach: Outreach) -> Campaign:
    with outreach.database.reading() as session:
        found = find_campaign(session, SLUG_OF_FIELDS)
        assert found is not None
        return found


def test_a_statement_that_lacks_something_comes_back_as_typed(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    answer = post(client, "/desk/new", visitor, **(FIELDS | {"title": "", "occasion_date": ""}))
    assert answer.status_code == 422
    page = words_of(answer.text)
    assert "Please give the statement a title." in page
    assert "Please choose the day of the occasion." in page
    assert "families have waited **thirty years**" in page


def test_the_preview_keeps_nothing_and_shows_the_text_without_harm(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    fields = FIELDS | {"text": "**Bold** <script>alert(1)</script>", "act": "preview"}
    answer = post(client, "/desk/new", visitor, **fields)
    assert answer.status_code == 200
    assert "<strong>Bold</strong>" in answer.text
    assert "<script>alert" not in answer.text
    part = post(client, "/desk/new/preview", visitor, text="# Heading")
    assert part.text.strip() == "<h3>Heading</h3>"
    with outreach.database.reading() as session:
        assert find_campaign(session, SLUG_OF_FIELDS) is None


def test_a_file_is_taken_as_it_is(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    text = sample_statement(deadline_day=(NOW + timedelta(days=20)).date())
    answer = client.post(
        "/desk/new",
        data={"form_token": visitor.form_token, "slug": SLUG_OF_FIELDS},
        files={"file": ("statement.md", text.encode())},
        headers=SAME_ORIGIN,
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    campaign = _campaign(outreach)
    with outreach.database.reading() as session:
        assert campaign.id is not None
        assert current_version(session, campaign.id).source == text


def test_a_file_in_another_encoding_is_refused(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    answer = client.post(
        "/desk/new",
        data={"form_token": visitor.form_token},
        files={"file": ("statement.md", "é".encode("latin-1"))},
        headers=SAME_ORIGIN,
    )
    assert answer.status_code == 422
    assert "is not UTF-8" in answer.text


def test_a_long_statement_in_any_script_passes_the_door(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor, text="香" * 50_000)
    assert "香香" in client.get(f"{at}/statement").text


def test_a_draft_says_what_is_missing_until_nothing_is(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    page = words_of(client.get(at).text)
    assert "Before the launch these are missing" in page
    choose_deadline(client, visitor, at)
    take_list(client, visitor, at, PARTNERS)
    assert "Nothing is missing." in words_of(client.get(at).text)


def test_a_deadline_that_a_clock_change_makes_unclear_is_asked_back(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor, occasion_date="2027-11-20")
    fields = {"day": "2027-10-31", "time": "02:30", "zone": "Europe/Berlin"}
    answer = post(client, f"{at}/deadline", visitor, **fields)
    assert answer.status_code == 422
    choices = re.findall(r'name="reading" value="([^"]+)"', answer.text)
    assert choices == ["2027-10-31 02:30+02:00", "2027-10-31 02:30+01:00"]
    answer = post(client, f"{at}/deadline", visitor, **fields, reading=choices[1])
    assert answer.status_code == 303
    assert _campaign(outreach).deadline.isoformat() == "2027-10-31T01:30:00+00:00"


def test_sender_and_reminders_are_saved(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    fields = {"sender_name": "The Archives <b>", "reply_to": "nora@coalition.example"}
    assert post(client, f"{at}/sender", visitor, **fields).status_code == 303
    assert "The Archives &lt;b&gt;" in client.get(f"{at}/sender").text
    bad = post(client, f"{at}/sender", visitor, sender_name="x@y.example", reply_to="")
    assert bad.status_code == 422
    assert post(client, f"{at}/reminders/add", visitor, number="10", unit="d").status_code == 303
    assert post(client, f"{at}/reminders/remove", visitor, label="3d").status_code == 303
    assert post(client, f"{at}/reminders/add", visitor, number="x", unit="d").status_code == 422
    assert post(client, f"{at}/reminders", visitor).status_code == 303
    campaign = _campaign(outreach)
    assert campaign.reminder_steps == "10d,7d,1d,4h"
    assert campaign.sender_name == "The Archives <b>"
    page = client.get(f"{at}/reminders").text
    assert page.count("<circle") == 4


def test_faults_are_corrected_in_place_and_only_then_taken(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    faulty = b"organization,email,country\nA Watch,ida(at)watch,Atlantis\nB,b@b.example,TW\nC,x,\n"
    where = send_list(client, visitor, at, faulty, "list.csv")
    page = words_of(client.get(where).text)
    assert "2 rows have something to mend" in page
    assert "Row 2" in page
    assert post(client, f"{where}/take", visitor).status_code == 422
    answer = post(
        client,
        f"{where}/correct",
        visitor,
        **{
            "cell-2-email": "ida@watch.example",
            "was-2-email": "ida(at)watch",
            "cell-2-country": "GB",
            "was-2-country": "Atlantis",
            "cell-4-email": "x",
            "was-4-email": "x",
            "out-4": "yes",
        },
    )
    assert answer.status_code == 303
    assert "Take over 2 people" in words_of(client.get(where).text)
    assert post(client, f"{where}/take", visitor).status_code == 303
    partners = words_of(client.get(f"{at}/partners").text)
    assert "ida@watch.example" in partners
    assert client.get(where).status_code == 422  # it is not kept any more


def test_unknown_headings_and_lookalikes_are_asked_about(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    table = "Who\tWrite to\nArchive Watch\ta@b.example\nArchiv Watch\tc@d.example"
    where = post(client, f"{at}/partners/paste", visitor, table=table).headers["location"]
    assert "Please say which column holds what" in words_of(client.get(where).text)
    bad = post(client, f"{where}/columns", visitor, **{"column-organization": "0"})
    assert bad.status_code == 422
    chosen = {"column-organization": "0", "column-email": "1"}
    assert post(client, f"{where}/columns", visitor, **chosen).status_code == 303
    page = words_of(client.get(where).text)
    assert "Is this the same organization?" in page
    assert post(client, f"{where}/take", visitor).status_code == 422  # undecided
    pair = {"first-0": "Archive Watch", "second-0": "Archiv Watch", "pair-0": "same"}
    assert post(client, f"{where}/doubles", visitor, **pair).status_code == 303
    assert "1 organizations and 2 people" in words_of(client.get(where).text)
    assert post(client, f"{where}/take", visitor).status_code == 303


def test_a_heading_that_we_do_not_know_is_asked_about_once(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    table = "Organization\tPhone\tEmail\nArchive Watch\t123\ta@b.example"
    where = post(client, f"{at}/partners/paste", visitor, table=table).headers["location"]
    page = words_of(client.get(where).text)
    assert "Headings that we do not know: “Phone”" in page
    assert "Which column is which?" in page
    refused = post(client, f"{where}/take", visitor)
    assert refused.status_code == 422
    assert "“Phone”" in words_of(refused.text)
    chosen = {"column-organization": "0", "column-email": "2", "column-notes": "1"}
    assert post(client, f"{where}/columns", visitor, **chosen).status_code == 303
    assert "Take over 1 people" in words_of(client.get(where).text).replace("person", "people")
    assert post(client, f"{where}/take", visitor).status_code == 303
    with outreach.database.reading() as session:
        assert session.exec(select(Organization.notes)).one() == "123"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", b"", "The file is empty"),
        ("x.csv", "organization,email\nA,a@b.example".encode("utf-16"), "UTF-16"),
        ("x.xls", b"\xd0\xcf\x11\xe0 old", "old .xls"),
        ("x.xlsx", b"PK\x03\x04 broken", "cannot be read as .xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_how_to_mend_it(
    outreach: Outreach, client: TestClient, name: str, content: bytes, said: str
) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    answer = client.post(
        f"{at}/partners/upload",
        data={"form_token": visitor.form_token},
        files={"file": (name, content)},
        headers=SAME_ORIGIN,
    )
    assert said in words_of(answer.text)
    assert "Nobody is on the list yet" not in answer.text


def test_one_partner_is_added_changed_and_removed_by_hand(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    fields = {"organization": "Tibet House", "email": "t@h.example", "language": "bo"}
    assert (
        post(client, f"{at}/partners/add", visitor, **(fields | {"email": "no"})).status_code == 422
    )
    assert post(client, f"{at}/partners/add", visitor, **fields).status_code == 303
    found = re.search(r"/setup/partners/(\d+)", client.get(f"{at}/partners").text)
    assert found
    one = f"{at}/partners/{found[1]}"
    assert "t@h.example" in client.get(one).text
    assert "discreet mail" not in client.get(f"{at}/partners").text
    changed = post(client, one, visitor, **(fields | {"contact_name": "Tenzin", "discreet": "yes"}))
    assert changed.headers["location"].endswith("done=changed")
    listed = client.get(f"{at}/partners").text
    assert "Tenzin" in listed
    assert "discreet mail" in listed
    assert re.search(r'name="discreet" value="yes" checked', client.get(one).text)
    assert post(client, f"{one}/remove", visitor).headers["location"].endswith("done=removed")
    assert post(client, f"{one}/remove", visitor).status_code == 303  # gone already


def test_own_words_are_saved_shown_and_given_up(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    take_list(client, visitor, at, PARTNERS)
    mail = f"{at}/wording/invitation/en"
    fields = {"subject": "For {{ organization }}", "body": "Hello **{{ contact_name }}**"}
    bad = post(client, mail, visitor, subject="x", body="{{ organization.__class__ }}")
    assert bad.status_code == 422
    assert "Line 1, column 1" in bad.text
    typed = post(client, f"{mail}/preview", visitor, **fields)
    assert "<strong><bdi>Ida Berg</bdi></strong>" in typed.text
    assert "sandbox" in typed.headers["content-security-policy"]
    text = post(client, f"{mail}/preview", visitor, **fields, act="text")
    assert "Subject: For Archive Watch" in text.text
    assert "Hello" not in client.get(f"{mail}/preview").text  # nothing was kept
    assert post(client, mail, visitor, **fields).status_code == 303
    assert "Hello" in client.get(f"{mail}/preview").text
    assert post(client, f"{mail}/ours", visitor).status_code == 303
    assert "Hello" not in client.get(f"{mail}/preview").text


@pytest.mark.parametrize(
    "path",
    ["wording/digest/en", "wording/invitation/xx", "wording/invitation/../en", "partners/list/x/y"],
)
def test_what_is_not_there_is_a_page(outreach: Outreach, client: TestClient, path: str) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    assert client.get(f"{at}/{path}").status_code == 404


def test_a_test_mail_that_cannot_go_says_why(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    typed = {"subject": "Half a subject", "body": "Half a {{ thought"}
    answer = post(client, f"{at}/wording/invitation/en/test", visitor, **typed)
    assert answer.status_code == 502
    assert "The test was not sent" in answer.text
    assert 'value="Half a subject"' in answer.text
    assert "Half a {{ thought</textarea>" in answer.text


def test_a_test_mail_loses_nothing_that_was_typed(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    at = f"{a_draft(client, visitor)}/wording/invitation/en"
    with running_smtp_server() as server:
        outreach.settings = outreach.settings.model_copy(update={"smtp_url": server.url})
        answer = post(client, f"{at}/test", visitor, subject="Half a subject", body="Half")
    assert len(server.received) == 1
    assert answer.status_code == 200
    assert "The test is on its way" in answer.text
    assert 'value="Half a subject"' in answer.text
    assert "Half</textarea>" in answer.text
    assert 'value="Half a subject"' not in client.get(at).text


def test_looking_at_a_list_waits_for_nobody_who_writes(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    where = send_list(client, visitor, a_draft(client, visitor), PARTNERS, "partners.csv")
    with outreach.database.transaction() as session:
        lock_campaign(session, SLUG_OF_FIELDS)
        assert client.get(where).status_code == 200


@pytest.mark.parametrize("rows", [40_000, 600_000])
def test_a_pasted_table_is_taken_however_long_a_list_may_be(
    outreach: Outreach, client: TestClient, rows: int
) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    table = "organization\temail\n" + "A\ta@archives.example.org.example\n" * rows
    answer = client.post(
        f"{at}/partners/paste",
        data={"form_token": visitor.form_token},
        files={"table": (None, table)},
        headers=SAME_ORIGIN,
        follow_redirects=False,
    )
    if len(table) < 20_000_000:
        assert answer.status_code == 303
        where = answer.headers["location"]
        assert client.get(f"{where}?columns=yes").status_code == 200
    else:
        assert answer.status_code == 422
        assert "larger than 20 MB" in answer.text


def test_a_sample_link_opens_a_page_that_says_so_and_answers_nothing(client: TestClient) -> None:
    for path in ("/a/sample", "/u/sample"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "This one answers nothing" in answer.text
    assert client.post("/u/sample").status_code == 404


def test_after_the_launch_the_drafts_pages_change_nothing(
    outreach: Outreach, client: TestClient
) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    choose_deadline(client, visitor, at)
    take_list(client, visitor, at, PARTNERS)
    assert post(client, f"{at}/launch", visitor, expected="1", sure="yes").status_code == 303
    before = _campaign(outreach).model_dump()
    fields = FIELDS | {"title": "Another", "day": "2026-12-10", "time": "10:00", "zone": "UTC"}
    for step in ("statement", "deadline", "sender", "reminders", "reminders/remove"):
        answer = post(client, f"{at}/{step}", visitor, **fields, reply_to="a@b.example", label="7d")
        assert answer.status_code == 303, step
        assert answer.headers["location"].endswith("/setup?done=started")
    assert _campaign(outreach).model_dump() == before
    assert "This is what it was launched with" not in client.get(f"{at}/partners").text
