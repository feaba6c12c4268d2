"""A coordinator's way through the wizard over HTTP, as a browser without JavaScript goes it."""

from datetime import timedelta
from html import unescape

from fastapi.testclient import TestClient

from outreach.web.desk.access import Visitor
from tests.web.desk.conftest import post
from tests.web.invited import NOW

OCCASION_DAY = (NOW + timedelta(days=30)).date()
FIELDS = {
    "title": "Let the archives be opened",
    "addressee": "the Minister of Culture",
    "occasion": "the Minister's visit to Geneva",
    "occasion_date": OCCASION_DAY.isoformat(),
    "asks": "Open the archives to families.\nPublish the lists.",
    "language": "en",
    "text": "Dear Minister,\n\nfamilies have waited **thirty years**.",
}
SLUG_OF_FIELDS = "let-the-archives-be-opened"


def a_draft(client: TestClient, visitor: Visitor, **fields: str) -> str:
    """Made through the first page; the base address of its steps."""
    answer = post(client, "/desk/new", visitor, **(FIELDS | fields))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).rpartition("/")[0]


def send_list(client: TestClient, visitor: Visitor, at: str, content: bytes, name: str) -> str:
    """The address of the page that looks at the list."""
    answer = client.post(
        f"{at}/partners/upload",
        data={"form_token": visitor.form_token},
        files={"file": (name, content)},
        headers={"sec-fetch-site": "same-origin"},
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def take_list(client: TestClient, visitor: Visitor, at: str, content: bytes) -> None:
    where = send_list(client, visitor, at, content, "partners.csv")
    answer = post(client, f"{where}/take", visitor)
    assert answer.status_code == 303, answer.text


def choose_deadline(client: TestClient, visitor: Visitor, at: str) -> None:
    day = (NOW + timedelta(days=20)).date().isoformat()
    fields = {"day": day, "time": "18:00", "zone": "Europe/Berlin"}
    assert post(client, f"{at}/deadline", visitor, **fields).status_code == 303


def words_of(html: str) -> str:
    """As read: no entities, spaces as one."""
    return " ".join(unescape(html).split())
