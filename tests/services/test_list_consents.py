"""What waits for a second coordinator, how many that are, and what was attached."""

import pytest
from sqlmodel import Session

from outreach.domain.coordinator import Role
from outreach.domain.errors import InvitationNotFound
from outreach.domain.recorded_consent import FileKind, Obstacle
from outreach.services.close_campaign import close_campaign
from outreach.services.list_consents import count_waiting, has_second, list_waiting, read_file
from outreach.services.steer_campaign import cancel_campaign
from outreach.store import coordinators
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from tests.coordinators import a_coordinator
from tests.factories import DOMAIN, NOW, a_launched_campaign, sign
from tests.recording import confirm, record, refuse, the_record

PDF = b"%PDF-1.7\n yes"


def count(session: Session) -> int:
    return count_waiting(session, require_campaign(session, "visit").id or 0)


def test_what_waits_is_listed_the_oldest_first_and_what_was_settled_is_not(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two", "Three", "Four")
        for name in ("Two", "One", "Three"):
            record(session, name)
        refuse(session, "Three")
        record(session, "Four")
        confirm(session, "Four")
        waiting = list_waiting(session, slug="visit", now=NOW)
        assert [one.organization for one in waiting.rows] == ["Two", "One"]
        assert {one.recorder for one in waiting.rows} == {"Nora"}
        assert count(session) == 2


def test_one_that_the_organization_overtook_is_shown_and_asks_for_nobody(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two")
        record(session, "One")
        record(session, "Two")
        sign(session, "One")
        first, second = list_waiting(session, slug="visit", now=NOW).rows
        assert (first.obstacle, second.obstacle) == (Obstacle.ANSWERED, None)
        assert count(session) == 1


def test_what_the_close_has_overtaken_still_asks_for_somebody(database: Database) -> None:
    """The list can be reopened for it: nobody's yes is lost."""
    with database.transaction() as session:
        a_launched_campaign(session, "One")
        record(session, "One")
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        (shown,) = list_waiting(session, slug="visit", now=NOW).rows
        assert shown.obstacle is Obstacle.CLOSED
        assert count(session) == 1


def test_a_cancelled_campaign_asks_for_nobody(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One")
        record(session, "One")
        cancel_campaign(session, slug="visit")
        (shown,) = list_waiting(session, slug="visit", now=NOW).rows
        assert shown.obstacle is Obstacle.CANCELLED
        assert count(session) == 0


def test_another_campaigns_records_are_not_listed(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One")
        a_launched_campaign(session, "Two", slug="other")
        record(session, "One")
        assert list_waiting(session, slug="other", now=NOW).rows == ()


def test_a_second_is_one_who_may_edit_and_can_come_in(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session, email="one@coalition.example")
        assert not has_second(session)
        a_coordinator(session, email="two@coalition.example", role=Role.VIEWER)
        a_coordinator(session, email="three@coalition.example", password_hash="")
        gone = a_coordinator(session, email="four@coalition.example", role=Role.EDITOR)
        assert has_second(session)
        gone.disabled_at = NOW
        coordinators.save(session, gone)
        assert not has_second(session)


def test_a_file_is_read_by_its_own_campaign_and_organization_alone(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two")
        number = record(session, "One", file_name="a.pdf", file=PDF)
        ours = the_record(session).organization_id
        found = read_file(session, slug="visit", organization_id=ours, consent_id=number)
        assert found == (FileKind.PDF, PDF)
        without = record(session, "Two")
        theirs = the_record(session).organization_id
        for organization_id, consent_id in [(theirs, number), (theirs, without), (ours, 999_999)]:
            with pytest.raises(InvitationNotFound):
                read_file(
                    session, slug="visit", organization_id=organization_id, consent_id=consent_id
                )
