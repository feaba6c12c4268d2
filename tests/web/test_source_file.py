import hashlib

from fastapi.testclient import TestClient

from tests.web.browsing import open_answer_page
from tests.web.invited import Letter


def test_a_signer_can_fetch_the_very_file_that_the_fingerprint_is_over(
    client: TestClient, letter: Letter
) -> None:
    page = open_answer_page(client, letter.answer)
    source = client.get(f"{page}/source.md")

    assert hashlib.sha256(source.content).hexdigest() in client.get(page).text
    assert source.headers["cache-control"] == "no-store"


def test_without_the_session_the_file_is_not_there(client: TestClient, letter: Letter) -> None:
    page = open_answer_page(client, letter.answer)
    client.cookies.clear()

    assert client.get(f"{page}/source.md").status_code != 200
