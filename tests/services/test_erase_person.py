"""Nothing is left of an erased person but what their organization consented to."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, SQLModel, select

from outreach.domain.errors import LinkRefused
from outreach.domain.evidence import PERSONAL_FIELDS
from outreach.services import answer_invitation
from outreach.services.erase_person import (
    ErasureReport,
    NobodyOfThisAddress,
    erase_again,
    erase_person,
    export_person,
    note_erasure,
)
from outreach.services.keep_ledgers import keep_ledgers
from outreach.services.launch_campaign import launch_campaign
from outreach.services.record_consent import SOMEBODY_ELSE
from outreach.services.suppress_contact import suppress
from outreach.store import signatures
from outreach.store.campaigns import require_campaign
from outreach.store.consent_tables import ConsentFile
from outreach.store.database import Database
from outreach.store.desk_tables import Note, Upload
from outreach.store.tables import Contact, Organization, Signature
from tests.factories import (
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    decline,
    send_what_is_due,
    sign,
    the_link,
    the_messages,
    the_signatures,
)
from tests.ledger.made import KEY
from tests.recording import confirm, record, the_record
from tests.services.test_append_event import check, the_events, the_kinds

NAME, OTHER = "Hong Kong Watch", "Other Watch"
EMAIL = "grace.hopper@watch.example"


def erase(session: Session, email: str = EMAIL) -> ErasureReport:
    return erase_person(session, email=email, seed=KEY.seed, mail_domain=DOMAIN, now=NOW)


def a_story(database: Database) -> None:
    """Of one who was invited, has signed, is mentioned here and there, and wants no more mail."""
    with database.transaction() as session:
        campaign = a_campaign(session)
        contact = a_contact(session, campaign, organization=NAME, email=EMAIL)
        contact.name = "Grace Hopper"
        session.add(contact)
        a_contact(session, campaign, organization=OTHER)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        send_what_is_due(session)
        session.connection().execute(
            text("UPDATE message SET last_reply = '<' || :a || '>'"), {"a": EMAIL}
        )
    keep_ledgers(database, key=KEY, mail_domain=DOMAIN, clock=lambda: NOW)
    with database.transaction() as session:
        decline(session, OTHER)
        link = the_link(session, NAME).id
        answer_invitation.decline(
            session, link_id=link, reason="Grace is away", mail_domain=DOMAIN, now=NOW
        )
        sign(session, NAME, signer_name="Rear Admiral Hopper", capacity="Chief Navigator")
        suppress(session, link_id=link, now=NOW)
        organization = session.exec(select(Organization).where(Organization.name == NAME)).one()
        organization.notes = "Ask GRACE HOPPER first"
        assert campaign.id is not None
        assert organization.id is not None
        words = f"Called Grace Hopper, mailed {EMAIL.upper()}"
        note = Note(campaign_id=campaign.id, organization_id=organization.id, text=words, at=NOW)
        session.add_all([organization, note])


def the_declined(session: Session) -> dict[str, str]:
    """What is known of the other organization's answer."""
    events = the_events(session)
    return next(event["opened"] for event in events if event["kind"] == "declined")


WORDS = ("grace", "hopper", "navigator")


def traces(session: Session) -> list[str]:
    """Every place of every table in which one of the words stands."""
    return [
        f"{table.name}: {row}"
        for table in SQLModel.metadata.sorted_tables
        for row in session.connection().execute(table.select())
        if any(word in str(row).lower() for word in WORDS)
    ]


def test_no_trace_is_left_in_any_table_and_the_ledger_still_holds(database: Database) -> None:
    a_story(database)
    with database.reading() as session:
        places = {one.partition(":")[0] for one in traces(session)}
        assert places >= {"contact", "answer", "signature", "ledger_opening", "note"}
    with database.transaction() as session:
        report = erase(session)
        assert report.contacts == 1
        assert report.mentions >= 2
    with database.reading() as session:
        assert traces(session) == []
        check(session)
        assert the_kinds(session)[-1] == "erased"


def test_the_organizations_consent_its_line_and_everybody_else_stay(database: Database) -> None:
    a_story(database)
    with database.transaction() as session:
        others = the_declined(session)
        erase(session)
        campaign = require_campaign(session, "visit")
        assert campaign.id is not None
        (signatory,) = signatures.standing_signatories(session, campaign.id)
        assert signatory.credit_line == NAME
        (signature,) = session.exec(select(Signature)).all()
        assert (signature.signer_name, signature.capacity) == ("(erased)", "(erased)")
        (signed,) = [event for event in the_events(session) if event["kind"] == "signed"]
        assert signed["opened"].keys() == {"organization", "credit_line", "authority"}
        assert signed["commitments"].keys() == signed["opened"].keys() | {
            "person",
            "email",
            "capacity",
        }
        assert the_declined(session) == others


def test_an_erased_person_has_no_link_and_gets_no_mail(database: Database) -> None:
    a_story(database)
    with database.transaction() as session:
        link = the_link(session, NAME).id
        erase(session)
        with pytest.raises(LinkRefused):
            answer_invitation.withdraw(session, link_id=link, mail_domain=DOMAIN, now=NOW)
        assert {one.state for one in the_messages(session, NAME)} <= {"sent", "cancelled"}


def test_bytes_that_hold_an_address_go_as_a_whole(database: Database) -> None:
    a_story(database)
    with database.transaction() as session:
        session.connection().execute(
            text(
                "INSERT INTO coordinator (email, email_key, name, role, zone, wants_digest,"
                " password_hash, totp_secret, totp_step, created_at)"
                " VALUES ('a@b.example', 'a@b.example', '', 'owner', 'UTC', :yes, '', '', 0, :now)"
            ),
            {"yes": True, "now": "2026-01-01 00:00:00"},
        )
        content = f"organization,email\nX,{EMAIL}\n".encode()
        session.add(
            Upload(id="u", campaign_id=1, coordinator_id=1, file_name="x.csv", content=content,
                   created_at=NOW)
        )  # fmt: skip
        session.flush()
        erase(session)
    with database.reading() as session:
        assert traces(session) == []


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


def test_a_person_is_shown_what_was_recorded_of_them(database: Database) -> None:
    a_recorded_story(database, contact="")
    with database.reading() as session:
        told = str(export_person(session, email=EMAIL))
        assert "Yes. The navigator" in told
        assert "Chief Navigator" in told


def test_nobody_can_be_erased_twice_and_an_unknown_address_is_told(database: Database) -> None:
    a_story(database)
    with database.transaction() as session:
        erase(session, EMAIL.upper())
        with pytest.raises(NobodyOfThisAddress):
            erase(session)
        with pytest.raises(NobodyOfThisAddress):
            export_person(session, email="nobody@example.org")


def test_a_person_is_shown_all_that_is_kept_of_them_and_of_nobody_else(database: Database) -> None:
    a_story(database)
    with database.reading() as session:
        told = str(export_person(session, email=EMAIL))
        for word in ("Grace Hopper", "Rear Admiral Hopper", "Chief Navigator", "Grace is away"):
            assert word in told
        assert OTHER not in told
        assert the_link(session, NAME).id not in told


def test_a_restored_backup_is_erased_again(database: Database, tmp_path: Path) -> None:
    a_story(database)
    assert again(database, tmp_path) == 0
    note_erasure(tmp_path, EMAIL, seed=KEY.seed)  # by a database that is lost; this is its backup
    assert EMAIL not in (tmp_path / "erasures").read_text()
    assert again(database, tmp_path) == 1
    assert again(database, tmp_path) == 0
    with database.reading() as session:
        assert traces(session) == []
        assert len(session.exec(select(Contact)).all()) == 2
        check(session)


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_stops_no_sweep(
    database: Database, tmp_path: Path, content: bytes | None
) -> None:
    if content is None:
        (tmp_path / "erasures").mkdir()
    else:
        (tmp_path / "erasures").write_bytes(content)
    assert again(database, tmp_path) == 0


def again(database: Database, home: Path) -> int:
    return erase_again(database, home, seed=KEY.seed, mail_domain=DOMAIN, clock=lambda: NOW)
