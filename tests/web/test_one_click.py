"""RFC 8058: one POST by a mail program ends the mail to an address, and nothing else happens.

``test_unsubscribe.py`` has the page for people; here is what programs do, from the mail's own
header to the sender that leaves the address out.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import col, select

from outreach.cli.partner_list import print_partners
from outreach.links import ANSWER, UNSUBSCRIBE, new_link_id
from outreach.services.list_partners import list_partners
from outreach.store.outgoing import load_outgoing
from outreach.store.tables import Contact, Link, Message, Suppression
from outreach.web.wrong_links import WRONG_LINKS
from outreach.wiring import Outreach
from tests.sending import a_delivery
from tests.smtp_server import running_smtp_server
from tests.web.browsing import SIGNED, has_form, open_answer_page, submit
from tests.web.invited import NOW, Clock, Letter, everything_stored, letter_to

ADDRESS = "ida@archive-watch.example"
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
# What providers send, and what stands between: no cookie, no origin or a foreign one.
PROVIDERS: Sequence[Mapping[str, str]] = (
    {"content-type": FORM},
    {"content-type": f"{FORM}; charset=utf-8", "user-agent": "Mailbox provider", "accept": "*/*"},
    {
        "content-type": FORM,
        "origin": "https://mail.provider.example",
        "sec-fetch-site": "cross-site",
    },
    {"content-type": FORM, "origin": "null", "referer": "https://mail.provider.example/inbox"},
    {},
)
OTHER_BODIES: Sequence[tuple[str, bytes]] = (
    (FORM, b""),
    (FORM, b"List-Unsubscribe=One-Click&x=1"),
    (FORM, b"anything=else"),
    ("application/json", b"{"),
    ("text/plain", b"\xff\x00"),
    ("multipart/form-data", b"no boundary"),
)
ALTERED: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "the first letter": lambda token: ("B" if token[0] == "A" else "A") + token[1:],
        "the last letter": lambda token: token[:-1] + ("B" if token[-1] == "A" else "A"),
        "cut": lambda token: token[:-1],
        "padded": lambda token: f"{token}=",
        "without its signature": lambda token: token.partition(".")[0],
        "in capitals": str.upper,
        "doubled": lambda token: f"{token}.{token}",
    }
)


def press(client: TestClient, address: str, **headers: str) -> Response:
    """As a mail program does; it follows nothing."""
    headers = {"content-type": FORM} | headers
    return client.post(address, content=ONE_CLICK, headers=headers, follow_redirects=False)


def stored(outreach: Outreach, *, but: frozenset[str] = frozenset()) -> dict[str, Sequence[object]]:
    rows = everything_stored(outreach.database)
    return {name: rows[name] for name in rows.keys() - but}


def suppressed(outreach: Outreach) -> Sequence[str]:
    with outreach.database.reading() as session:
        return session.exec(select(Suppression.email_key)).all()


def header_of_the_mail(outreach: Outreach, address: str) -> str:
    """The address in the List-Unsubscribe of the invitation, as bytes on its line."""
    with outreach.database.reading() as session:
        query = select(Message.id).join(Contact, col(Contact.id) == col(Message.contact_id))
        message = session.exec(query.where(col(Contact.email) == address)).one()
        assert message is not None
        (found,) = load_outgoing(session, [message]).values()
    lines = outreach.composer.compose(found, now=NOW).body.split(b"\r\n")
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    (line,) = [line for line in lines if line.startswith(b"List-Unsubscribe: ")]
    return line.decode("ascii").removeprefix("List-Unsubscribe: <").removesuffix(">")


def test_what_the_mails_header_names_takes_one_post_from_anywhere(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    address = header_of_the_mail(outreach, ADDRESS)
    assert address == f"http://testserver{letter.unsubscribe}"
    for headers in PROVIDERS:
        response = client.post(address, content=ONE_CLICK, headers=headers, follow_redirects=False)
        assert response.status_code == 200
        assert "set-cookie" not in response.headers
        assert response.headers["cache-control"] == "no-store"
        assert suppressed(outreach) == [ADDRESS]
        client.post(f"{letter.unsubscribe}/undo")
        assert suppressed(outreach) == []


@pytest.mark.parametrize("pressed", [False, True], ids=["before", "after"])
def test_nothing_but_a_post_changes_anything(
    client: TestClient, outreach: Outreach, letter: Letter, *, pressed: bool
) -> None:
    if pressed:
        press(client, letter.unsubscribe)
    before = stored(outreach)
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
        for place in (letter.unsubscribe, f"{letter.unsubscribe}/undo"):
            response = client.request(
                method, place, content=ONE_CLICK, headers={"content-type": FORM}
            )
            looks = method in ("GET", "HEAD") and place == letter.unsubscribe
            assert response.status_code in ((200,) if looks else (404, 405))
            assert stored(outreach) == before
    assert press(client, letter.unsubscribe).status_code == 200
    assert suppressed(outreach) == [ADDRESS]


@pytest.mark.parametrize("answer", ["signed", "declined", "nothing"])
def test_no_answer_is_touched(
    client: TestClient, outreach: Outreach, letter: Letter, answer: str
) -> None:
    if answer != "nothing":
        page = open_answer_page(client, letter.answer)
        fields = SIGNED if answer == "signed" else {"reason": "", "sure": "yes"}
        submit(client, page, "sign" if answer == "signed" else "decline", fields)
    before = stored(outreach, but=_MAIL)
    press(client, letter.unsubscribe)
    press(client, letter.unsubscribe)
    assert stored(outreach, but=_MAIL) == before
    assert client.post(f"{letter.unsubscribe}/undo").status_code == 200
    assert stored(outreach, but=_MAIL) == before
    assert {"signature", "answer", "invitation", "link"} <= set(before)


_MAIL = frozenset({"suppression", "message", "delivery_event"})


def test_pressed_again_and_again_nothing_more_happens(
    client: TestClient, outreach: Outreach, letter: Letter, clock: Clock
) -> None:
    first = press(client, letter.unsubscribe)
    before = stored(outreach)
    for _ in range(20):
        clock.now += timedelta(hours=1)
        again = press(client, letter.unsubscribe)
        assert (again.status_code, again.text) == (200, first.text)
    assert stored(outreach) == before


def test_the_link_is_the_right_to_do_it_whatever_the_body_says(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    for kind, body in OTHER_BODIES:
        response = client.post(letter.unsubscribe, content=body, headers={"content-type": kind})
        assert response.status_code == 200
        assert suppressed(outreach) == [ADDRESS]
        client.post(f"{letter.unsubscribe}/undo")


def test_a_person_presses_the_pages_buttons_there_and_back(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    """As a browser sends a form without a field: an empty body, and where it comes from."""
    browser = {"origin": "null", "sec-fetch-site": "same-origin", "content-type": FORM}
    asked = client.get(letter.unsubscribe).text
    assert f'<form method="post" action="{letter.unsubscribe}">' in asked
    done = client.post(letter.unsubscribe, headers=browser)
    assert "No more mail to this address" in done.text
    assert has_form(done.text, "undo")
    assert not has_form(asked, "undo")
    undone = client.post(f"{letter.unsubscribe}/undo", headers=browser)
    assert undone.text == asked
    assert suppressed(outreach) == []


def tokens_that_lead_nowhere(outreach: Outreach, letter: Letter) -> dict[str, str]:
    """What somebody who guesses, or holds an old or another link, could try."""
    links = outreach.links
    token = letter.unsubscribe.removeprefix("/u/")
    return {
        **{name: change(token) for name, change in ALTERED.items()},
        "unknown": links.token(new_link_id(), purpose=UNSUBSCRIBE),
        "for another purpose": links.token(letter.link_id, purpose=ANSWER),
        "for a form": links.form_token(letter.link_id),
        "expired": _other_link(outreach, "helene@familles.example", expires_at=NOW),
        "revoked": _other_link(outreach, "layla@markaz.example", revoked_at=NOW),
    }


def _other_link(outreach: Outreach, address: str, **ended: object) -> str:
    letter = letter_to(outreach, address)
    with outreach.database.transaction() as session:
        link = session.get_one(Link, letter.link_id)
        for name, moment in ended.items():
            setattr(link, name, moment)
        session.add(link)
    return letter.unsubscribe.removeprefix("/u/")


def test_links_that_lead_nowhere_look_the_same_and_change_nothing(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    tokens = tokens_that_lead_nowhere(outreach, letter)
    before = stored(outreach)
    for place in ("/u/{}", "/u/{}/undo"):
        outreach.attempts.forget(WRONG_LINKS, "link", "testclient")
        answers = {name: press(client, place.format(token)) for name, token in tokens.items()}
        looks = {
            name: (one.status_code, one.text, dict(one.headers)) for name, one in answers.items()
        }
        assert [name for name, look in looks.items() if look != looks["unknown"]] == []
        assert looks["unknown"][0] == 404
    outreach.attempts.forget(WRONG_LINKS, "link", "testclient")
    led_back = client.get(f"/u/{tokens.pop('padded')}", follow_redirects=False)
    assert led_back.headers["location"] == letter.unsubscribe
    assert len({client.get(f"/u/{token}").text for token in tokens.values()}) == 1
    assert stored(outreach) == before
    assert press(client, letter.unsubscribe).status_code == 200


@pytest.mark.parametrize("signs", [False, True])
def test_the_sender_leaves_the_address_out_and_the_coordinator_reads_why(
    client: TestClient,
    outreach: Outreach,
    letter: Letter,
    capsys: pytest.CaptureFixture[str],
    *,
    signs: bool,
) -> None:
    if signs:  # what is queued later, as a receipt is, finds the address at the last look
        press(client, letter.unsubscribe)
        submit(client, open_answer_page(client, letter.answer), "sign", SIGNED)
    else:
        press(client, letter.unsubscribe)
    with running_smtp_server() as server:
        a_delivery(outreach.database, server, composer=outreach.composer, now=NOW).deliver_due()
    assert sorted(server.recipients) == sorted(_others(outreach))
    with outreach.database.reading() as session:
        print_partners(list_partners(session, slug="archives"))
    block = capsys.readouterr().out.partition("Archive Watch")[2].partition("\n\n")[0]
    assert ADDRESS in block
    assert f"      {'receipt' if signs else 'invitation'} cancelled " in block
    reason = "the address gets no mail: unsubscribed" if signs else "unsubscribed"
    assert f"\n      {reason}" in block
    assert ("signed" in block.splitlines()[1]) is signs


def _others(outreach: Outreach) -> Sequence[str]:
    with outreach.database.reading() as session:
        return session.exec(select(Contact.email).where(col(Contact.email) != ADDRESS)).all()
