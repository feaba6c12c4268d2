"""What is kept of a person is counted, and the counting does not grow with it."""

import pytest

from outreach.services.erase_person import NobodyOfThisAddress
from outreach.services.export_person import export_person
from outreach.services.launch_campaign import launch_campaign
from outreach.services.note_view import note_view
from outreach.services.show_person import PersonView, show_person
from outreach.store import suppressions
from outreach.store.database import Database
from tests.counting import counting
from tests.factories import DOMAIN, NOW, a_campaign, a_contact, sign, the_link
from tests.services.test_erase_person import EMAIL, NAME, OTHER, a_story, erase


def test_it_counts_what_the_export_tells_in_full(database: Database) -> None:
    a_story(database)
    with database.transaction() as session:
        note_view(session, link_id=the_link(session, NAME).id, mail_domain=DOMAIN, now=NOW)
        view = show_person(session, email=EMAIL.upper())
        told = export_person(session, email=EMAIL)
        (contact,) = view.contacts
        assert (contact.slug, contact.organization, contact.role) == ("visit", NAME, "signs")
        tables = ("messages", "answers", "signatures", "reviews", "page_views", "links")
        in_full = [len(told["contacts"][0][name]) for name in tables]
        assert list(contact.kept.values()) == in_full
        assert in_full[1:] == [2, 1, 0, 1, 1]
        assert view.is_kept_out
        assert view.mentions == len(told["mentions"]) >= 2
        assert (view.recorded, view.requests) == (0, 0)


def test_of_nobody_nothing_is_told(database: Database) -> None:
    a_story(database)
    with database.transaction() as session:
        erase(session)
        for email in (EMAIL, "nobody@example.org"):
            with pytest.raises(NobodyOfThisAddress):
                show_person(session, email=email)


def test_an_address_that_is_only_kept_out_is_told(database: Database) -> None:
    with database.transaction() as session:
        suppressions.record_suppression(session, EMAIL, reason="bounced", now=NOW)
        told = PersonView([], is_kept_out=True, recorded=0, requests=0, mentions=0)
        assert show_person(session, email=EMAIL) == told


def test_more_contacts_need_no_more_questions(database: Database) -> None:
    """With more mails, answers and organizations besides."""
    asked: dict[int, int] = {}
    for number in range(1, 6):
        slug = f"visit-{number}"
        with database.transaction() as session:
            campaign = a_campaign(session, slug=slug)
            organization = f"{OTHER} {number}"
            a_contact(session, campaign, organization=organization, email=EMAIL)
            for other in range(number):
                a_contact(session, campaign, organization=f"{NAME} {number} {other}")
            launch_campaign(session, slug=slug, mail_domain=DOMAIN, now=NOW)
            sign(session, organization)
        with database.reading() as session, counting(database) as questions:
            view = show_person(session, email=EMAIL)
        assert [one.kept["signature"] for one in view.contacts] == [1] * number
        asked[number] = questions.many
    assert len(set(asked.values())) == 1, asked
