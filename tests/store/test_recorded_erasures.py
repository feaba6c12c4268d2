"""Nothing is left of who has given a consent that was recorded by hand, and namesakes keep theirs.
On both databases."""

import base64

import pytest
from sqlmodel import select

from outreach.domain.evidence import PERSONAL_FIELDS
from outreach.services.export_person import as_json, export_person
from outreach.services.launch_campaign import launch_campaign
from outreach.services.record_consent import SOMEBODY_ELSE
from outreach.store.consent_tables import ConsentFile
from outreach.store.database import Database
from outreach.store.tables import Contact
from tests.factories import (
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    the_messages,
    the_signatures,
)
from tests.keeping import keep
from tests.recording import confirm, record, the_record
from tests.services.test_append_event import check, the_events
from tests.services.test_erase_person import EMAIL, NAME, OTHER, erase, traces

LETTER = b"\x89PNG\r\n\x1a\n a picture of her letter, which no search can read"


def a_recorded_story(database: Database, *, contact: str, confirmed: bool = False) -> None:
    """Of one whose consent came by letter: a contact, or somebody else of the same name."""
    with database.transaction() as session:
        campaign = a_campaign(session)
        person = a_contact(session, campaign, organization=NAME, email=EMAIL)
        person.name = "Grace Hopper"
        session.add(person)
        a_contact(session, campaign, organization=NAME)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        record(
            session,
            contact=contact or str(person.id),
            person="Grace Hopper",
            capacity="Chief Navigator",
            quote="Yes. The navigator",
            file_name="letter.png",
            file=LETTER,
        )
        if confirmed:
            confirm(session)


@pytest.mark.parametrize("contact", ["", SOMEBODY_ELSE])
@pytest.mark.parametrize("confirmed", [True, False])
def test_nothing_is_left_of_what_was_recorded_by_hand(
    database: Database, contact: str, confirmed: bool
) -> None:
    a_recorded_story(database, contact=contact, confirmed=confirmed)
    with database.transaction() as session:
        assert session.exec(select(ConsentFile)).all() != []
        erase(session)
    with database.reading() as session:
        assert traces(session) == []
        assert session.exec(select(ConsentFile)).all() == []
        check(session)
        kept = the_record(session)
        assert (kept.person, kept.capacity, kept.quote) == ("(erased)", "(erased)", "")
        assert kept.state == ("confirmed" if confirmed else "refused")
        assert kept.credit_line == NAME
        for event in the_events(session):
            if event["kind"] in ("recorded", "signed"):
                assert not event["opened"].keys() & PERSONAL_FIELDS
        assert [one.credit_line for one in the_signatures(session)] == [NAME] * confirmed


def test_what_was_recorded_of_another_stays(database: Database) -> None:
    a_recorded_story(database, contact="")
    with database.transaction() as session:
        (colleague,) = session.exec(select(Contact).where(Contact.email != EMAIL)).all()
        erase(session, colleague.email)
        kept = the_record(session)
        assert (kept.person, kept.quote, kept.state) == (
            "Grace Hopper",
            "Yes. The navigator",
            "waiting",
        )
        assert session.exec(select(ConsentFile.content)).all() == [LETTER]


def test_the_copies_of_mails_about_a_recorded_consent_name_nobody(database: Database) -> None:
    a_recorded_story(database, contact=SOMEBODY_ELSE, confirmed=True)
    with database.transaction() as session:
        receipts = [one for one in the_messages(session, NAME) if one.kind == "recorded_receipt"]
        assert len(receipts) == 2
        for one in receipts:
            keep(session, one)
        assert any(one.startswith("delivery_event") for one in traces(session))
        erase(session)
    with database.reading() as session:
        assert traces(session) == []


@pytest.mark.parametrize("person", ["Grace Hopper", "Grace Hopperson", "Ada Grace Hopper"])
def test_a_namesakes_recorded_consent_stays(database: Database, person: str) -> None:
    """Of a contact of the same name, and of one whose name only holds this one."""
    with database.transaction() as session:
        campaign = a_campaign(session)
        erased = a_contact(session, campaign, organization=NAME, email=EMAIL)
        namesake = a_contact(session, campaign, organization=OTHER)
        erased.name, namesake.name = "Grace Hopper", person
        session.add_all([erased, namesake])
        session.flush()
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        is_contact = person == erased.name
        contact = str(namesake.id) if is_contact else SOMEBODY_ELSE
        record(session, OTHER, contact=contact, person=person, file_name="a.png", file=LETTER)
        confirm(session, OTHER)
        erase(session)
        kept = the_record(session)
        assert (kept.person, kept.capacity, kept.quote, kept.state) == (
            person,
            "Chair of the board",
            "Yes, put us down",
            "confirmed",
        )
        assert [one.signer_name for one in the_signatures(session)] == [person]
        assert session.exec(select(ConsentFile.content)).all() == [LETTER]


@pytest.mark.parametrize("contact", ["", SOMEBODY_ELSE])
def test_a_person_is_shown_what_was_recorded_of_them(database: Database, contact: str) -> None:
    a_recorded_story(database, contact=contact)
    with database.reading() as session:
        exported = export_person(session, email=EMAIL)
        told = str(exported)
        assert "Yes. The navigator" in told
        assert "Chief Navigator" in told
        (recorded,) = exported["recorded_consents"]
        assert recorded["file"] == {"kind": "png", "base64": base64.b64encode(LETTER).decode()}
        assert as_json(exported)
