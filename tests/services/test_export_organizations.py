"""The list of organizations as a file: as it was narrowed, in its order, written down."""

import csv
import io

import pytest
from sqlmodel import Session, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import CampaignNotFound
from outreach.services.export_organizations import begin_organizations, organization_rows
from outreach.services.list_organizations import Narrowing
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.tables import Contact, Organization
from tests.factories import NOW, a_campaign, a_contact, a_launched_campaign, send_what_is_due

NORA = Actor("Nora Feld")


def taken_out(session: Session, *, chunk: int = 500, **how: str) -> list[dict[str, str]]:
    """As a spreadsheet reads it."""
    begun = begin_organizations(
        session, slug="visit", narrowing=Narrowing.read(**how), by=NORA, now=NOW
    )
    content = begun.head
    for start in range(0, len(begun.organizations), chunk):
        content += organization_rows(
            session,
            campaign_id=begun.campaign_id,
            organizations=begun.organizations[start : start + chunk],
        )
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_each_contact_in_use_has_a_line_with_the_mail_that_asked_it(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "One", "Two")
        send_what_is_due(session)
        a_contact(session, campaign, organization="Two", email="second@two.example")
        a_contact(session, campaign, organization="Two", email="gone@two.example").replaced_at = NOW
        session.get_one(Organization, 1).name = "=1+1"
        session.flush()
        one, two, second = taken_out(session, chunk=1)
    assert (one["organization"], one["last_mail"], one["last_mail_state"]) == (
        "'=1+1", "invitation", "sent",
    )  # fmt: skip
    assert two["organization"] == second["organization"] == "Two"
    assert (second["email"], second["last_mail_state"]) == ("second@two.example", "")


def test_only_what_was_found_is_taken_out_in_the_order_of_the_list(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        for name in ("Gamma", "Alpha", "Beta"):
            a_contact(session, campaign, organization=name, language="de")
        session.get_one(Contact, 3).language = "fr"
        session.flush()
        assert [row["organization"] for row in taken_out(session, language="de")] == [
            "Alpha", "Gamma",
        ]  # fmt: skip
        activity = session.exec(select(Activity)).one()
        assert (activity.action, activity.detail, activity.actor) == (
            "organizations.export", "2 of them", "Nora Feld",
        )  # fmt: skip


def test_another_campaigns_organizations_are_not_given_out(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        other = a_launched_campaign(session, "Elsewhere", slug="other")
        assert other.id is not None
        assert not organization_rows(session, campaign_id=other.id, organizations=[1])
        with pytest.raises(CampaignNotFound):
            begin_organizations(session, slug="nowhere", narrowing=Narrowing(), by=NORA, now=NOW)
