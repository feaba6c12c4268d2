"""The activity log, filtered and paged."""

from datetime import timedelta

from sqlmodel import Session

from outreach.services.list_activity import PAGE_SIZE, list_activity
from outreach.services.note_activity import note_activity
from outreach.store.database import Database
from tests.coordinators import a_coordinator, actor
from tests.factories import NOW, a_campaign


def _fill(session: Session, many: int) -> tuple[int, int]:
    nora = a_coordinator(session)
    ben = a_coordinator(session, email="ben@coalition.example", name="Ben")
    campaign = a_campaign(session)
    for number in range(many):
        note_activity(
            session,
            by=actor(nora if number % 2 else ben),
            action="note.add",
            campaign_id=campaign.id if number % 3 == 0 else None,
            detail=str(number),
            now=NOW + timedelta(minutes=number),
        )
    assert nora.id
    assert ben.id
    return nora.id, ben.id


def test_the_newest_stands_first_a_page_at_a_time(database: Database) -> None:
    with database.transaction() as session:
        _fill(session, PAGE_SIZE + 2)
        first, last = list_activity(session), list_activity(session, page=99)
    assert first.rows[0].detail == str(PAGE_SIZE + 1)
    assert (len(first.rows), first.total, first.pages) == (PAGE_SIZE, PAGE_SIZE + 2, 2)
    assert [row.detail for row in last.rows] == ["1", "0"], "past the last page is the last"


def test_it_is_filtered_by_campaign_and_by_person(database: Database) -> None:
    with database.transaction() as session:
        nora, _ = _fill(session, 7)
        of_campaign = list_activity(session, campaign_slug="visit")
        of_nora = list_activity(session, coordinator_id=nora)
        of_both = list_activity(session, campaign_slug="visit", coordinator_id=nora)
        of_none = list_activity(session, campaign_slug="other")
    assert [row.detail for row in of_campaign.rows] == ["6", "3", "0"]
    assert [row.detail for row in of_nora.rows] == ["5", "3", "1"]
    assert [row.detail for row in of_both.rows] == ["3"]
    assert (of_none.rows, of_none.pages) == ((), 1)
    assert of_campaign.rows[0].campaign_title == "Joint statement on the visit"
    assert of_nora.campaigns == (("visit", "Joint statement on the visit"),)
    assert [name for _, name in of_nora.people] == ["Ben", "Nora Feld"]
