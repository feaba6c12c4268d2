"""The list of organizations at the desk: filters, pages, the file, and what is done to many."""

import csv
import io
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from outreach.domain.coordinator import Role
from outreach.store.desk_tables import Chase
from outreach.store.tables import Organization
from outreach.wiring import Outreach
from tests.crowds import a_crowd
from tests.factories import send_what_is_due, the_messages
from tests.web.desk.conftest import post, signed_in
from tests.web.invited import (
    DEADLINE,
    MAIL_DOMAIN,
    NOW,
    STATEMENT,
    Clock,
    an_open_campaign,
    everything_stored,
)

LIST = "/desk/c/archives/organizations"


@pytest.fixture
def numbers(outreach: Outreach, clock: Clock) -> dict[str, int]:
    """Invited two days ago, none has answered: the ids by name."""
    an_open_campaign(outreach.database)
    with outreach.database.transaction() as session:
        send_what_is_due(session, now=NOW)
        found = {one.name: one.id or 0 for one in session.exec(select(Organization))}
    clock.now += timedelta(days=2)
    return found


def _crowd(outreach: Outreach, many: int) -> None:
    with outreach.database.transaction() as session:
        a_crowd(
            session,
            source=STATEMENT,
            slug="archives",
            many=many,
            deadline=DEADLINE,
            mail_domain=MAIL_DOMAIN,
            now=NOW,
        )


@pytest.mark.usefixtures("numbers")
def test_it_narrows_and_searches(client: TestClient, outreach: Outreach) -> None:
    signed_in(outreach, client)
    assert "4 organizations" in client.get(LIST).text
    assert "1 organization found" in client.get(f"{LIST}?q=helene").text
    assert "مركز الأرشيف" in client.get(f"{LIST}?language=ar&country=LB").text
    assert "Nothing found" in client.get(f"{LIST}?q=nobody").text
    assert client.get(f"{LIST}?show=x&sort=y&page=z&q=%00&language=%00").status_code == 200


def test_filters_stay_from_page_to_page(client: TestClient, outreach: Outreach) -> None:
    _crowd(outreach, 200)
    signed_in(outreach, client)
    page = client.get(f"{LIST}?show=signed").text
    assert 'href="?show=signed&amp;page=2"' in page
    assert "Page 2 of 2" in client.get(f"{LIST}?show=signed&page=2").text
    assert "Page 2 of 2" in client.get(f"{LIST}?show=signed&page=77").text


@pytest.mark.usefixtures("numbers")
def test_the_file_has_a_line_for_each_contact_and_no_formula(
    client: TestClient, outreach: Outreach
) -> None:
    with outreach.database.transaction() as session:
        organization = session.exec(select(Organization)).first()
        assert organization is not None
        organization.name = "=1+1"
        session.add(organization)
    visitor = signed_in(outreach, client, Role.EDITOR)
    response = post(client, f"{LIST}.csv", visitor)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))
    assert len(rows) == 4
    assert {"'=1+1", "مركز الأرشيف"} <= {row["organization"] for row in rows}
    assert {row["last_mail_state"] for row in rows} == {"sent"}
    narrowed = post(client, f"{LIST}.csv", visitor, q="helene").text
    assert len(narrowed.splitlines()) == 2


def test_the_chosen_are_reminded_once_the_number_is_agreed_to(
    client: TestClient, outreach: Outreach, numbers: dict[str, int]
) -> None:
    visitor = signed_in(outreach, client, Role.EDITOR)
    chosen = [numbers["Archive Watch"], numbers["مركز الأرشيف"]]
    before = everything_stored(outreach.database)
    shown = post(client, f"{LIST}/remind", visitor, organization=chosen)
    assert shown.status_code == 200
    assert "<strong>2 people</strong> at 2 of the 2 chosen organizations" in shown.text
    assert everything_stored(outreach.database) == before
    wrong = post(client, f"{LIST}/remind", visitor, organization=chosen, expected="3")
    assert wrong.status_code == 409
    assert everything_stored(outreach.database) == before
    done = post(client, f"{LIST}/remind", visitor, organization=chosen, expected="2")
    assert done.headers["location"] == f"{LIST}?done=reminded"
    with outreach.database.reading() as session:
        assert len(the_messages(session, "Archive Watch")) == 2
        assert len(the_messages(session, "Le Comité des familles")) == 1


def test_all_that_are_found_are_reminded_by_the_filter(
    client: TestClient, outreach: Outreach, numbers: dict[str, int]
) -> None:
    visitor = signed_in(outreach, client)
    shown = post(client, f"{LIST}/remind", visitor, all="yes", language="fr")
    assert "<strong>1 person</strong> at 1 of the 1 chosen organization" in shown.text
    assert 'name="language" value="fr"' in shown.text
    post(client, f"{LIST}/remind", visitor, all="yes", language="fr", expected="1")
    with outreach.database.reading() as session:
        assert len(the_messages(session, "Le Comité des familles")) == 2
        assert len(the_messages(session)) == 5
    again = post(client, f"{LIST}/remind", visitor, all="yes", language="fr")
    assert "Nobody</strong> at the 1 chosen organization can be reminded now" in again.text


@pytest.mark.usefixtures("numbers")
def test_nobody_chosen_is_nobody_reminded(client: TestClient, outreach: Outreach) -> None:
    visitor = signed_in(outreach, client)
    assert "No organization was chosen" in post(client, f"{LIST}/remind", visitor).text
    refused = post(client, f"{LIST}/remind", visitor, expected="0")
    assert refused.status_code == 409


def test_another_campaigns_organizations_are_not_reminded(
    client: TestClient, outreach: Outreach, numbers: dict[str, int]
) -> None:
    an_open_campaign(outreach.database, slug="other")
    visitor = signed_in(outreach, client)
    path = "/desk/c/other/organizations/remind"
    refused = post(client, path, visitor, organization=[*numbers.values()], expected="4")
    assert refused.status_code == 409


def test_a_viewer_reminds_nobody(
    client: TestClient, outreach: Outreach, numbers: dict[str, int]
) -> None:
    visitor = signed_in(outreach, client, Role.VIEWER)
    assert "Remind" not in client.get(LIST).text
    refused = post(client, f"{LIST}/remind", visitor, organization=[numbers["Archive Watch"]])
    assert refused.status_code == 403


def test_the_page_of_one_tells_its_story(
    client: TestClient, outreach: Outreach, numbers: dict[str, int]
) -> None:
    signed_in(outreach, client)
    page = client.get(f"{LIST}/{numbers['Archive Watch']}").text
    assert "Invitation</a> to" in page
    assert "/desk/c/archives/mails/" in page
    assert "Reminder to" in page
    assert "May sign" in page


def test_the_chosen_are_given_to_one_and_all_that_are_found_to_another(
    client: TestClient, outreach: Outreach, numbers: dict[str, int]
) -> None:
    lin = signed_in(outreach, client, email="lin@coalition.example", name="Lin").coordinator_id
    nora = signed_in(outreach, client)
    page = client.get(LIST).text
    assert f'<option value="{lin}">Lin</option>' in page
    assert f'<option value="{nora.coordinator_id}" selected>You</option>' in page
    chosen = [numbers["Archive Watch"], numbers["مركز الأرشيف"]]
    done = post(client, f"{LIST}/own", nora, organization=chosen, owner=str(lin))
    assert done.headers["location"] == f"{LIST}?done=given"
    own = str(nora.coordinator_id)
    found = post(client, f"{LIST}/own", nora, all="yes", language="fr", owner=own)
    assert found.headers["location"] == f"{LIST}?language=fr&done=given"
    with outreach.database.reading() as session:
        owners = {one.organization_id: one.owner_id for one in session.exec(select(Chase))}
    comite = numbers["Le Comité des familles"]
    assert owners == {chosen[0]: lin, chosen[1]: lin, comite: nora.coordinator_id}


@pytest.mark.usefixtures("numbers")
def test_nothing_chosen_or_nobody_to_give_it_to_is_said(
    client: TestClient, outreach: Outreach
) -> None:
    visitor = signed_in(outreach, client)
    own = str(visitor.coordinator_id)
    for fields in ({"owner": own}, {"organization": ["1"], "owner": "99"}, {"organization": ["1"]}):
        done = post(client, f"{LIST}/own", visitor, **fields)
        assert done.headers["location"] == f"{LIST}?done=nobody"
    assert "choose organizations that were invited" in client.get(f"{LIST}?done=nobody").text
    odd = post(client, f"{LIST}/own", visitor, organization=[str(2**63)], owner=own)
    assert odd.status_code == 422
    signed_in(outreach, client, Role.VIEWER)
    assert "/organizations/own" not in client.get(LIST).text
