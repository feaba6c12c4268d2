"""Guesses are held back, each address for itself; a link that works never is. BAR line 19."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
from fastapi.testclient import TestClient
from redis import Redis
from starlette.requests import Request
from structlog.testing import capture_logs

from outreach.links import ANSWER, UNSUBSCRIBE, new_link_id
from outreach.services.set_up_account import SETUP
from outreach.store.database import Database
from outreach.store.tables import Link
from outreach.web.app import create_app
from outreach.web.whence import address_of
from outreach.wiring import Outreach
from tests.mail.pacing import a_broker
from tests.web.browsing import SIGNED, open_answer_page, submit
from tests.web.invited import Clock, Letter, an_outreach, everything_stored, letter_to

ISSUED: Mapping[str, Callable[[Outreach, str], str]] = MappingProxyType(
    {
        "answer": lambda outreach, link: outreach.links.token(link, purpose=ANSWER),
        "unsubscribe": lambda outreach, link: outreach.links.token(link, purpose=UNSUBSCRIBE),
        "session": lambda outreach, link: outreach.links.session_value(link, now=outreach.clock()),
        "form": lambda outreach, link: outreach.links.form_token(link),
        "set-up": lambda outreach, link: outreach.links.token(link, purpose=SETUP),
        "desk form": lambda outreach, link: outreach.links.token(link, purpose="desk-form"),
    }
)
A_MINUTE = 20
GUESSER = ("198.51.100.7", 4000)
ELSEWHERE = ("203.0.113.9", 4000)


def visitor(outreach: Outreach, address: tuple[str, int] = GUESSER) -> TestClient:
    return TestClient(create_app(outreach, mailbox=False), client=address)


def statuses(client: TestClient, many: int, path: str = "/a/guess") -> list[int]:
    return [client.get(path).status_code for _ in range(many)]


def test_after_twenty_a_minute_a_guesser_is_told_to_wait(
    outreach: Outreach, letter: Letter
) -> None:
    client = visitor(outreach)
    assert statuses(client, A_MINUTE) == [404] * A_MINUTE
    refused = client.get("/a/guess")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert "answer that e-mail" in refused.text
    assert client.head("/a/guess").status_code == 429
    assert client.post("/u/guess").status_code == 429
    assert statuses(client, 3, letter.answer.replace("/a/", "/u/")) == [429] * 3


def test_unknown_expired_and_revoked_look_the_same_before_and_after(
    outreach: Outreach, letter: Letter, clock: Clock
) -> None:
    links = outreach.links
    ended = {
        "expired": letter_to(outreach, "helene@familles.example"),
        "revoked": letter_to(outreach, "layla@markaz.example"),
    }
    with outreach.database.transaction() as session:
        session.get_one(Link, ended["expired"].link_id).expires_at = clock.now
        session.get_one(Link, ended["revoked"].link_id).revoked_at = clock.now
    wrong = [
        f"/a/{links.token(new_link_id(), purpose=ANSWER)}",
        "/a/altered",
        *(one.answer for one in ended.values()),
        letter.unsubscribe.replace("/u/", "/a/"),
    ]
    client = visitor(outreach)
    for expected in (404, 429):
        answers = [client.get(path) for path in wrong]
        assert {one.status_code for one in answers} == {expected}
        assert len({one.text for one in answers}) == 1
        statuses(client, A_MINUTE)


def test_a_link_that_works_opens_whatever_others_have_tried(
    outreach: Outreach, letter: Letter
) -> None:
    """From another address, and from the very one that the guesses come from."""
    guesser = visitor(outreach)
    assert statuses(guesser, A_MINUTE + 1)[-1] == 429
    for client in (guesser, TestClient(guesser.app, client=ELSEWHERE)):
        page = open_answer_page(client, letter.answer)
        assert client.get(page).status_code == 200
    assert submit(guesser, page, "sign", SIGNED).status_code == 303
    assert "has signed this statement." in guesser.get(page).text


def test_each_address_is_counted_for_itself(outreach: Outreach) -> None:
    client = visitor(outreach)
    assert statuses(client, A_MINUTE + 1)[-1] == 429
    other = TestClient(client.app, client=ELSEWHERE)
    assert statuses(other, A_MINUTE) == [404] * A_MINUTE


def test_opening_a_link_that_works_counts_nothing(outreach: Outreach, letter: Letter) -> None:
    client = visitor(outreach)
    for _ in range(2 * A_MINUTE):
        assert client.get(letter.answer, follow_redirects=False).status_code == 303
    assert statuses(client, 1) == [404]
    assert client.app.state.site.outreach.attempts.allow("20/minute", "another")  # type: ignore[attr-defined]


@pytest.mark.parametrize("purpose", ISSUED)
def test_every_purpose_is_accepted_at_its_own_place_and_at_no_other(
    outreach: Outreach, letter: Letter, purpose: str
) -> None:
    """BAR line 19, over HTTP: the link, the mail's way out, the session's cookie, the form."""
    token = ISSUED[purpose](outreach, letter.link_id)
    before = everything_stored(outreach.database)
    for place, is_taken in PLACES.items():
        taken = is_taken(visitor(outreach), outreach, letter, token)
        assert taken is (place == purpose), place
    assert everything_stored(outreach.database) == before


def _opens(client: TestClient, _: Outreach, __: Letter, token: str) -> bool:
    return client.get(f"/a/{token}", follow_redirects=False).status_code == 303


def _leads_out(client: TestClient, _: Outreach, __: Letter, token: str) -> bool:
    return client.get(f"/u/{token}").status_code == 200


def _is_a_visit(client: TestClient, outreach: Outreach, letter: Letter, token: str) -> bool:
    name = outreach.links.session_name(letter.link_id)
    client.cookies.set(f"answer_{name}", token)
    return client.get(f"/answer/{name}").status_code == 200


def _guards_a_form(client: TestClient, _: Outreach, letter: Letter, token: str) -> bool:
    page = open_answer_page(client, letter.answer)
    fields = {**SIGNED, "form_token": token, "signer_name": ""}  # what is missing is said after
    return client.post(f"{page}/sign", data=fields).status_code == 422


def _sets_up(client: TestClient, _: Outreach, __: Letter, token: str) -> bool:
    return client.get(f"/desk/setup/{token}").status_code == 200


PLACES: Mapping[str, Callable[[TestClient, Outreach, Letter, str], bool]] = MappingProxyType(
    {
        "answer": _opens,
        "unsubscribe": _leads_out,
        "session": _is_a_visit,
        "form": _guards_a_form,
        "a coordinator's set-up": _sets_up,
    }
)


def test_neither_the_link_nor_the_address_is_logged(outreach: Outreach, letter: Letter) -> None:
    client = visitor(outreach)
    wrong = letter.answer.swapcase()
    with capture_logs() as lines:
        statuses(client, A_MINUTE + 1, f"/a/{wrong[3:]}")
    assert [line["status"] for line in lines] == [404] * A_MINUTE + [429]
    assert wrong[3:] not in str(lines)
    assert GUESSER[0] not in str(lines)


def test_all_web_processes_count_together_where_redis_is(
    database: Database, tmp_path: Path, clock: Clock
) -> None:
    with a_broker(tmp_path / "broker") as broker:
        one, other = (
            visitor(_with_broker(database, tmp_path / name, clock=clock, url=broker.url))
            for name in ("one", "other")
        )
        assert statuses(one, 12) == [404] * 12
        assert statuses(other, 9) == [404] * 8 + [429]
        keys = Redis.from_url(broker.url).keys("*")
        assert keys
        assert not any(GUESSER[0].encode() in key or b"guess" in key for key in keys)


def test_while_redis_is_away_each_process_counts_for_itself(
    database: Database, tmp_path: Path, clock: Clock
) -> None:
    with a_broker(tmp_path / "broker") as broker:
        url = broker.url
    client = visitor(_with_broker(database, tmp_path / "home", clock=clock, url=url))
    assert statuses(client, A_MINUTE + 1) == [404] * A_MINUTE + [429]


def _with_broker(database: Database, home: Path, *, clock: Clock, url: str) -> Outreach:
    made = an_outreach(database, home, clock=clock)
    made.settings = made.settings.model_copy(update={"redis_url": url})
    return made


@pytest.mark.parametrize(
    ("host", "counted_as"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("testclient", "testclient"),
    ],
)
def test_a_network_of_ipv6_is_one_address(host: str, counted_as: str) -> None:
    request = Request({"type": "http", "headers": [], "client": (host, 1)})
    assert address_of(request) == counted_as


def test_who_hides_the_address_is_counted_too() -> None:
    assert address_of(Request({"type": "http", "headers": []})) == ""
