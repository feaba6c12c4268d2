import pytest
from fastapi.testclient import TestClient

from outreach.links import ANSWER
from outreach.store.tables import Link
from outreach.web.app import create_app
from outreach.wiring import Outreach
from tests.web.browsing import SIGNED, hidden_fields, open_answer_page
from tests.web.invited import Clock, Letter, an_outreach, everything_stored, letter_to


def test_the_link_is_exchanged_for_a_session_and_a_clean_address(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    response = client.get(letter.answer, follow_redirects=False)

    name = outreach.links.session_name(letter.link_id)
    assert response.status_code == 303
    assert response.headers["location"] == f"/answer/{name}"
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"answer_{name}=")
    assert f"Path=/answer/{name}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=7200" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_secure_and_a_path_of_the_public_url_is_kept(
    outreach: Outreach, letter: Letter, clock: Clock
) -> None:
    behind = an_outreach(
        outreach.database,
        outreach.settings.home,
        clock=clock,
        public_url="https://example.org/sign",
    )
    client = TestClient(create_app(behind, mailbox=False), base_url="https://testserver")

    response = client.get(letter.answer, follow_redirects=False)

    name = outreach.links.session_name(letter.link_id)
    assert response.headers["location"] == f"/sign/answer/{name}"
    assert "Secure" in response.headers["set-cookie"]
    assert f"Path=/sign/answer/{name}" in response.headers["set-cookie"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(client: TestClient, outreach: Outreach, method: str) -> None:
    from tests.web.invited import an_open_campaign

    an_open_campaign(outreach.database)
    letter = letter_to(outreach, "ida@archive-watch.example")
    page = open_answer_page(client, letter.answer)
    before = everything_stored(outreach.database)

    paths = [letter.answer, page, f"{page}/sign", f"{page}/decline", f"{page}/withdraw"]
    paths += [f"{page}/correct", letter.unsubscribe, f"{letter.unsubscribe}/undo", "/s/archives"]
    for path in paths:
        response = client.request(method, path, follow_redirects=False)
        assert response.status_code in (200, 303, 404, 405), path

    assert everything_stored(outreach.database) == before
    assert outreach.bell.rung == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "hanging",
    [
        *(".", ">", ")", ",", '"', "'", ".)", "%20", "/", "\u201d", "]>."),
        *("]", "%0D%0A", "%C2%A0", "%E2%80%8B", "*", "|", "`", "}"),  # of plain text and chats
        *("=", "%3D", "=3D", "%253D", "%253E"),  # of quoted-printable, or encoded twice
        *("&gt;", "%26gt;.", "&quot;", "&amp;data=05%7C02", "&data=05&reserved=0"),  # of scanners
    ],
)
def test_what_mail_software_left_hanging_on_a_link_is_taken_off(
    client: TestClient, letter: Letter, hanging: str
) -> None:
    response = client.get(letter.answer + hanging)

    assert response.status_code == 200
    assert "Archive Watch" in response.text
    assert response.url.path.startswith("/answer/")


def test_no_link_that_was_not_issued_works(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    token = letter.answer.removeprefix("/a/")
    links = outreach.links
    refused = [
        "",
        "...",
        token[:-1],
        token + "A",
        token + ".A",
        f"A{token}",
        f"{token}/undo",
        f"{token}.{token}",
        token.swapcase(),
        links.token("unknown-unknown-unknown", purpose=ANSWER),
        letter.unsubscribe.removeprefix("/u/"),
        "a/b",
        "\u00e9\u4f60",
    ]
    answers = [client.get(f"/a/{wrong}") for wrong in refused]
    pages = {answer.text for answer in answers}

    assert {answer.status_code for answer in answers} == {404}
    assert len(pages) == 1
    assert "answer that e-mail" in pages.pop()


def test_a_revoked_link_looks_like_one_that_never_was(
    client: TestClient, outreach: Outreach, letter: Letter, clock: Clock
) -> None:
    page = open_answer_page(client, letter.answer)
    with outreach.database.transaction() as session:
        session.get_one(Link, letter.link_id).revoked_at = clock.now

    unknown = client.get("/a/unknown")
    assert client.get(letter.answer).text == unknown.text
    assert client.get(page).status_code == 404
    assert client.get(page).text == unknown.text


def test_when_the_key_is_rotated_links_and_open_pages_live_on_until_it_is_dropped(
    client: TestClient, outreach: Outreach, letter: Letter, clock: Clock
) -> None:
    page = open_answer_page(client, letter.answer)
    html = client.get(page).text
    old = outreach.settings.secret_keys[0]

    rotated = _with_keys(outreach, [old, "n" * 40], clock=clock)
    then = TestClient(create_app(rotated, mailbox=False), cookies=client.cookies)
    newer = letter_to(rotated, "ida@archive-watch.example").answer
    assert newer != letter.answer
    assert open_answer_page(then, letter.answer) == open_answer_page(then, newer) == page
    fields = hidden_fields(html, "sign") | SIGNED
    signed = then.post(f"{page}/sign", data=fields, follow_redirects=False)
    assert signed.headers["location"].startswith(page)

    dropped = TestClient(create_app(_with_keys(outreach, ["n" * 40], clock=clock), mailbox=False))
    assert dropped.get(letter.answer).text == dropped.get("/a/unknown").text
    assert dropped.get(open_answer_page(dropped, newer)).status_code == 200


def _with_keys(outreach: Outreach, keys: list[str], *, clock: Clock) -> Outreach:
    made = an_outreach(outreach.database, outreach.settings.home, clock=clock)
    made.settings = made.settings.model_copy(update={"secret_keys": tuple(keys)})
    return made
