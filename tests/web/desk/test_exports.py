"""Lists as files: by POST, written down, for whoever may see them."""

import csv
import io

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
@pytest.mark.parametrize("role", [Role.EDITOR, Role.OWNER])
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


@pytest.mark.parametrize("what", ["organizations", *Export])
def test_who_may_only_look_takes_no_addresses_out(
    desk: TestClient, outreach: Outreach, what: str
) -> None:
    visitor = signed_in(outreach, desk, Role.VIEWER)
    assert post(desk, f"/desk/c/visit/{what}.csv", visitor).status_code == 403
    assert actions(outreach) == []


def test_the_list_of_organizations_comes_as_it_was_narrowed_and_is_written_down(
    desk: TestClient, outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.web.desk.exports.CHUNK", 2)
    visitor = signed_in(outreach, desk)
    everybody = post(desk, "/desk/c/visit/organizations.csv", visitor)
    assert everybody.headers["content-disposition"] == (
        'attachment; filename="visit-organizations-2026-03-04.csv"'
    )
    assert everybody.headers["cache-control"] == "no-store"
    names = [row["organization"] for row in csv.DictReader(io.StringIO(everybody.text[1:]))]
    assert names == ["Doubt", "Failed", "Put off", "Sent", "Waiting"]
    one = post(desk, "/desk/c/visit/organizations.csv", visitor, q="put-OFF")
    assert len(one.text.splitlines()) == 2
    with outreach.database.reading() as session:
        noted = [(each.action, each.detail) for each in session.exec(select(Activity))]
    assert noted == [("organizations.export", ""), ("organizations.export", "1 of them")]


@pytest.mark.parametrize("what", ["organizations", "mails"])
def test_looking_takes_nothing_out(desk: TestClient, outreach: Outreach, what: str) -> None:
    signed_in(outreach, desk)
    assert desk.get(f"/desk/c/visit/{what}.csv").status_code == 405
    assert actions(outreach) == []


def test_a_form_from_elsewhere_takes_nothing_out(desk: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, desk)
    assert desk.post("/desk/c/visit/mails.csv").status_code == 403
    assert actions(outreach) == []


@pytest.mark.parametrize(
    "path",
    ["/desk/c/nowhere/mails.csv", "/desk/c/visit/secrets.csv", "/desk/c/nowhere/organizations.csv"],
)
def test_what_is_not_there_is_not_found(desk: TestClient, outreach: Outreach, path: str) -> None:
    visitor = signed_in(outreach, desk)
    assert post(desk, path, visitor).status_code == 404


@pytest.mark.parametrize("what", ["mails", "organizations"])
def test_the_lists_offer_it_to_who_may(desk: TestClient, outreach: Outreach, what: str) -> None:
    for role in (Role.VIEWER, Role.EDITOR):
        signed_in(outreach, desk, role)
        page = desk.get(f"/desk/c/visit/{what}?q=ada").text
        assert (f'action="/desk/c/visit/{what}.csv"' in page) == (role is Role.EDITOR)
