"""The import as a whole, on both databases."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from outreach.domain.campaign import CampaignState
from outreach.domain.errors import ImportRefused
from outreach.services.import_partners import ImportReport, import_partners, read_partners
from outreach.store.database import Database
from outreach.store.partners import list_contacts, list_organizations
from outreach.store.tables import Campaign, Contact, Organization

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
GOOD = (
    "organization,contact_name,email,language,country,timezone,role,sort_name,notes\n"
    "Le Comité,Anne,anne@comite.example,fr,France,Europe/Paris,signs,\"Comité, Le\",n\n"
    "Le Comité,,office@comite.example,,,,copied,,\n"
    "Hong Kong Watch,,hkw@watch.example,,,,,,\n"
)  # fmt: skip


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as session:
        yield session


def a_campaign(session: Session, *, state: str = "draft", slug: str = "s") -> Campaign:
    campaign = Campaign(
        slug=slug,
        key=f"key-{slug}",
        state=state,
        title="A statement",
        addressee="The Secretary",
        occasion="A visit",
        occasion_date=date(2026, 12, 2),
        reply_to="coordinator@coalition.example",
        language="en",
        deadline=datetime(2026, 12, 1, 17, 0, tzinfo=UTC),
        zone="Europe/Berlin",
        reminder_steps="7d",
        created_at=NOW,
    )
    session.add(campaign)
    session.flush()
    return campaign


def an_import(
    session: Session,
    campaign: Campaign,
    text: str = GOOD,
    *,
    accept_valid: bool = False,
    update: bool = False,
    dry_run: bool = False,
) -> ImportReport:
    return import_partners(
        session,
        campaign=campaign,
        parsed=read_partners(text.encode(), filename="partners.csv"),
        now=NOW,
        accept_valid=accept_valid,
        update=update,
        dry_run=dry_run,
    )


def organizations(session: Session, campaign: Campaign) -> list[Organization]:
    return list(list_organizations(session, campaign_id=campaign.id or 0))


def contacts(session: Session, campaign: Campaign) -> list[Contact]:
    return list(list_contacts(session, campaign_id=campaign.id or 0))


def places(report: ImportReport) -> list[tuple[int, str]]:
    return [(error.row, error.column) for error in report.errors]


def test_organizations_and_contacts_are_stored_with_the_campaigns_defaults(
    session: Session,
) -> None:
    campaign = a_campaign(session)
    report = an_import(session, campaign)
    assert (report.created_organizations, report.created_contacts, report.written) == (2, 3, True)
    first, second = organizations(session, campaign)
    assert (first.name, first.name_key, first.sort_name) == ("Le Comité", "lecomite", "Comité, Le")
    assert (first.country, first.notes, first.created_at) == ("FR", "n", NOW)
    anne, office, watch = contacts(session, campaign)
    assert (anne.name, anne.language, anne.zone) == ("Anne", "fr", "Europe/Paris")
    assert (office.organization_id, office.role) == (first.id, "copied")
    assert (watch.organization_id, watch.role) == (second.id, "signs")
    assert (watch.language, watch.zone) == ("en", "Europe/Berlin")


def test_whose_zone_is_not_given_has_the_countrys_or_the_campaigns(session: Session) -> None:
    campaign = a_campaign(session)
    text = (
        "organization,email,country,timezone\n"
        "Cairo,c@cairo.example,Egypt,\n"
        "Abroad,a@abroad.example,EG,Europe/Paris\n"
        "Many,m@many.example,USA,\n"
        "None,n@none.example,,\n"
    )
    an_import(session, campaign, text)
    zones = {one.email: one.zone for one in contacts(session, campaign)}
    assert zones == {
        "c@cairo.example": "Africa/Cairo",
        "a@abroad.example": "Europe/Paris",
        "m@many.example": "Europe/Berlin",
        "n@none.example": "Europe/Berlin",
    }


def test_importing_the_same_file_again_changes_nothing(session: Session) -> None:
    campaign = a_campaign(session)
    an_import(session, campaign)
    before = [one.model_dump() for one in contacts(session, campaign)]
    again = an_import(session, campaign)
    assert (again.created_organizations, again.created_contacts, again.unchanged) == (0, 0, 3)
    assert not again.errors
    assert [one.model_dump() for one in contacts(session, campaign)] == before


def test_all_errors_are_reported_at_once_and_nothing_is_written(session: Session) -> None:
    campaign = a_campaign(session)
    report = an_import(
        session,
        campaign,
        "organization,email,language,country,timezone,role\n"
        "One,a@one.example,en,DE,UTC,signs\n"
        ",no address,klingon,Atlantis,Mars/Base,boss\n"
        "ONE,a@one.example,,,,\n"
        "Five,a@five.example\n",
    )
    assert places(report) == [
        (3, "organization"), (3, "email"), (3, "language"), (3, "country"), (3, "timezone"),
        (3, "role"), (4, "organization"), (4, "email"), (5, ""),
    ]  # fmt: skip
    assert all(error.remedy for error in report.errors)
    assert (report.refused_rows, report.written, report.created_contacts) == (3, False, 0)
    assert not organizations(session, campaign)


def test_accept_valid_takes_the_good_rows_and_reports_the_others(session: Session) -> None:
    campaign = a_campaign(session)
    text = "organization,email\nOne,a@one.example\nTwo,nothing\nThree,c@three.example\n"
    report = an_import(session, campaign, text, accept_valid=True)
    assert places(report) == [(3, "email")]
    assert (report.created_organizations, report.refused_rows, report.written) == (2, 1, True)
    assert [one.name for one in organizations(session, campaign)] == ["One", "Three"]


def test_accept_valid_takes_the_first_of_a_pair(session: Session) -> None:
    campaign = a_campaign(session)
    text = (
        "organization,email\nARTICLE19,a@one.example\nArticle 19,b@one.example\n"
        "ARTICLE19,A@one.example\nARTICLE19,c@one.example\n"
    )
    report = an_import(session, campaign, text, accept_valid=True)
    assert places(report) == [(3, "organization"), (4, "email")]
    assert [one.name for one in organizations(session, campaign)] == ["ARTICLE19"]
    assert [one.email for one in contacts(session, campaign)] == ["a@one.example", "c@one.example"]


def test_accept_valid_leaves_no_organization_without_a_signing_contact(session: Session) -> None:
    campaign = a_campaign(session)
    text = "organization,email,role\nOne,broken,signs\nOne,b@one.example,copied\n"
    report = an_import(session, campaign, text, accept_valid=True)
    assert places(report) == [(2, "email"), (3, "role")]
    assert not organizations(session, campaign)


def test_an_organization_that_is_only_copied_is_an_error(session: Session) -> None:
    report = an_import(
        session, a_campaign(session), "organization,email,role\nOne,a@one.example,Copied\n"
    )
    assert places(report) == [(2, "role")]
    assert "nobody could sign" in report.errors[0].remedy


@pytest.mark.parametrize("accept_valid", [False, True])
def test_a_dry_run_counts_and_writes_nothing(session: Session, accept_valid: bool) -> None:
    campaign = a_campaign(session)
    report = an_import(session, campaign, dry_run=True, accept_valid=accept_valid)
    assert (report.created_organizations, report.created_contacts, report.written) == (2, 3, False)
    assert not organizations(session, campaign)


def test_another_spelling_of_a_stored_organization_is_an_error_even_with_update(
    session: Session,
) -> None:
    campaign = a_campaign(session)
    an_import(session, campaign, "organization,email\nARTICLE19,a@one.example\n")
    other = "organization,email\nArticle 19,b@one.example\n"
    report = an_import(session, campaign, other, update=True)
    assert places(report) == [(2, "organization")]
    assert "'ARTICLE19'" in report.errors[0].remedy
    assert len(contacts(session, campaign)) == 1


def test_an_address_never_moves_to_another_organization(session: Session) -> None:
    campaign = a_campaign(session)
    an_import(session, campaign, "organization,email\nOne,a@one.example\n")
    other = "organization,email\nTwo,A@one.example\n"
    assert places(an_import(session, campaign, other, update=True)) == [(2, "email")]
    assert len(organizations(session, campaign)) == 1


def test_another_contact_of_a_stored_organization_is_added_to_it(session: Session) -> None:
    campaign = a_campaign(session)
    an_import(session, campaign)
    text = "organization,email,role\nLe Comité,new@comite.example,copied\n"
    report = an_import(session, campaign, text)
    assert (report.created_organizations, report.created_contacts) == (0, 1)
    assert len(organizations(session, campaign)) == 2


CHANGED = (
    "organization,contact_name,email,language,country,timezone,role,sort_name,notes\n"
    "Le Comité,Annette,Anne@comite.example,de,BE,Europe/Brussels,,Comité,new\n"
)


def test_what_differs_from_the_stored_is_an_error_that_names_update(session: Session) -> None:
    campaign = a_campaign(session)
    an_import(session, campaign)
    report = an_import(session, campaign, CHANGED)
    columns = ["contact_name", "email", "language", "country", "timezone", "sort_name", "notes"]
    assert places(report) == [(2, column) for column in columns]
    assert all("--update" in error.remedy for error in report.errors)
    assert contacts(session, campaign)[0].name == "Anne"


def test_update_takes_the_files_values_and_keeps_what_it_leaves_empty(session: Session) -> None:
    campaign = a_campaign(session)
    an_import(session, campaign)
    report = an_import(session, campaign, CHANGED, update=True)
    assert (report.updated_organizations, report.updated_contacts) == (1, 1)
    session.expire_all()
    anne = contacts(session, campaign)[0]
    assert (anne.name, anne.email, anne.role) == ("Annette", "Anne@comite.example", "signs")
    assert (anne.language, anne.zone) == ("de", "Europe/Brussels")
    comite = organizations(session, campaign)[0]
    assert (comite.country, comite.sort_name, comite.notes) == ("BE", "Comité", "new")
    assert an_import(session, campaign, CHANGED).unchanged == 1


def test_an_empty_cell_leaves_what_is_stored(session: Session) -> None:
    campaign = a_campaign(session)
    an_import(session, campaign)
    text = "organization,email\nLe Comité,anne@comite.example\n"
    assert an_import(session, campaign, text, update=True).unchanged == 1


DISCREET = (
    "organization,email,Discreet mail\n"
    "Alpha,ada@alpha.example,yes\n"
    "Alpha,bo@alpha.example,no\n"
    "Alpha,cy@alpha.example,\n"
)


def test_a_list_says_whose_mail_is_discreet(session: Session) -> None:
    campaign = a_campaign(session)
    an_import(session, campaign, DISCREET)
    assert [one.discreet for one in contacts(session, campaign)] == [True, False, False]
    assert an_import(session, campaign, DISCREET).unchanged == 3


def test_discreet_is_taken_back_by_nothing_but_an_update(session: Session) -> None:
    """Whoever may be read by others must not be named in a mail because a list was sent again."""
    campaign = a_campaign(session)
    an_import(session, campaign, DISCREET)
    assert an_import(session, campaign, DISCREET.replace("yes", "")).unchanged == 3
    taken_back = DISCREET.replace("yes", "no")
    assert places(an_import(session, campaign, taken_back)) == [(2, "discreet")]
    session.expire_all()
    assert contacts(session, campaign)[0].discreet
    an_import(session, campaign, taken_back, update=True)
    session.expire_all()
    assert not contacts(session, campaign)[0].discreet


def test_neither_yes_nor_no_is_a_fault_of_its_row(session: Session) -> None:
    campaign = a_campaign(session)
    report = an_import(session, campaign, DISCREET.replace("yes", "perhaps"))
    assert places(report) == [(2, "discreet")]
    assert not report.written


def test_two_campaigns_share_nothing(session: Session) -> None:
    an_import(session, a_campaign(session, slug="one"))
    assert an_import(session, a_campaign(session, slug="two")).created_contacts == 3


@pytest.mark.parametrize("state", ["draft", "open", "paused"])
def test_a_running_campaign_takes_partners(session: Session, state: str) -> None:
    assert an_import(session, a_campaign(session, state=state)).written


@pytest.mark.parametrize(
    "state", [CampaignState.CLOSED, CampaignState.PUBLISHED, CampaignState.CANCELLED]
)
def test_a_campaign_that_is_over_takes_none(session: Session, state: CampaignState) -> None:
    with pytest.raises(ImportRefused, match=f"the campaign is {state.value}"):
        an_import(session, a_campaign(session, state=state))


def test_a_file_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ImportRefused, match=r"p\.csv: .*Windows-1252"):
        read_partners(GOOD.encode("cp1252"), filename="p.csv")


def test_a_file_is_read_with_all_that_it_says_by_itself() -> None:
    text = "organization,email,Phone\nOne,a@one.example,1\nTwo,nothing,2\nONE,b@one.example,\n"
    parsed = read_partners(text.encode(), filename="p.csv")
    assert [row.organization for row in parsed.rows] == ["One", "Two", "ONE"]
    assert [(error.row, error.column) for error in parsed.errors] == [
        (3, "email"), (4, "organization"),
    ]  # fmt: skip
    assert "'Phone'" in parsed.notes[0]


def test_notes_on_the_file_are_passed_on(session: Session) -> None:
    text = "organization,email,Phone\nOne,a@one.example,1\n"
    assert "'Phone'" in an_import(session, a_campaign(session), text).notes[0]


def test_five_thousand_rows_take_seconds_at_most(session: Session) -> None:
    campaign = a_campaign(session)
    lines = [f"Organization {n},p{n}@o{n}.example,zh-Hant,Taiwan\n" for n in range(5_000)]
    text = "organization,email,language,country\n" + "".join(lines)
    started = time.perf_counter()
    assert an_import(session, campaign, text).created_contacts == 5_000
    assert an_import(session, campaign, text).unchanged == 5_000
    # Twice about a second; the bound leaves room for a busy machine.
    assert time.perf_counter() - started < 15
