import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.store.tables import Suppression
from outreach.wiring import Outreach
from tests.web.browsing import SIGNED, open_answer_page, submit
from tests.web.invited import Letter, everything_stored

ADDRESS = "ida@archive-watch.example"


def suppressed(outreach: Outreach) -> list[str]:
    with outreach.database.reading() as session:
        return list(session.exec(select(Suppression.email_key)))


def test_the_page_names_the_address_and_changes_nothing(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    before = everything_stored(outreach.database)
    response = client.get(letter.unsubscribe)

    assert response.status_code == 200
    assert ADDRESS in response.text
    assert "neither signs, declines nor withdraws" in response.text
    assert everything_stored(outreach.database) == before


def test_a_mail_program_unsubscribes_with_one_post_and_nothing_else(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    one_click = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        response = client.post(letter.unsubscribe, data=one_click, follow_redirects=False)
        assert response.status_code == 200
    multipart = client.post(letter.unsubscribe, files={"List-Unsubscribe": (None, "One-Click")})
    assert multipart.status_code == 200
    assert suppressed(outreach) == [ADDRESS]


def test_it_can_be_undone(client: TestClient, outreach: Outreach, letter: Letter) -> None:
    done = client.post(letter.unsubscribe)
    assert "No more mail to this address" in done.text
    undone = client.post(f"{letter.unsubscribe}/undo")
    assert "Stop the mail to this address?" in undone.text
    assert suppressed(outreach) == []


def test_it_never_touches_a_signature(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    page = open_answer_page(client, letter.answer)
    submit(client, page, "sign", SIGNED)
    client.post(letter.unsubscribe)

    assert "has signed this statement." in client.get(page).text


def test_a_link_wrapped_by_mail_software_is_led_back(client: TestClient, letter: Letter) -> None:
    assert ADDRESS in client.get(f"{letter.unsubscribe}>.").text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_altered_link_is_refused(
    client: TestClient, outreach: Outreach, letter: Letter, method: str
) -> None:
    for wrong in (f"{letter.unsubscribe}A", letter.answer.replace("/a/", "/u/"), "/u/x"):
        response = client.request(method, wrong)
        assert response.status_code == 404
        assert "This link does not work" in response.text
    assert suppressed(outreach) == []
