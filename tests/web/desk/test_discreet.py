"""Discreet mail is ticked for a whole campaign on the wizard's page, or for one contact."""

from fastapi.testclient import TestClient
from sqlmodel import col, select

from outreach.store.campaigns import find_campaign
from outreach.store.tables import Contact
from outreach.wiring import Outreach
from tests.web.desk.conftest import post, signed_in
from tests.web.desk.wizard import SLUG_OF_FIELDS, a_draft, words_of
from tests.web.invited import an_open_campaign

TICKED = 'name="discreet" value="yes" checked'


def _is_discreet(outreach: Outreach) -> bool:
    with outreach.database.reading() as session:
        campaign = find_campaign(session, SLUG_OF_FIELDS)
        assert campaign is not None
        return campaign.discreet


def test_a_campaign_is_made_discreet_and_open_again(outreach: Outreach, client: TestClient) -> None:
    visitor = signed_in(outreach, client)
    at = a_draft(client, visitor)
    fields = {"sender_name": "The Archives", "reply_to": "nora@coalition.example"}
    assert TICKED not in client.get(f"{at}/sender").text

    assert post(client, f"{at}/sender", visitor, **fields, discreet="yes").status_code == 303
    assert _is_discreet(outreach)
    page = client.get(f"{at}/sender").text
    assert TICKED in page
    assert "A message for you" in words_of(page)
    assert "This campaign’s mail is discreet" in client.get(f"{at}/wording/invitation/en").text
    assert "discreet mail" in words_of(client.get(at).text)
    wrong = post(client, f"{at}/sender", visitor, sender_name="", reply_to="", discreet="yes")
    assert TICKED in wrong.text

    assert post(client, f"{at}/sender", visitor, **fields).status_code == 303
    assert not _is_discreet(outreach)


def test_one_contact_is(outreach: Outreach, client: TestClient) -> None:
    an_open_campaign(outreach.database)
    visitor = signed_in(outreach, client)
    path = "/desk/c/archives/organizations/1/contacts/1"
    assert TICKED not in client.get(path).text
    fields = {"name": "Ida Berg", "email": "ida@archive-watch.example", "language": "en"}
    fields |= {"zone": "Europe/London", "discreet": "yes"}
    assert post(client, path, visitor, **fields).status_code == 303
    assert TICKED in client.get(path).text
    with outreach.database.reading() as session:
        discreet = select(Contact.email).where(col(Contact.discreet))
        assert list(session.exec(discreet)) == ["ida@archive-watch.example"]
