"""The activity log, filtered and paged."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from outreach.domain.notice import NoticeKind
from outreach.services.list_activity import PAGE_SIZE, list_activity, list_undelivered
from outreach.services.note_activity import note_activity
from outreach.store.database import Database
from outreach.store.notices import queue_notices
from tests.coordinators import a_coordinator, actor
from tests.factories import NOW, a_campaign
from tests.noticing import the_notices


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


@pytest.mark.parametrize(
    ("state", "repeats", "is_told"),
    [
        ("failed", 0, True),
        ("uncertain", 1, True),
        ("uncertain", 0, False),  # it goes once more by itself
        ("queued", 1, False),
        ("sent", 1, False),
        ("cancelled", 0, False),
    ],
)
def test_a_mail_to_a_coordinator_that_did_not_surely_arrive_is_told_for_a_week(
    database: Database, state: str, repeats: int, is_told: bool
) -> None:
    with database.transaction() as session:
        nora = a_coordinator(session)
        assert nora.id
        for day in (1, 2):
            queue_notices(session, [nora.id], NoticeKind.DIGEST, key=f"2026-03-0{day}", now=NOW)
        for notice in the_notices(session):
            notice.state, notice.repeats = state, repeats
    with database.reading() as session:
        told = list_undelivered(session, now=NOW + timedelta(days=7) - timedelta(seconds=1))
        later = list_undelivered(session, now=NOW + timedelta(days=7))
    assert told == ([("Nora Feld", 2)] if is_told else [])
    assert later == []


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
