"""What the page to change a contact begins with. On both databases."""

import pytest

from outreach.domain.errors import CampaignNotFound
from outreach.services.show_contact import show_contact
from outreach.store.database import Database
from tests.factories import a_campaign, a_contact, a_launched_campaign


def test_one_who_was_mailed_is_shown_as_stored(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        facts, found = show_contact(session, slug="visit", organization_id=1, contact_id=1)
        assert facts.slug == "visit"
        assert found is not None
        assert (found.organization, found.was_mailed, found.is_gone) == ("Alpha", True, False)
        assert found.offered["name"] == "Ada Example"
        assert found.offered["zone"] == "Europe/Berlin"


def test_one_who_is_added_begins_with_the_campaigns_language_and_zone(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session, zone="Asia/Taipei")
        a_contact(session, campaign)
        _, found = show_contact(session, slug="visit", organization_id=1, contact_id=None)
        assert found is not None
        assert (found.offered["language"], found.offered["zone"]) == ("en", "Asia/Taipei")
        assert (found.offered["email"], found.was_mailed, found.is_gone) == ("", False, False)


def test_what_is_not_there_is_said(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        _, gone = show_contact(session, slug="visit", organization_id=1, contact_id=2)
        assert gone is not None
        assert gone.is_gone
        assert show_contact(session, slug="visit", organization_id=9, contact_id=1)[1] is None
        with pytest.raises(CampaignNotFound):
            show_contact(session, slug="nowhere", organization_id=1, contact_id=1)
