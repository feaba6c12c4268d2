"""The copy for the addressee: for whoever may edit, written down, kept by no cache."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.domain.coordinator import Role
from outreach.services.answer_invitation import protect
from outreach.services.close_campaign import close_campaign
from outreach.services.publish_statement import publish_campaign
from outreach.store.desk_tables import Activity
from outreach.wiring import Outreach
from tests.factories import DOMAIN, NOW, a_launched_campaign, sign, the_link
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import Clock

COPY = "/desk/c/visit/addressee-copy"
SIGNED = {"Alpha": "public", "Beta": "counted", "Gamma": "addressee", "Delta": "public"}


@pytest.fixture
def desk(outreach: Outreach, client: TestClient, clock: Clock) -> TestClient:
    clock.now = NOW
    with outreach.database.transaction() as session:
        a_launched_campaign(session, *SIGNED)
        for name, privacy in SIGNED.items():
            sign(session, name, privacy=privacy)
    return client


def _actions(outreach: Outreach) -> list[str]:
    with outreach.database.reading() as session:
        return list(session.exec(select(Activity.action)))


@pytest.mark.parametrize("file", ["html", "md", "csv"])
@pytest.mark.parametrize("role", [Role.OWNER, Role.EDITOR])
def test_it_names_the_public_and_those_for_the_addressee(
    desk: TestClient, outreach: Outreach, role: Role, file: str
) -> None:
    response = post(desk, COPY, signed_in(outreach, desk, role), file=file)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-disposition"] == (
        f'attachment; filename="visit-confidential-2026-03-04.{file}"'
    )
    for name, privacy in SIGNED.items():
        assert (name in response.text) is (privacy != "counted")
    assert "and 1 organization that is not named" in response.text
    assert _actions(outreach) == ["addressee_copy.export"]


def test_a_viewer_and_a_form_from_elsewhere_take_nothing(
    desk: TestClient, outreach: Outreach
) -> None:
    visitor = signed_in(outreach, desk, Role.VIEWER)
    assert post(desk, COPY, visitor, file="csv").status_code == 403
    assert "addressee’s copy" not in desk.get("/desk/c/visit").text
    signed_in(outreach, desk, Role.OWNER)
    assert desk.post(COPY, data={"file": "csv"}).status_code == 403
    assert desk.get(COPY).status_code == 405
    assert _actions(outreach) == []


def test_what_is_not_there_is_not_found(desk: TestClient, outreach: Outreach) -> None:
    visitor = signed_in(outreach, desk)
    assert post(desk, COPY, visitor, file="exe").status_code == 404
    assert post(desk, "/desk/c/nowhere/addressee-copy", visitor, file="csv").status_code == 404
    assert _actions(outreach) == []


def test_the_campaigns_page_offers_it(desk: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, desk, Role.EDITOR)
    assert f'action="{COPY}"' in desk.get("/desk/c/visit").text


def test_the_addressee_cannot_tell_a_protection_from_a_withdrawal(
    desk: TestClient, outreach: Outreach
) -> None:
    visitor = signed_in(outreach, desk)
    with outreach.database.transaction() as session:
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        publish_campaign(session, slug="visit", now=NOW)
        link = the_link(session, "Delta").id
        protect(session, link_id=link, privacy="counted", mail_domain=DOMAIN, now=NOW)
    text = post(desk, COPY, visitor, file="md").text
    assert "Delta" not in text
    assert "and 1 organization that is not named" in text
    assert "Signed by 3 organizations" in text


def test_the_desk_shows_the_choice_beside_the_answer(desk: TestClient, outreach: Outreach) -> None:
    visitor = signed_in(outreach, desk, Role.EDITOR)
    listed = desk.get("/desk/c/visit/organizations").text
    assert listed.count('<span class="badge warn">Not named</span>') == 1
    assert listed.count('<span class="badge warn">Addressee only</span>') == 1
    pages = [desk.get(f"/desk/c/visit/organizations/{number}").text for number in (1, 2, 3)]
    assert [one.count("Name seen by") for one in pages] == [1, 1, 1]
    assert "Not named" not in pages[0]
    assert "Not named" in pages[1]
    assert "Addressee only" in pages[2]
    file = post(desk, "/desk/c/visit/organizations.csv", visitor).text
    assert [line.split(",")[4] for line in file.splitlines()] == ["privacy", *_by_name()]


def _by_name() -> list[str]:
    return [SIGNED[name] for name in sorted(SIGNED)]
