"""A launch from the desk: whole, agreed to, and noted."""

import pytest
from sqlmodel import select

from outreach.domain.coordinator import Actor
from outreach.services.apply_brake import UnexpectedNumber
from outreach.services.launch_draft import StepsMissing, launch_draft, whom_to_launch_to
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.tables import Message, Suppression
from tests.factories import DEADLINE, DOMAIN, NOW, a_campaign, a_contact

FACTS = {"slug": "visit", "mail_domain": DOMAIN, "captured": False, "by": Actor("Nora")}


def test_it_is_noted_with_the_numbers(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session))
        assert whom_to_launch_to(session, slug="visit").people == 1
        launch_draft(session, expected=1, now=NOW, **FACTS)  # type: ignore[arg-type]
        (noted,) = session.exec(select(Activity))
        assert len(session.exec(select(Message)).all()) == 1
    assert (noted.action, noted.actor) == ("campaign.launch", "Nora")
    assert noted.detail == "1 invitations to 1 organizations"


def test_who_gets_no_mail_is_not_noted_as_invited(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Alpha", email="ida@alpha.example")
        a_contact(session, campaign, organization="Beta")
        session.add(
            Suppression(email_key="ida@alpha.example", reason="asked for none", created_at=NOW)
        )
        session.flush()
        launch_draft(session, expected=1, now=NOW, **FACTS)  # type: ignore[arg-type]
        (noted,) = session.exec(select(Activity))
        assert noted.detail == "1 invitations to 1 organizations"


@pytest.mark.parametrize("what", ["deadline", "partners", "late"])
def test_what_is_missing_keeps_it_a_draft(database: Database, what: str) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        if what != "partners":
            a_contact(session, campaign)
        campaign.open_steps = "deadline" if what == "deadline" else ""
        session.add(campaign)
    now = DEADLINE if what == "late" else NOW
    with pytest.raises(StepsMissing), database.transaction() as session:
        launch_draft(session, expected=1, now=now, **FACTS)  # type: ignore[arg-type]
    with database.reading() as session:
        assert require_campaign(session, "visit").state == "draft"


def test_another_number_than_was_agreed_to_mails_nobody(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session))
    with pytest.raises(UnexpectedNumber), database.transaction() as session:
        launch_draft(session, expected=2, now=NOW, **FACTS)  # type: ignore[arg-type]
    with database.reading() as session:
        assert session.exec(select(Message)).all() == []
        assert session.exec(select(Activity)).all() == []
