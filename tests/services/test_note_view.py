"""A person at the page is noted once a visit, and nobody else ever."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.errors import LinkRefused
from outreach.services.note_view import ONE_VISIT, note_view
from outreach.services.steer_campaign import cancel_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import PageView
from tests.factories import NOW, a_contact, a_launched_campaign, the_link
from tests.racing import race


def _views(session: Session) -> list[PageView]:
    return list(session.exec(select(PageView)))


def test_one_row_for_each_contact_in_half_an_hour(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        alpha, beta = the_link(session, "Alpha").id, the_link(session, "Beta").id
        assert note_view(session, link_id=alpha, now=NOW)
        assert note_view(session, link_id=beta, now=NOW)
        almost = NOW + ONE_VISIT - timedelta(microseconds=1)
        assert not note_view(session, link_id=alpha, now=almost)
        assert note_view(session, link_id=alpha, now=NOW + ONE_VISIT)
        assert len(_views(session)) == 3


def test_two_windows_at_once_are_one_visit(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        link_id = the_link(session, "Alpha").id

    def report() -> bool:
        with database.transaction() as session:
            return note_view(session, link_id=link_id, now=NOW)

    assert sorted(race([report] * 4), key=str) == [False, False, False, True]


def test_a_link_that_leads_nowhere_notes_nothing(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha")
        with pytest.raises(LinkRefused):
            note_view(session, link_id="unknown", now=NOW)
        link = the_link(session, "Alpha")
        cancel_campaign(session, slug=campaign.slug)
        with pytest.raises(LinkRefused):
            note_view(session, link_id=link.id, now=NOW)
        assert _views(session) == []


def test_who_is_only_copied_is_no_viewer(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha")
        link, contact = the_link(session, "Alpha"), a_contact(session, campaign, role="copied")
        link.contact_id = contact.id or 0
        session.add(link)
        session.flush()
        with pytest.raises(LinkRefused):
            note_view(session, link_id=link.id, now=NOW)
