"""A partner list on its way in: kept a day, mapped, corrected in place, taken whole or not."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.demo.sample import sample_partners
from outreach.domain.coordinator import Actor, Role
from outreach.domain.errors import ImportRefused
from outreach.partners.changes import Changes
from outreach.services import stage_import
from outreach.services.import_partners import ImportReport, ParsedFile
from outreach.services.stage_import import KEPT_FOR, Staged, Unread, UploadGone
from outreach.services.steer_campaign import cancel_campaign
from outreach.store import coordinators
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import Activity, Upload
from outreach.store.tables import Contact, Organization
from tests.factories import NOW, a_campaign, a_contact

NORA = Actor("Nora Feld")
FAULTY = (
    b"organization,email,country\nArchive Watch,ida(at)watch,Atlantis\n"
    b"Taiwan Memory,lin@memory.example,TW\n"
)


@pytest.fixture(autouse=True)
def _draft(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session)
        coordinators.add_coordinator(
            session, email="n@coalition.example", role=Role.EDITOR, name="Nora", zone="UTC", now=NOW
        )


def _stage(database: Database, content: bytes, *, name: str = "partners.csv") -> str:
    with database.transaction() as session:
        return stage_import.stage_upload(
            session, slug="visit", coordinator_id=1, file_name=name, content=content, now=NOW
        )


def _staged(database: Database, upload_id: str) -> Staged:
    with database.reading() as session:
        return stage_import.find_staged(session, slug="visit", upload_id=upload_id)


def _parsed(staged: Staged) -> ParsedFile:
    parsed = stage_import.read_staged(staged)
    assert isinstance(parsed, ParsedFile)
    return parsed


def _keep(database: Database, upload_id: str, changes: Changes) -> None:
    with database.transaction() as session:
        stage_import.keep_changes(session, slug="visit", upload_id=upload_id, changes=changes)


def _take(database: Database, upload_id: str, *, accept_valid: bool = False) -> ImportReport:
    staged = _staged(database, upload_id)
    with database.transaction() as session:
        return stage_import.import_staged(
            session,
            slug="visit",
            staged=staged,
            parsed=_parsed(staged),
            accept_valid=accept_valid,
            by=NORA,
            now=NOW,
        )


def _emails(session: Session) -> list[str]:
    return sorted(session.exec(select(Contact.email)))


def test_a_list_is_taken_whole_and_then_not_kept_any_more(database: Database) -> None:
    upload_id = _stage(database, sample_partners())
    report = _take(database, upload_id)
    assert (report.written, report.created_organizations) == (True, 47)
    with database.reading() as session:
        assert len(_emails(session)) == 51
        assert session.exec(select(Upload)).all() == []
        (activity,) = session.exec(select(Activity))
    assert (activity.action, activity.detail) == ("partners.import", "47 organizations, 51 people")
    with pytest.raises(UploadGone):
        _staged(database, upload_id)


def test_with_a_fault_nothing_is_taken_until_it_is_corrected_in_place(database: Database) -> None:
    upload_id = _stage(database, FAULTY)
    report = _take(database, upload_id)
    assert not report.written
    assert [(one.row, one.column) for one in report.errors] == [(2, "email"), (2, "country")]
    cells = {(2, "email"): "ida@watch.example", (2, "country"): "GB"}
    _keep(database, upload_id, _staged(database, upload_id).changes.with_cells(cells))
    assert _take(database, upload_id).written
    with database.reading() as session:
        assert _emails(session) == ["ida@watch.example", "lin@memory.example"]


def test_the_other_rows_can_be_taken_without_the_faulty_ones(database: Database) -> None:
    upload_id = _stage(database, FAULTY)
    assert _take(database, upload_id, accept_valid=True).written
    with database.reading() as session:
        assert _emails(session) == ["lin@memory.example"]


def test_headings_that_are_not_known_are_offered_for_mapping(database: Database) -> None:
    upload_id = _stage(database, b"Who;Write to\nArchive Watch;ida@watch.example\n")
    unread = stage_import.read_staged(_staged(database, upload_id))
    assert isinstance(unread, Unread)
    assert [(one.place, one.heading, one.sample) for one in unread.columns] == [
        (0, "Who", ("Archive Watch",)),
        (1, "Write to", ("ida@watch.example",)),
    ]
    chosen = {"organization": "0", "email": "1"}
    _keep(database, upload_id, stage_import.with_columns(Changes(), chosen, headless=False))
    assert _take(database, upload_id).created_contacts == 1


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"organization": "0"},
        {"organization": "0", "email": "0"},
        {"organization": "0", "email": "x"},
        {"organization": "0", "email": "9999"},
    ],
)
def test_a_mapping_without_what_is_needed_is_refused(chosen: dict[str, str]) -> None:
    with pytest.raises(ImportRefused):
        stage_import.with_columns(Changes(), chosen, headless=False)


def test_likely_doubles_are_for_a_person_to_decide(database: Database) -> None:
    upload_id = _stage(
        database,
        b"organization,email\nArchive Watch,a@b.example\nArchiv Watch,c@d.example\n"
        b"Archiv Watch,e@f.example\nTibet Hause,g@h.example\n",
    )
    with database.transaction() as session:
        a_contact(session, require_campaign(session, "visit"), organization="Tibet House")
    staged = _staged(database, upload_id)
    with database.reading() as session:
        known = stage_import.known_names(session, slug="visit")
    pairs = stage_import.undecided_doubles(staged, _parsed(staged), known=known)
    assert {(one.first, one.second) for one in pairs} == {
        ("Archive Watch", "Archiv Watch"),
        ("Tibet House", "Tibet Hause"),
    }
    changes = stage_import.with_decisions(
        staged.changes,
        {("Archive Watch", "Archiv Watch"): "same", ("Tibet House", "Tibet Hause"): "different"},
        parsed=_parsed(staged),
    )
    _keep(database, upload_id, changes)
    staged = _staged(database, upload_id)
    assert stage_import.undecided_doubles(staged, _parsed(staged), known=known) == ()
    _take(database, upload_id)
    with database.reading() as session:
        names = sorted(session.exec(select(Organization.name)))
    assert names == ["Archive Watch", "Tibet Hause", "Tibet House"]


def test_a_new_list_takes_the_place_of_the_last_and_an_old_one_goes(database: Database) -> None:
    first = _stage(database, FAULTY)
    second = _stage(database, FAULTY)
    with pytest.raises(UploadGone):
        _staged(database, first)
    with database.transaction() as session:
        coordinators.add_coordinator(
            session, email="m@coalition.example", role=Role.EDITOR, name="M", zone="UTC", now=NOW
        )
        later = NOW + KEPT_FOR + timedelta(seconds=1)
        stage_import.stage_upload(
            session, slug="visit", coordinator_id=2, file_name="x", content=FAULTY, now=later
        )
    with pytest.raises(UploadGone):
        _staged(database, second)


def test_a_list_belongs_to_its_campaign(database: Database) -> None:
    upload_id = _stage(database, FAULTY)
    with database.transaction() as session:
        a_campaign(session, slug="other")
    with database.reading() as session, pytest.raises(UploadGone):
        stage_import.find_staged(session, slug="other", upload_id=upload_id)
    with database.transaction() as session:
        stage_import.discard_upload(session, slug="other", upload_id=upload_id)
    assert _staged(database, upload_id).content == FAULTY


def test_a_campaign_that_is_over_takes_no_list(database: Database) -> None:
    with database.transaction() as session:
        cancel_campaign(session, slug="visit")
    with pytest.raises(ImportRefused):
        _stage(database, FAULTY)


@pytest.mark.parametrize("content", [b"", b" \n ", b"x" * 20_000_001])
def test_what_is_empty_or_too_large_is_not_kept(database: Database, content: bytes) -> None:
    with pytest.raises(ImportRefused):
        _stage(database, content)


def test_a_files_name_is_shown_without_its_path(database: Database) -> None:
    upload_id = _stage(database, FAULTY, name="C:\\Users\\nora\\par\x00tners.csv")
    assert _staged(database, upload_id).file_name == "partners.csv"
