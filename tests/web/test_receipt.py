"""The receipt's page and file: for who came by a link of the organization, and nobody else."""

import pytest
from fastapi.testclient import TestClient

from outreach.ledger.receipt import FILE_NAME, check_receipt
from outreach.wiring import Outreach
from tests.web.browsing import SIGNED, open_answer_page, submit
from tests.web.invited import Letter, everything_stored, letter_to


def test_a_signer_prints_the_receipt_and_saves_its_proof(
    client: TestClient, outreach: Outreach, letter: Letter
) -> None:
    page = open_answer_page(client, letter.answer)
    assert client.get(f"{page}/receipt").status_code == 404
    assert submit(client, page, "sign", SIGNED).status_code == 303
    assert f"{page}/receipt" in client.get(page).text
    before = everything_stored(outreach.database)
    sheet = client.get(f"{page}/receipt")
    assert sheet.status_code == 200
    for word in ("Archive Watch", "Ida Berg", "Director", "ida@archive-watch.example", "signed"):
        assert word in sheet.text
    file = client.get(f"{page}/{FILE_NAME}")
    assert file.headers["content-disposition"] == f'attachment; filename="{FILE_NAME}"'
    assert file.headers["cache-control"] == "no-store"
    checked = check_receipt(file.text)
    assert checked.key.public == outreach.ledger_key.public
    assert str(checked.key).replace("+", "&#43;") in sheet.text.replace("+", "&#43;")
    assert everything_stored(outreach.database) == before


@pytest.mark.parametrize("path", ["receipt", FILE_NAME])
def test_nobody_sees_it_without_having_come_by_the_link(
    client: TestClient, outreach: Outreach, letter: Letter, path: str
) -> None:
    page = open_answer_page(client, letter.answer)
    assert submit(client, page, "sign", SIGNED).status_code == 303
    name = page.rsplit("/", 1)[1]
    client.cookies.clear()
    assert client.get(f"/answer/{name}/{path}").status_code != 200
    other = open_answer_page(client, letter_to(outreach, "helene@familles.example").answer)
    assert client.get(f"{other}/{path}").status_code == 404
    assert client.get(f"/answer/{name}/{path}").status_code != 200
