"""A draft's statement: made, changed until the launch, frozen by it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import ChangedMeanwhile, FieldErrors, MoveRefused
from outreach.services.edit_draft import (
    MAX_TEXT,
    PROPOSED_STEPS,
    StatementForm,
    edit_statement,
    form_of,
    free_slug,
    propose_deadline,
    start_draft,
)
from outreach.services.launch_campaign import DeadlineNotChosen, launch_campaign
from outreach.statement.source import parse_statement
from outreach.store.campaigns import current_version, find_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.tables import Campaign, StatementVersion
from tests.factories import DOMAIN, NOW, STATEMENT, a_campaign, a_contact, a_launched_campaign

NORA = Actor("Nora Feld")
FORM = StatementForm(
    title="Let the archives be opened",
    addressee="the Minister",
    occasion="the visit",
    occasion_date="2026-04-24",
    asks="Open them.\n\n Publish  the lists. ",
    text="Dear Minister,\r\n\r\nplease.",
)


def _start(session: Session, form: StatementForm = FORM, **facts: str) -> Campaign:
    return start_draft(
        session,
        form=form,
        by=NORA,
        reply_to="nora@coalition.example",
        zone="Europe/Berlin",
        now=NOW,
        **facts,
    )


def _version(session: Session, slug: str) -> StatementVersion:
    campaign = find_campaign(session, slug)
    assert campaign is not None
    assert campaign.id is not None
    return current_version(session, campaign.id)


def test_a_draft_holds_the_statement_as_a_file_with_its_fingerprint(database: Database) -> None:
    with database.transaction() as session:
        slug = _start(session).slug
    with database.reading() as session:
        version = _version(session, slug)
        campaign = find_campaign(session, slug)
    assert campaign is not None
    source = parse_statement(version.source)
    assert version.sha256 == source.sha256
    assert source.title == campaign.title == "Let the archives be opened"
    assert source.asks == ("Open them.", "Publish the lists.")
    assert version.body == "Dear Minister,\n\nplease.\n"
    assert campaign.reply_to == "nora@coalition.example"
    assert campaign.open_steps == PROPOSED_STEPS


def test_a_whole_file_is_taken_byte_for_byte(database: Database) -> None:
    with database.transaction() as session:
        slug = _start(session, StatementForm(title="not this", text=STATEMENT)).slug
        assert _version(session, slug).source == STATEMENT


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"addressee": ""}, "addressee"),
        ({"occasion": ""}, "occasion"),
        ({"occasion_date": ""}, "occasion_date"),
        ({"occasion_date": "2026-02-30"}, "occasion_date"),
        ({"occasion_date": "2026-03-01"}, "occasion_date"),
        ({"text": "  \n"}, "text"),
        ({"text": "x" * (MAX_TEXT + 1)}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"text": "---\ntitle: x\n---\n"}, "text"),
        ({"title": "x" * 301}, "title"),
        ({"title": "a\x07b"}, "title"),
        ({"language": "klingon-x"}, "language"),
    ],
)
def test_what_is_wrong_is_said_of_its_field_and_nothing_is_kept(
    database: Database, changes: dict[str, str], field: str
) -> None:
    facts = {name: getattr(FORM, name) for name in FORM.__dataclass_fields__} | changes
    with pytest.raises(FieldErrors) as refusal, database.transaction() as session:
        _start(session, StatementForm(**facts))
    assert list(refusal.value.errors) == [field]
    with database.reading() as session:
        assert find_campaign(session, "let-the-archives-be-opened") is None


def test_everything_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(FieldErrors) as refusal:
        StatementForm().read()
    assert set(refusal.value.errors) == {
        "title", "addressee", "occasion", "occasion_date", "text",
    }  # fmt: skip


def test_the_text_can_be_changed_until_the_launch_and_not_after_it(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        before = _version(session, "visit").sha256
        edit_statement(session, slug="visit", form=FORM, by=NORA, now=NOW)
        version = _version(session, "visit")
        assert version.sha256 != before
        assert version.number == 1
        assert parse_statement(version.source).sha256 == version.sha256
        assert campaign.title == FORM.title
        a_contact(session, campaign)
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        frozen = _version(session, "visit").source
    changed = StatementForm(**{**FORM.__dict__, "text": "Other words."})
    with pytest.raises(MoveRefused), database.transaction() as session:
        edit_statement(session, slug="visit", form=changed, by=NORA, now=NOW)
    with database.reading() as session:
        assert _version(session, "visit").source == frozen


def test_saving_without_a_change_keeps_the_file_as_it_was_given(database: Database) -> None:
    odd = STATEMENT.replace("title: Joint", "title:   Joint")
    with database.transaction() as session:
        slug = _start(session, StatementForm(text=odd)).slug
        form = form_of(parse_statement(_version(session, slug).source))
        edit_statement(session, slug=slug, form=form, by=NORA, now=NOW)
        assert _version(session, slug).source == odd


def test_the_address_for_replies_in_a_file_survives_a_change_of_words(database: Database) -> None:
    with database.transaction() as session:
        slug = _start(session, StatementForm(text=STATEMENT)).slug
        edit_statement(session, slug=slug, form=FORM, by=NORA, now=NOW)
        source = parse_statement(_version(session, slug).source)
        assert source.reply_to == "coordinator@coalition.example"


def test_a_running_campaigns_statement_is_not_touched_by_a_late_form(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
    with pytest.raises(MoveRefused), database.transaction() as session:
        edit_statement(session, slug="visit", form=FORM, by=NORA, now=NOW)


def test_a_proposed_deadline_cannot_be_launched_with(database: Database) -> None:
    with database.transaction() as session:
        campaign = _start(session)
        a_contact(session, campaign)
        with pytest.raises(DeadlineNotChosen):
            launch_campaign(session, slug=campaign.slug, mail_domain=DOMAIN, now=NOW)


@pytest.mark.parametrize(
    ("occasion", "deadline"),
    [
        (date(2026, 4, 24), datetime(2026, 4, 21, 16, 0, tzinfo=UTC)),
        (date(2026, 4, 28), datetime(2026, 4, 24, 16, 0, tzinfo=UTC)),  # not on a Saturday
    ],
)
def test_the_proposal_is_a_working_evening_before_the_occasion(
    occasion: date, deadline: datetime
) -> None:
    assert propose_deadline(occasion, zone="Europe/Berlin", now=NOW) == deadline


def test_for_an_occasion_of_tomorrow_it_lies_between_now_and_then() -> None:
    tomorrow = (NOW + timedelta(days=1)).date()
    proposed = propose_deadline(tomorrow, zone="Europe/Berlin", now=NOW)
    assert NOW < proposed < NOW + timedelta(days=2)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Let the archives be opened", "let-the-archives-be-opened"),
        ("Für Ärzte & Çocuk", "fur-arzte-cocuk"),
        ("關於人權的聯合聲明", "campaign"),
        ("x" * 80, "x" * 40),
        ("--- ---", "campaign"),
    ],
)
def test_a_short_name_comes_from_the_title(database: Database, title: str, slug: str) -> None:
    with database.transaction() as session:
        assert free_slug(session, title) == slug


def test_a_short_name_that_is_taken_gets_a_number_unless_it_was_asked_for(
    database: Database,
) -> None:
    with database.transaction() as session:
        assert _start(session).slug == "let-the-archives-be-opened"
        assert _start(session).slug == "let-the-archives-be-opened-2"
        with pytest.raises(FieldErrors, match="slug"):
            _start(session, slug="let-the-archives-be-opened")
        with pytest.raises(FieldErrors, match="slug"):
            _start(session, slug="No Such Name")


def test_making_and_changing_are_in_the_activity_log(database: Database) -> None:
    with database.transaction() as session:
        slug = _start(session).slug
        changed = StatementForm(**{**FORM.__dict__, "title": "Another title"})
        edit_statement(session, slug=slug, form=changed, by=NORA, now=NOW)
        actions = [(one.action, one.actor) for one in session.exec(select(Activity))]
    assert actions == [("campaign.create", "Nora Feld"), ("campaign.edit", "Nora Feld")]


def test_an_old_form_takes_no_newer_statement_away(database: Database) -> None:
    with database.transaction() as session:
        slug = _start(session).slug
        was = _version(session, slug).sha256
        theirs = replace(FORM, title="Theirs")
        edit_statement(session, slug=slug, form=theirs, was=was, by=NORA, now=NOW)
        edit_statement(session, slug=slug, form=theirs, was=was, by=NORA, now=NOW)  # sent twice
    mine = replace(FORM, title="Mine")
    with pytest.raises(ChangedMeanwhile), database.transaction() as session:
        edit_statement(session, slug=slug, form=mine, was=was, by=NORA, now=NOW)
    with database.transaction() as session:
        assert parse_statement(_version(session, slug).source).title == "Theirs"
        now = _version(session, slug).sha256
        edit_statement(session, slug=slug, form=mine, was=now, by=NORA, now=NOW)
        assert parse_statement(_version(session, slug).source).title == "Mine"
