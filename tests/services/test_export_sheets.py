"""Lists for a spreadsheet: every row, in order, and no cell that starts a formula."""

import csv
import io
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import CampaignNotFound
from outreach.services import export_sheets
from outreach.services.export_sheets import Export, begin_export, next_rows
from outreach.services.suppress_contact import suppress
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.tables import Contact, Organization
from tests.factories import (
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    sign,
    the_link,
    withdraw,
)
from tests.services.test_list_mails import five_fates

NORA = Actor("Nora Feld")
LATER = NOW + timedelta(hours=1)


def taken_out(session: Session, export: Export) -> list[dict[str, str]]:
    """As a spreadsheet reads it."""
    begun = begin_export(session, slug="visit", export=export, by=NORA, now=NOW)
    content, after = begun.head, 0
    while True:
        lines, after = next_rows(session, campaign_id=begun.campaign_id, export=export, after=after)
        if not lines:
            break
        content += lines
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_answers_say_how_each_organization_stands(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two", "Three", "Four")
        sign(session, "One", credit_line="One, the first", now=LATER)
        decline(session, "Two", now=LATER)
        sign(session, "Three")
        withdraw(session, "Three", now=LATER)
        rows = taken_out(session, Export.ANSWERS)
    assert [(row["organization"], row["state"]) for row in rows] == [
        ("One", "signed"), ("Two", "declined"), ("Three", "withdrawn"), ("Four", "awaiting"),
    ]  # fmt: skip
    assert rows[0]["credit_line"] == "One, the first"
    assert rows[0]["answered_at_utc"] == "2026-03-04 15:00:00"
    assert (rows[0]["signer_name"], rows[0]["capacity"]) == ("Ada Example", "Director")
    assert len(rows[0]["statement_sha256"]) == 64
    assert rows[2]["credit_line"] == rows[3]["answered_by"] == ""


def test_an_organization_that_was_not_invited_is_there_too(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session), organization="One")
        (row,) = taken_out(session, Export.ANSWERS)
    assert (row["organization"], row["state"]) == ("One", "not invited")


def test_contacts_say_who_gets_no_mail_and_who_was_replaced(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two")
        suppress(session, link_id=the_link(session, "Two").id, now=NOW)
        session.get_one(Contact, 1).replaced_at = NOW
        session.flush()
        one, two = taken_out(session, Export.CONTACTS)
    assert (one["contact_name"], one["role"], one["timezone"]) == (
        "Ada Example", "signs", "Europe/Berlin",
    )  # fmt: skip
    assert (one["replaced_at_utc"], two["replaced_at_utc"]) == ("2026-03-04 14:00:00", "")
    assert (one["gets_no_mail_because"], two["gets_no_mail_because"]) == ("", "unsubscribed")


def test_mails_say_what_became_of_them(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        rows = taken_out(session, Export.MAILS)
    assert [(row["organization"], row["state"]) for row in rows] == [
        ("Doubt", "uncertain"), ("Failed", "failed"), ("Put off", "queued"), ("Sent", "sent"),
        ("Waiting", "queued"),
    ]  # fmt: skip
    assert (rows[1]["mail"], rows[1]["last_words"]) == ("2", "550 no such user")
    assert (rows[2]["attempts"], rows[3]["sent_at_utc"]) == ("1", "2026-03-04 14:00:00")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_starts_a_formula(database: Database, start: str) -> None:
    evil = f'{start}HYPERLINK("https://evil.example"; "x")'
    with database.transaction() as session:
        a_contact(session, a_campaign(session), organization="One")
        session.get_one(Organization, 1).name = evil
        session.get_one(Contact, 1).name = evil
        session.flush()
        (row,) = taken_out(session, Export.CONTACTS)
    assert row["organization"] == row["contact_name"] == f"'{evil}"


@pytest.mark.parametrize(
    "name", ["國際特赦組織", "منظمة حقوق الإنسان", "བོད་ཀྱི", 'Müller "& Söhne", e.V.']
)
def test_names_of_every_script_come_out_as_they_are(database: Database, name: str) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session), organization="One")
        session.get_one(Organization, 1).name = name
        session.flush()
        assert taken_out(session, Export.ANSWERS)[0]["organization"] == name


@pytest.mark.parametrize("export", Export)
def test_many_rows_come_in_chunks_each_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, export: Export
) -> None:
    monkeypatch.setattr(export_sheets, "_CHUNK", 3)
    with database.transaction() as session:
        a_launched_campaign(session, *(f"Number {number}" for number in range(7)))
        a_launched_campaign(session, "Elsewhere", slug="other")
        rows = taken_out(session, export)
    assert [row["organization"] for row in rows] == [f"Number {number}" for number in range(7)]


@pytest.mark.parametrize("export", Export)
def test_who_took_it_out_is_in_the_activity_log(database: Database, export: Export) -> None:
    with database.transaction() as session:
        a_campaign(session)
        begin_export(session, slug="visit", export=export, by=NORA, now=NOW)
        activity = session.exec(select(Activity)).one()
        assert (activity.action, activity.actor, activity.campaign_id) == (
            f"{export}.export", "Nora Feld", 1,
        )  # fmt: skip
        with pytest.raises(CampaignNotFound):
            begin_export(session, slug="nowhere", export=export, by=NORA, now=NOW)
