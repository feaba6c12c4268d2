"""What no form of ours sends: refused or passed over, on both databases, never an error of ours."""

from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from outreach.store.campaigns import require_campaign
from outreach.store.tables import Organization
from outreach.wiring import Outreach
from tests.web.desk.conftest import post, signed_in
from tests.web.desk.wizard import FIELDS, a_draft, send_list
from tests.web.invited import Clock, an_open_campaign

LIST = b"organization,email\nArchive Watch,ida@archive-watch\n"
DIGITS = "9" * 5_000


@pytest.mark.parametrize("number", [2**31, 2**63])
def test_a_partner_of_no_possible_number_is_not_found(
    client: TestClient, outreach: Outreach, number: int
) -> None:
    visitor = signed_in(outreach, client)
    at = f"{a_draft(client, visitor)}/partners/{number}"
    assert client.get(at).status_code == 404
    assert post(client, at, visitor, organization="One").status_code == 404
    assert post(client, f"{at}/remove", visitor).status_code == 404


@pytest.mark.parametrize("day", ["0001-01-02", "9999-12-31"])
def test_a_day_at_the_edge_of_the_calendar_is_refused_at_its_field(
    client: TestClient, outreach: Outreach, day: str
) -> None:
    visitor = signed_in(outreach, client)
    refused = post(client, "/desk/new", visitor, **(FIELDS | {"occasion_date": day}))
    assert refused.status_code == 422
    assert "Please write a day of our time" in refused.text
    at = a_draft(client, visitor)
    changed = post(client, f"{at}/statement", visitor, **(FIELDS | {"occasion_date": day}))
    assert changed.status_code == 422


@pytest.mark.parametrize(
    "name", ["cell-5", f"cell-{DIGITS}-email", "cell-٣-email", "cell-2-x", f"out-{DIGITS}", "out-"]
)
def test_a_field_that_names_no_cell_of_a_list_changes_nothing(
    client: TestClient, outreach: Outreach, name: str
) -> None:
    visitor = signed_in(outreach, client)
    where = send_list(client, visitor, a_draft(client, visitor), LIST, "partners.csv")
    before = client.get(where).text
    assert post(client, f"{where}/correct", visitor, **{name: "x"}).status_code == 303
    assert client.get(where).text == before
    places = {"column-organization": DIGITS, "column-email": "1"}
    assert post(client, f"{where}/columns", visitor, **places).status_code == 422


def test_a_nul_is_looked_for_nowhere(client: TestClient, outreach: Outreach) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    assert client.get(f"{at}/partners?q=%00").status_code == 200
    for step in ("", "/statement", "/partners", "/partners/list/x", "/wording", "/check"):
        assert client.get(f"/desk/c/%00/setup{step}").status_code == 404
    for path in ("", "/correct", "/take", "/columns", "/doubles"):
        where = f"{at}/partners/list/a%00{path}"
        response = post(client, where, visitor) if path else client.get(where)
        assert "This list is not kept any more" in response.text
    assert post(client, f"{at}/partners/list/a%00/discard", visitor).status_code == 303


def test_a_reason_keeps_its_words_and_nothing_that_cannot_be_kept(
    client: TestClient, outreach: Outreach
) -> None:
    an_open_campaign(outreach.database)
    visitor = signed_in(outreach, client)
    reason = "a\0 talk\nwith the minister"
    paused = post(client, "/desk/c/archives/steer/pause", visitor, reason=reason)
    assert paused.status_code == 303
    with outreach.database.reading() as session:
        assert require_campaign(session, "archives").pause_note == "a talk with the minister"


def _an_autumn_campaign(session: Session) -> None:
    """Whose occasion comes after the clocks have changed."""
    campaign = require_campaign(session, "archives")
    campaign.zone, campaign.occasion_date = "Europe/Berlin", date(2027, 11, 10)
    session.add(campaign)


TWICE = "2027-10-31T02:30"
SECOND = "2027-10-31 02:30+01:00"


def test_an_extension_to_an_hour_that_comes_twice_asks_which(
    client: TestClient, outreach: Outreach
) -> None:
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        _an_autumn_campaign(session)
    visitor = signed_in(outreach, client)
    step = "/desk/c/archives/steer/extend"
    asked = client.get(step, params={"deadline": TWICE})
    assert asked.status_code == 422
    assert "Choose below which moment you mean." in asked.text
    assert f'name="reading" value="{SECOND}"' in asked.text
    shown = client.get(step, params={"deadline": TWICE, "reading": SECOND})
    assert shown.status_code == 200
    assert f'type="hidden" name="reading" value="{SECOND}"' in shown.text
    another = client.get(step, params={"deadline": TWICE, "reading": "2027-10-30 02:30+01:00"})
    assert another.status_code == 422
    assert post(client, step, visitor, deadline=TWICE).status_code == 422
    assert post(client, step, visitor, deadline=TWICE, reading=SECOND).status_code == 303
    with outreach.database.reading() as session:
        found = require_campaign(session, "archives").deadline
        assert found == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_a_late_signers_hour_that_comes_twice_is_asked_back(
    client: TestClient, outreach: Outreach, clock: Clock
) -> None:
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        _an_autumn_campaign(session)
    visitor = signed_in(outreach, client)
    post(client, "/desk/c/archives/steer/close", visitor, expected="0", sure="yes")
    clock.now += timedelta(hours=1)
    with outreach.database.reading() as session:
        number = session.get_one(Organization, 1).id
    at = f"/desk/c/archives/organizations/{number}/reopen"
    asked = post(client, at, visitor, until=TWICE)
    assert asked.status_code == 422
    assert "Choose below which moment you mean." in asked.text
    assert post(client, at, visitor, until=TWICE, reading=SECOND).status_code == 303
