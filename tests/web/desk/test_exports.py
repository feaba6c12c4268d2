"""Lists as files: by POST, written down, for whoever may see them."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.domain.coordinator import Role
from outreach.services import export_sheets
from outreach.services.export_sheets import Export
from outreach.store.desk_tables import Activity
from outreach.wiring import Outreach
from tests.factories import NOW
from tests.services.test_list_mails import five_fates
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import Clock


@pytest.fixture
def desk(outreach: Outreach, client: TestClient, clock: Clock) -> TestClient:
    clock.now = NOW
    with outreach.database.transaction() as session:
        five_fates(session)
    return client


def actions(outreach: Outreach) -> list[str]:
    with outreach.database.reading() as session:
        return list(session.exec(select(Activity.action)))


@pytest.mark.parametrize("export", Export)
@pytest.mark.parametrize("role", Role)
def test_a_list_comes_as_a_file_for_a_spreadsheet(
    desk: TestClient, outreach: Outreach, monkeypatch: pytest.MonkeyPatch, role: Role,
    export: Export,
) -> None:  # fmt: skip
    monkeypatch.setattr(export_sheets, "_CHUNK", 2)
    visitor = signed_in(outreach, desk, role)
    response = post(desk, f"/desk/c/visit/{export}.csv", visitor)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == (
        f'attachment; filename="visit-{export}-2026-03-04.csv"'
    )
    assert response.headers["cache-control"] == "no-store"
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert len(response.content.decode("utf-8-sig").splitlines()) == 6
    assert actions(outreach) == [f"{export}.export"]


def test_looking_takes_nothing_out(desk: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, desk)
    assert desk.get("/desk/c/visit/mails.csv").status_code == 405
    assert actions(outreach) == []


def test_a_form_from_elsewhere_takes_nothing_out(desk: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, desk)
    assert desk.post("/desk/c/visit/mails.csv").status_code == 403
    assert actions(outreach) == []


@pytest.mark.parametrize("path", ["/desk/c/nowhere/mails.csv", "/desk/c/visit/secrets.csv"])
def test_what_is_not_there_is_not_found(desk: TestClient, outreach: Outreach, path: str) -> None:
    visitor = signed_in(outreach, desk)
    assert post(desk, path, visitor).status_code == 404


def test_the_mails_page_offers_it(desk: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, desk, Role.VIEWER)
    assert 'action="/desk/c/visit/mails.csv"' in desk.get("/desk/c/visit/mails").text
