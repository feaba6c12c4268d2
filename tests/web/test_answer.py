from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from outreach.domain.views import AUTHORITY_SENTENCE
from outreach.store.tables import Answer, Invitation, Message, Signature
from outreach.wiring import Outreach
from tests.web.browsing import SIGNED, has_form, hidden_fields, open_answer_page, submit
from tests.web.invited import (
    DEADLINE,
    Clock,
    Letter,
    change_text,
    close_and_publish,
    everything_stored,
    letter_to,
)

SURE = {"sure": "yes"}


def state_of(outreach: Outreach) -> str:
    with outreach.database.reading() as session:
        return session.exec(select(Invitation.state).where(col(Invitation.id) == 1)).one()


def stored_signatures(outreach: Outreach) -> list[Signature]:
    with outreach.database.reading() as session:
        return list(session.exec(select(Signature)))


@pytest.fixture
def page(client: TestClient, letter: Letter) -> str:
    return open_answer_page(client, letter.answer)


def test_the_page_says_who_is_asked_what_and_until_when(client: TestClient, page: str) -> None:
    html = client.get(page).text

    for expected in (
        "Archive Watch",
        "<dt>Invited as</dt><dd><bdi>i…@archive-watch.example</bdi>",
        "the Minister of Culture",
        "the Minister&#39;s visit to Geneva",
        "4 December 2026",
        "Tuesday, 1 December 2026, 17:00",
        "= 18:00",
        "Open the archives to families.",
        "<strong>thirty years</strong>",
        AUTHORITY_SENTENCE.format(organization="<bdi>Archive Watch</bdi>"),
        "coordinator@coalition.example",
    ):
        assert expected in html, expected
    assert "ida@" not in html  # a link that was forwarded tells nobody whom to write to
    assert html.count("<script") == 1  # ours, and none of the statement's
    assert "<script>" not in html
    assert "<h3>A door that has been closed too long</h3>" in html


def test_the_deadline_is_written_as_the_reader_writes_it(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    french = letter_to(outreach, "helene@familles.example")
    html = client.get(french.answer).text

    assert 'lang="fr" dir="auto">mardi 1 décembre 2026, 18:00' in html
    assert "= 18:00" not in html


def test_signing_leads_back_to_the_page_which_shows_what_stands(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    response = submit(client, page, "sign", SIGNED | {"credit_line": "Archive Watch (AW)"})

    back = f"{page}?done=signed"
    assert (response.status_code, response.headers["location"]) == (303, back)
    assert state_of(outreach) == "signed"
    html = client.get(back).text
    assert "Signed. Thank you." in html
    assert "<strong><bdi>Archive Watch (AW)</bdi></strong>" in html
    assert "<bdi>Ida Berg</bdi>, <bdi>Director</bdi>" in html
    assert "Friday, 20 November 2026, 09:30" in html
    assert not has_form(html, "sign")
    assert outreach.bell.rung == 1  # type: ignore[attr-defined]


def test_a_signature_is_kept_with_the_sentence_that_was_ticked(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    submit(client, page, "sign", SIGNED)

    [signature] = stored_signatures(outreach)
    assert signature.authority == AUTHORITY_SENTENCE.format(organization="Archive Watch")


def test_pressing_every_button_without_typing_changes_nothing(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    before = everything_stored(outreach.database)
    for action in ("sign", "decline"):
        assert submit(client, page, action, {}).status_code == 422
    assert everything_stored(outreach.database) == before

    submit(client, page, "sign", SIGNED)
    before = everything_stored(outreach.database)
    standing = {"credit_line": "Archive Watch", "sort_name": ""}
    assert submit(client, page, "withdraw", {}).status_code == 422
    assert submit(client, page, "correct", standing).status_code == 303
    assert everything_stored(outreach.database) == before


def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    typed = {"credit_line": "Archive <Watch>", "signer_name": "  ", "capacity": "Chair"}
    response = submit(client, page, "sign", typed)
    ticked = submit(client, page, "sign", typed | {"authority": "yes"})

    assert response.status_code == 422
    html = response.text
    assert 'value="Archive &lt;Watch&gt;"' in html
    assert "See it in the list first" in html
    assert 'value="Chair"' in html
    assert 'aria-describedby="sign-signer_name-error" aria-invalid="true"' in html
    assert html.count("autofocus") == 1
    assert html.index('id="sign-signer_name"') < html.index("autofocus")
    assert 'id="sign-authority-error"' in html
    assert "the 2 fields marked below" in html
    assert 'value="yes" checked' in ticked.text
    assert "the field marked below" in ticked.text
    assert state_of(outreach) == "awaiting"


def test_a_name_that_looks_like_markup_is_printed_as_it_is(client: TestClient, page: str) -> None:
    submit(client, page, "sign", SIGNED | {"credit_line": "<b>Bold</b> & {{ 7*7 }}"})

    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; {{ 7*7 }}" in client.get(page).text


def test_declining_needs_a_tick_and_still_lets_one_sign(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    unsure = submit(client, page, "decline", {"reason": "Not our field."})
    assert unsure.status_code == 422
    assert '<details class="card slim" open>' in unsure.text
    assert ">Not our field.</textarea>" in unsure.text

    assert submit(client, page, "decline", {"reason": "Not ours."} | SURE).status_code == 303
    html = client.get(page).text
    assert "has declined to sign" in html
    assert not has_form(html, "decline")
    assert submit(client, page, "sign", SIGNED).status_code == 303
    assert state_of(outreach) == "signed"


def test_the_reason_of_a_decline_is_kept(client: TestClient, outreach: Outreach, page: str) -> None:
    submit(client, page, "decline", {"reason": "Not ours."} | SURE)

    with outreach.database.reading() as session:
        assert session.exec(select(Answer.reason)).all() == ["Not ours."]


def test_the_printed_name_can_be_corrected(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    submit(client, page, "sign", SIGNED)

    empty = submit(client, page, "correct", {"credit_line": " ", "sort_name": ""})
    assert empty.status_code == 422
    assert 'id="correct-credit_line-error"' in empty.text
    new_name = {"credit_line": "Archive Watch International", "sort_name": "Watch, Archive"}
    assert submit(client, page, "correct", new_name).status_code == 303
    html = client.get(page).text
    assert "<strong><bdi>Archive Watch International</bdi></strong>" in html
    assert "Watch, Archive" in html


def test_withdrawing_is_as_easy_as_signing_and_possible_after_the_deadline(
    client: TestClient, outreach: Outreach, clock: Clock, letter: Letter, page: str
) -> None:
    submit(client, page, "sign", SIGNED)
    clock.now = DEADLINE + timedelta(days=2)
    close_and_publish(outreach.database, now=clock.now)
    page = open_answer_page(client, letter.answer)

    html = client.get(page).text
    assert 'href="/s/archives"' in html
    assert not has_form(html, "correct")
    assert submit(client, page, "withdraw", SURE).status_code == 303

    assert "is withdrawn" in client.get(page).text
    assert "Archive Watch" not in client.get("/s/archives").text


def test_after_the_deadline_the_page_says_so_and_offers_no_form(
    client: TestClient, clock: Clock, letter: Letter, page: str
) -> None:
    clock.now = DEADLINE
    html = client.get(open_answer_page(client, letter.answer)).text

    assert "The deadline has passed." in html
    assert "Tuesday, 1 December 2026, 17:00" in html
    assert not has_form(html, "sign")
    assert not has_form(html, "decline")


def test_an_answer_that_comes_too_late_is_refused_to_the_second(
    client: TestClient, outreach: Outreach, clock: Clock, letter: Letter
) -> None:
    clock.now = DEADLINE - timedelta(seconds=1)
    page = open_answer_page(client, letter.answer)
    fields = hidden_fields(client.get(page).text, "sign") | SIGNED
    clock.now = DEADLINE
    response = client.post(f"{page}/sign", data=fields, follow_redirects=False)

    assert response.status_code == 409
    assert "Your answer could not be taken: the deadline has passed." in response.text
    assert not has_form(response.text, "sign")
    assert state_of(outreach) == "awaiting"


def test_a_second_answer_finds_the_first_one_standing(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    fields = hidden_fields(client.get(page).text, "sign") | SIGNED
    client.post(f"{page}/sign", data=fields)
    again = client.post(f"{page}/sign", data=fields | {"credit_line": "Other"})

    assert again.status_code == 409
    assert "in the meantime" in again.text
    assert [one.credit_line for one in stored_signatures(outreach)] == ["Archive Watch"]


def test_a_changed_text_is_shown_and_has_to_be_signed_anew(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    fields = hidden_fields(client.get(page).text, "sign") | SIGNED
    change_text(outreach.database)
    response = client.post(f"{page}/sign", data=fields)

    assert response.status_code == 409
    assert "was changed after you opened this page" in response.text
    assert "A new text." in response.text
    assert 'value="Ida Berg"' in response.text
    assert 'value="yes" checked' not in response.text
    assert "f" * 64 in response.text
    assert stored_signatures(outreach) == []


def test_two_links_opened_in_one_browser_do_not_mix(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    first = open_answer_page(client, letter.answer)
    second = open_answer_page(client, letter_to(outreach, "lin@memory.example").answer)

    assert "Archive Watch" in client.get(first).text
    assert "Taiwan Memory (TM)" in client.get(second).text
    foreign = hidden_fields(client.get(second).text, "sign") | SIGNED
    assert client.post(f"{first}/sign", data=foreign).status_code == 403
    assert stored_signatures(outreach) == []
    submit(client, first, "sign", SIGNED)
    assert [one.credit_line for one in stored_signatures(outreach)] == ["Archive Watch"]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    ],
)
def test_a_form_that_comes_from_elsewhere_is_refused(
    client: TestClient, outreach: Outreach, page: str, headers: dict[str, str]
) -> None:
    response = submit(client, page, "sign", SIGNED, headers=headers)

    assert response.status_code == 403
    assert "did not come from our page" in response.text
    assert state_of(outreach) == "awaiting"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://testserver"},
        {"origin": "null"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "null"},
    ],
)
def test_our_own_form_is_taken_whatever_the_browser_tells(
    client: TestClient, outreach: Outreach, page: str, headers: dict[str, str]
) -> None:
    assert submit(client, page, "sign", SIGNED, headers=headers).status_code == 303


@pytest.mark.parametrize("token", ["", "made-up", None])
def test_a_form_without_its_token_is_refused(
    client: TestClient, outreach: Outreach, page: str, token: str | None
) -> None:
    fields: dict[str, Any] = hidden_fields(client.get(page).text, "sign") | SIGNED
    fields.pop("form_token")
    if token is not None:
        fields["form_token"] = token

    assert client.post(f"{page}/sign", data=fields).status_code == 403
    assert state_of(outreach) == "awaiting"


def test_without_its_session_the_page_asks_to_open_the_link_again(
    client: TestClient, outreach: Outreach, clock: Clock, page: str
) -> None:
    fields = hidden_fields(client.get(page).text, "sign") | SIGNED
    clock.now += timedelta(hours=2)
    late = client.post(f"{page}/sign", data=fields)
    assert late.status_code == 403
    assert "Please open the link in your e-mail again" in late.text
    client.cookies.clear()
    assert client.get(page).status_code == 403
    assert client.get("/answer/0123456789abcdef").status_code == 403
    assert state_of(outreach) == "awaiting"


def test_a_cookie_of_one_link_opens_no_other_page(
    client: TestClient, outreach: Outreach, letter: Letter, page: str
) -> None:
    other = outreach.links.session_name("another")
    value = client.cookies[f"answer_{page.removeprefix('/answer/')}"]
    client.cookies.set(f"answer_{other}", value)

    assert client.get(f"/answer/{other}").status_code == 403


def test_receipts_are_queued_in_the_same_transaction(
    client: TestClient, outreach: Outreach, page: str
) -> None:
    submit(client, page, "sign", SIGNED)

    with outreach.database.reading() as session:
        kinds = session.exec(select(Message.kind).where(col(Message.state) == "queued")).all()
    assert "receipt" in kinds
