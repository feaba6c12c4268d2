"""Nothing is left of an erased person but what their organization consented to."""

from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, SQLModel, select

from outreach.domain.errors import LinkRefused
from outreach.domain.message import MessageKind
from outreach.services import answer_invitation
from outreach.services.clean_typing import LineForm
from outreach.services.erase_person import ErasureReport, NobodyOfThisAddress, erase_person
from outreach.services.export_person import export_person
from outreach.services.keep_ledgers import keep_ledgers
from outreach.services.launch_campaign import launch_campaign
from outreach.services.suppress_contact import suppress
from outreach.store import signatures, suppressions
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import Note, Upload
from outreach.store.tables import (
    Answer,
    Contact,
    DeliveryEvent,
    Link,
    Message,
    Organization,
    Signature,
)
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
)
from tests.keeping import keep
from tests.ledger.made import KEY
from tests.racing import await_blocked, race
from tests.services.test_append_event import check, the_events, the_kinds

NAME, OTHER = "Hong Kong Watch", "Other Watch"
LEASE = timedelta(minutes=5)
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
        assert signed["opened"].keys() == {
            "organization",
            "credit_line",
            "authority",
            "privacy",
        }
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


def test_nobody_can_be_erased_twice_and_an_unknown_address_is_told(database: Database) -> None:
    a_story(database)
    with database.transaction() as session:
        erase(session, EMAIL.upper())
        with pytest.raises(NobodyOfThisAddress):
            erase(session)
        with pytest.raises(NobodyOfThisAddress):
            export_person(session, email="nobody@example.org")


def rows_of(session: Session, *tables: type[SQLModel], of: int) -> list[Any]:
    """What the tables hold of one contact."""
    return [
        row
        for table in tables
        for row in session.connection().execute(
            table.__table__.select().where(table.__table__.c.contact_id == of)  # type: ignore[attr-defined]
        )
    ]


@pytest.mark.parametrize("email", ["joann@example.co", "ann@example.com", "x.ann@example.co"])
def test_who_has_a_longer_address_or_the_same_name_loses_nothing(
    database: Database, email: str
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization=NAME, email="ann@example.co")
        other = a_contact(session, campaign, organization=OTHER, email=email)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        suppressions.record_suppression(session, email, reason="unsubscribed", now=NOW)
        for name in (NAME, OTHER):
            sign(session, name, signer_name="Maria Garcia", capacity="Director")
        answer_invitation.correct(
            session,
            link_id=the_link(session, OTHER).id,
            form=LineForm(credit_line=OTHER, sort_name=""),
            mail_domain=DOMAIN,
            now=NOW,
        )
        assert other.id is not None

        def kept() -> list[Any]:
            rows = rows_of(session, Signature, Answer, Link, Message, of=other.id or 0)
            opened = [event["opened"] for event in the_events(session)[1:3]]
            contact = session.connection().execute(
                select(Contact.name, Contact.email, Contact.email_key).where(Contact.id == other.id)
            )
            shut_out = suppressions.is_suppressed(session, email)
            return [*rows, *opened, *contact, shut_out]

        before = kept()
        erase(session, "ann@example.co")
        assert kept() == before
        assert "person" not in the_events(session)[0]["opened"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ask joann@example.co, ann@example.com", None),
        ("Ask Ann@Example.co.", "Ask (erased)."),
        ("<ann@example.co>; 'ann@example.co'", "<(erased)>; '(erased)'"),
        ("mailto:ann@example.co?x", "mailto:(erased)?x"),
        ("o'ann@example.co x-ann@example.co ann@example.co-op.example", None),
        ("ANN EXAMPLE's reply; Joann Example, Ann Example-Doe", "(erased)'s reply; Joann Example,"
         " Ann Example-Doe"),
        ('{"said":"\\nAnn Example"}', '{"said":"\\n(erased)"}'),
    ],
)  # fmt: skip
def test_only_whole_addresses_and_whole_names_are_taken_out(
    database: Database, text: str, left: str | None
) -> None:
    with database.transaction() as session:
        contact = a_contact(session, a_campaign(session), email="ann@example.co")
        contact.name = "Ann Example"
        note = Note(campaign_id=1, organization_id=contact.organization_id, text=text, at=NOW)
        session.add_all([contact, note])
        session.flush()
        erase(session, "ann@example.co")
        session.refresh(note)
        assert note.text == (left or text)


def test_no_copy_of_a_mail_keeps_the_person_whoever_it_went_to(database: Database) -> None:
    """Names as they are in the world: one word, other letters, a former one, and a position."""
    with database.transaction() as session:
        campaign = a_campaign(session)
        contact = a_contact(session, campaign, organization=NAME, email=EMAIL)
        contact.name = "Gräce"
        session.add(contact)
        a_contact(session, campaign, organization=NAME, email="colleague@watch.example")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        for message in the_messages(session, NAME):
            keep(session, message)
        sign(session, NAME, signer_name="Gräce Höpper", capacity="Chief Navigätor")
        contact.name = "Höpper"
        session.add(contact)
        for message in the_messages(session, NAME, kind=MessageKind.RECEIPT):
            keep(session, message)
        assert len(session.exec(copies()).all()) == 4
        erase(session)
        kept = session.exec(copies()).all()
        assert len(kept) == 1
        assert "colleague@watch.example" in str(kept)
        assert not any(word in str(kept) for word in ("äce", "Höpper", "Navig", EMAIL))


def copies() -> Any:
    return select(DeliveryEvent.sent).where(DeliveryEvent.sent != None)  # noqa: E711 - SQL


def test_who_withdraws_for_a_colleague_is_named_alone_and_each_is_erased_alone(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization=NAME, email="ada@watch.example")
        bob = a_contact(session, campaign, organization=NAME, email="bob@watch.example")
        bob.name = "Bob Builder"
        session.add(bob)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        sign(session, NAME, signer_name="Ada Lovelace", capacity="Chief Navigator")
        bobs = session.exec(select(Link).where(Link.contact_id == bob.id)).one()
        answer_invitation.correct(
            session,
            link_id=bobs.id,
            form=LineForm(credit_line=NAME),
            mail_domain=DOMAIN,
            now=NOW,
        )
        answer_invitation.withdraw(session, link_id=bobs.id, mail_domain=DOMAIN, now=NOW)
        _, corrected, withdrawn = the_events(session)
        for event in (corrected, withdrawn):
            assert event["of"] == 0
            assert event["opened"]["person"] == "Bob Builder"
            assert event["opened"]["email"] == "bob@watch.example"
            assert "capacity" not in event["commitments"]
        erase(session, "bob@watch.example")
        signed, corrected, withdrawn, _ = the_events(session)
        assert signed["opened"]["person"] == "Ada Lovelace"
        for event in (corrected, withdrawn):
            assert event["opened"].keys() & {"person", "email"} == set()
        named = select(Answer.signer_name, Answer.capacity)
        assert set(session.exec(named).all()) == {("Ada Lovelace", "Chief Navigator")}
        erase(session, "ada@watch.example")
        session.expire_all()
        assert set(session.exec(named).all()) == {("(erased)", "(erased)")}
        assert "person" not in the_events(session)[0]["opened"]
        check(session)


def test_no_answer_slips_through_while_its_link_is_being_erased(database: Database) -> None:
    a_story(database)
    with database.reading() as session:
        link = the_link(session, NAME).id
    erasing = Event()

    def begin_erasing() -> None:
        with database.transaction() as session:
            erase(session)
            await_blocked(database, erasing.set)

    def answer() -> None:
        assert erasing.wait(20)
        with database.transaction() as session:
            answer_invitation.withdraw(session, link_id=link, mail_domain=DOMAIN, now=NOW)

    erased, answered = race([begin_erasing, answer])
    assert erased is None
    assert isinstance(answered, LinkRefused)
    with database.reading() as session:
        assert traces(session) == []


def test_erasures_and_answers_at_once_leave_no_trace_and_no_deadlock(database: Database) -> None:
    emails = [f"grace.{number}@watch.example" for number in range(6)]
    with database.transaction() as session:
        for slug in ("one", "two"):
            campaign = a_campaign(session, slug=slug)
            for number, email in enumerate(emails):
                a_contact(session, campaign, organization=f"{slug} {number}", email=email)
            launch_campaign(session, slug=slug, mail_domain=DOMAIN, now=NOW)

    def answer(name: str) -> None:
        with database.transaction() as session:
            sign(session, name, signer_name="Grace Hopper", capacity="Navigator")

    def remove(email: str) -> None:
        with database.transaction() as session:
            erase(session, email)

    acts = [
        act
        for number, email in enumerate(emails)
        for act in (
            partial(answer, f"one {number}"),
            partial(remove, email),
            partial(answer, f"two {number}"),
        )
    ]
    assert {type(one) for one in race(acts)} <= {type(None), LinkRefused}
    with database.reading() as session:
        assert traces(session) == []
        assert len(session.exec(select(Contact)).all()) == 12
