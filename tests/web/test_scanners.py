"""What opens links before people do: mail scanners, previews, and browsers that press all that can
be pressed. BAR line 18; its full size: SCANNED_LINKS=500."""

import os
import random
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from outreach.wiring import Outreach
from tests.web.browsing import SIGNED, open_answer_page, submit
from tests.web.invited import Letter, an_open_campaign, everything_stored, letter_to

LINKS = int(os.environ.get("SCANNED_LINKS", "8"))
LOOKS = 50
BROWSER = {"sec-fetch-site": "same-origin", "origin": "null"}


class Forms(HTMLParser):
    """Every form of a page as it stands: where it goes, and what it sends if nobody types."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((given["action"], {}))
        elif tag in ("input", "button", "textarea") and _is_sent(given):
            self.found[-1][1][given["name"]] = given.get("value", "")


def _is_sent(given: dict[str, str]) -> bool:
    is_box = given.get("type") in ("checkbox", "radio")
    return bool(given.get("name")) and (not is_box or "checked" in given)


@pytest.fixture
def letters(outreach: Outreach) -> list[Letter]:
    rows = [f"Organization {one},Ida Berg,ida@o{one}.example\n" for one in range(LINKS)]
    an_open_campaign(
        outreach.database, partners="organization,contact_name,email\n" + "".join(rows)
    )
    return [letter_to(outreach, f"ida@o{one}.example") for one in range(LINKS)]


def paths_of(letter: Letter, page: str) -> list[str]:
    """All that a scanner could find of one mail, and all that stands behind it."""
    acts = ("sign", "decline", "correct", "withdraw", "seen", "receipt", "source.md")
    return [
        letter.answer,
        f"{letter.answer}.",
        page,
        *(f"{page}/{act}" for act in acts),
        letter.unsubscribe,
        f"{letter.unsubscribe}/undo",
    ]


def test_fifty_looks_at_each_link_change_nothing_and_it_still_works(
    client: TestClient, outreach: Outreach, letters: list[Letter]
) -> None:
    dice = random.Random(20261204)  # noqa: S311 - a seed, so that a failure comes back
    before = everything_stored(outreach.database)
    for letter in letters:
        paths = paths_of(letter, open_answer_page(client, letter.answer))
        for _ in range(LOOKS):
            method, path = dice.choice(("GET", "HEAD", "OPTIONS")), dice.choice(paths)
            response = client.request(method, path, follow_redirects=False)
            assert response.status_code in (200, 303, 404, 405, 429), (method, path)
    for letter in letters:
        assert client.get(open_answer_page(client, letter.answer)).status_code == 200
    assert everything_stored(outreach.database) == before
    assert outreach.bell.rung == 0  # type: ignore[attr-defined]


def test_a_browser_that_presses_every_button_without_typing_answers_nothing(
    client: TestClient, outreach: Outreach, letters: list[Letter]
) -> None:
    before = everything_stored(outreach.database)
    for letter in letters:
        page = open_answer_page(client, letter.answer)
        assert press_all(client, page) == dict.fromkeys(("sign", "pass", "defer", "decline"), 422)
    assert everything_stored(outreach.database) == before

    page = open_answer_page(client, letters[0].answer)
    assert submit(client, page, "sign", SIGNED).status_code == 303
    before = everything_stored(outreach.database)
    assert press_all(client, page) == {"correct": 303, "withdraw": 422}  # nothing to correct
    assert everything_stored(outreach.database) == before


def press_all(client: TestClient, page: str) -> dict[str, int]:
    """The status that each of the page's forms was answered with."""
    return {
        action.rpartition("/")[2]: client.post(
            action, data=fields, headers=BROWSER, follow_redirects=False
        ).status_code
        for action, fields in Forms(client.get(page).text).found
    }
