"""A person at the page is noted once a visit, and nobody else ever."""

from datetime import timedelta
from functools import partial

import pytest
from sqlmodel import Session, select

from outreach.domain.errors import LinkRefused
from outreach.services.note_view import ONE_VISIT, note_view
from outreach.services.steer_campaign import cancel_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import PageView
from tests.factories import DOMAIN, NOW, a_contact, a_launched_campaign, sign, the_link
from tests.racing import race
from tests.services.test_append_event import check, the_events, the_kinds


def _views(session: Session) -> list[PageView]:
    return list(session.exec(select(PageView)))


def test_one_row_for_each_contact_in_half_an_hour(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        alpha, beta = the_link(session, "Alpha").id, the_link(session, "Beta").id
        assert note_view(session, link_id=alpha, mail_domain=DOMAIN, now=NOW)
        assert note_view(session, link_id=beta, mail_domain=DOMAIN, now=NOW)
        almost = NOW + ONE_VISIT - timedelta(microseconds=1)
        assert not note_view(session, link_id=alpha, mail_domain=DOMAIN, now=almost)
        assert note_view(session, link_id=alpha, mail_domain=DOMAIN, now=NOW + ONE_VISIT)
        assert len(_views(session)) == 3


def test_two_windows_at_once_are_one_visit(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        link_id = the_link(session, "Alpha").id

    def report() -> bool:
        with database.transaction() as session:
            return note_view(session, link_id=link_id, mail_domain=DOMAIN, now=NOW)

    assert sorted(race([report] * 4), key=str) == [False, False, False, True]


def test_a_link_that_leads_nowhere_notes_nothing(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha")
        with pytest.raises(LinkRefused):
            note_view(session, link_id="unknown", mail_domain=DOMAIN, now=NOW)
        link = the_link(session, "Alpha")
        cancel_campaign(session, slug=campaign.slug)
        with pytest.raises(LinkRefused):
            note_view(session, link_id=link.id, mail_domain=DOMAIN, now=NOW)
        assert _views(session) == []


def test_who_is_only_copied_is_no_viewer(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha")
        link, contact = the_link(session, "Alpha"), a_contact(session, campaign, role="copied")
        link.contact_id = contact.id or 0
        session.add(link)
        session.flush()
        with pytest.raises(LinkRefused):
            note_view(session, link_id=link.id, mail_domain=DOMAIN, now=NOW)


def test_the_first_view_of_a_day_is_evidence_and_names_its_viewer_by_commitment(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        link = the_link(session, "Alpha").id
        for after in (0, 1, 9, 11):  # from 14:00: three visits of one day, one of the next
            note_view(session, link_id=link, mail_domain=DOMAIN, now=NOW + timedelta(hours=after))
        first, second = the_events(session)
        assert (first["at"], second["at"]) == ("2026-03-04T14:00:00Z", "2026-03-05T01:00:00Z")
        assert (first["kind"], first["method"]) == ("viewed", "link")
        assert first["opened"].keys() == {"organization", "person", "email"}
        assert first["opened"]["person"] == "Ada Example"
        check(session)


def test_views_and_answers_at_once_stand_in_one_line(database: Database) -> None:
    names = [f"Organization {number}" for number in range(8)]
    with database.transaction() as session:
        a_launched_campaign(session, *names)

    def view(name: str) -> None:
        with database.transaction() as session:
            link = the_link(session, name).id
            note_view(session, link_id=link, mail_domain=DOMAIN, now=NOW)

    def answer(name: str) -> None:
        with database.transaction() as session:
            sign(session, name)

    acts = [partial(act, name) for name in names for act in (view, answer)]
    assert race(acts) == [None] * 16
    with database.reading() as session:
        kinds = the_kinds(session)
        assert (kinds.count("viewed"), kinds.count("signed")) == (8, 8)
        check(session)
