"""The activity log."""

from sqlmodel import col, select

from outreach.domain.coordinator import COMMAND_LINE
from outreach.services.note_activity import note_activity
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from tests.coordinators import a_coordinator, actor
from tests.factories import NOW, a_campaign


def test_a_line_says_who_did_what_and_when(database: Database) -> None:
    with database.transaction() as session:
        nora, campaign = a_coordinator(session), a_campaign(session)
        note_activity(
            session,
            by=actor(nora),
            action="campaign.pause",
            campaign_id=campaign.id,
            detail="the hall burned",
            now=NOW,
        )
        note_activity(session, by=COMMAND_LINE, action="campaign.resume", now=NOW)
    with database.reading() as session:
        first, second = session.exec(select(Activity).order_by(col(Activity.id)))
    assert (first.actor, first.coordinator_id, first.action, first.at) == (
        "Nora Feld",
        nora.id,
        "campaign.pause",
        NOW,
    )
    assert (first.campaign_id, first.detail) == (campaign.id, "the hall burned")
    assert (second.actor, second.coordinator_id) == ("command line", None)
