"""A coordinator records a consent: what is asked, what is kept, and that nothing counts yet."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from outreach.domain.errors import (
    AlreadyAnswered,
    CampaignNotOpen,
    DeadlinePassed,
    FieldErrors,
    InvitationNotFound,
    TextChanged,
)
from outreach.services.close_campaign import close_campaign
from outreach.services.record_consent import ConsentWaits
from outreach.store import recorded_consents
from outreach.store.consent_tables import ConsentFile, RecordedConsent
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.ledger_tables import LedgerEvent
from outreach.store.tables import Contact
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_contact,
    a_launched_campaign,
    sign,
    the_invitation,
    the_messages,
    the_signatures,
)
from tests.recording import NAME, record, refuse, the_record
from tests.services.test_append_event import check, the_events, the_kinds

PDF = b"%PDF-1.7\n a letter"
HOUR = timedelta(hours=1)


def errors_of(session: Session, **form: Any) -> dict[str, str]:
    with pytest.raises(FieldErrors) as refusal:
        record(session, **form)
    assert session.exec(select(RecordedConsent)).all() == []
    return refusal.value.errors


def test_nothing_counts_that_was_only_recorded(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        record(session)
        assert the_invitation(session, NAME).state == "awaiting"
        assert the_signatures(session) == []
        assert {one.kind for one in the_messages(session)} == {"invitation"}
        kept = the_record(session)
        assert (kept.state, kept.channel, kept.person) == ("waiting", "phone", "Grace Hopper")
        assert kept.given_at == NOW - HOUR
        assert kept.recorded_at == NOW
        assert kept.contact_id is None
        assert kept.authority == (
            f"I am sure that this person may speak for {NAME}, and that they agreed to this text."
        )


def test_the_ledger_tells_of_it_and_what_is_personal_stays_committed(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        record(session, file_name="letter.pdf", file=PDF, sort_name="Watch")
        (event,) = the_events(session)
        assert (event["kind"], event["method"]) == ("recorded", "by_hand")
        assert event["opened"] == {
            "organization": NAME,
            "person": "Grace Hopper",
            "capacity": "Chair of the board",
            "authority": the_record(session).authority,
            "credit_line": NAME,
            "sort_name": "Watch",
            "privacy": "public",
            "channel": "phone",
            "given_at": "2026-03-04T13:00:00Z",
            "quote": "Yes, put us down",
            "file_hash": hashlib.sha256(PDF).hexdigest(),
        }
        assert event["commitments"].keys() == event["opened"].keys()
        assert the_record(session).event_position == 0
        check(session)


def test_the_activity_log_says_how_it_came_and_neither_who_nor_what(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        record(session, channel="in_person")
        (line,) = session.exec(select(Activity)).all()
        assert (line.action, line.detail, line.actor) == ("consent.record", "in person", "Nora")


def test_one_of_their_contacts_is_known_by_the_record(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME, "Other Watch")
        ours, theirs = session.exec(select(Contact.id).order_by(col(Contact.id))).all()
        assert errors_of(session, contact=str(theirs)) == {"contact": "Please choose who it was."}
        record(session, contact=str(ours))
        assert the_record(session).contact_id == ours
        assert session.exec(select(LedgerEvent.contact_id)).all() == [ours]


def test_every_fault_of_the_form_is_named_at_once(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        empty = dict.fromkeys(("channel", "contact", "person", "given_at", "quote"), "")
        errors = errors_of(session, **empty, capacity=" ", credit_line="\u200b", sure=False)
        assert errors.keys() == {*empty, "capacity", "credit_line", "sure"}
        assert all(words.startswith("Please ") for words in errors.values())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel", "telepathy"),
        ("contact", "999999"),
        ("contact", "1 OR 1=1"),
        ("person", "x" * 201),
        ("given_at", "yesterday"),
        ("given_at", "2026-03-04 15:01"),  # a minute from now
        ("quote", "x" * 2_001),
    ],
)
def test_each_field_has_its_limit(database: Database, field: str, value: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        assert errors_of(session, **{field: value}).keys() == {field}


def test_a_moment_is_read_by_the_clocks_of_who_records_it(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        assert "given_at" in errors_of(
            session, given_at="2026-03-04 14:00", zone="America/New_York"
        )
        record(session, given_at="2026-03-04 22:00", zone="Asia/Taipei")
        assert the_record(session).given_at == NOW


def test_a_file_may_stand_for_a_quote_and_its_name_is_not_kept(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        number = record(session, quote="", file_name="From Grace Hopper.pdf", file=PDF)
        kept = session.exec(select(ConsentFile)).one()
        assert (kept.consent_id, kept.kind, bytes(kept.content)) == (number, "pdf", PDF)
        (shown,) = recorded_consents.list_recorded(
            session, the_record(session).campaign_id, now=NOW
        )
        assert shown.file_kind == "pdf"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.html", b"<script>", "one of these kinds: pdf, png, jpeg, eml, txt"),
        ("a.pdf", PDF + b"x" * 2**20, "1 MB at most"),
    ],
)
def test_a_file_of_another_kind_or_too_large_is_not_kept(
    database: Database, name: str, content: bytes, words: str
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        errors = errors_of(session, file_name=name, file=content)
        assert errors.keys() == {"file"}
        assert words in errors["file"]


def test_nothing_is_recorded_for_a_text_that_was_changed_meanwhile(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        with pytest.raises(TextChanged):
            record(session, statement_sha256="0" * 64)


def test_nothing_is_recorded_from_the_deadline_on(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        with pytest.raises(DeadlinePassed):
            record(session, now=DEADLINE)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        with pytest.raises(CampaignNotOpen):
            record(session)
        assert the_kinds(session) == ["closed"]


def test_nothing_is_recorded_of_one_that_has_signed_or_was_not_asked(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, NAME)
        sign(session, NAME)
        with pytest.raises(AlreadyAnswered):
            record(session)
        a_contact(session, campaign, organization="Late Watch")
        with pytest.raises(InvitationNotFound):
            record(session, "Late Watch")


def test_one_waits_at_a_time(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        record(session)
        with pytest.raises(ConsentWaits):
            record(session)
        refuse(session)
        record(session)
        assert len(session.exec(select(RecordedConsent)).all()) == 2
