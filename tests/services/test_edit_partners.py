"""Partners added, changed and removed by hand, before anybody is invited."""

import pytest
from sqlmodel import Session, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors
from outreach.services import edit_partners
from outreach.services.edit_partners import PartnerForm, PartnerGone, PartnerInvited
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.tables import Contact, Organization
from tests.factories import NOW, a_campaign, a_contact, a_launched_campaign

NORA = Actor("Nora Feld")
IDA = PartnerForm("Archive Watch", "Ida Berg", "ida@watch.example", country="uk")


@pytest.fixture(autouse=True)
def _draft(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session)


def _add(session: Session, form: PartnerForm = IDA) -> None:
    edit_partners.add_partner(session, slug="visit", form=form, by=NORA, now=NOW)


def _change(session: Session, contact_id: int, form: PartnerForm) -> None:
    edit_partners.change_partner(
        session, slug="visit", contact_id=contact_id, form=form, by=NORA, now=NOW
    )


def _remove(session: Session, contact_id: int) -> None:
    edit_partners.remove_partner(session, slug="visit", contact_id=contact_id, by=NORA, now=NOW)


def _the(session: Session, email: str) -> int:
    found = session.exec(select(Contact.id).where(Contact.email == email)).one()
    assert found is not None
    return found


def test_one_is_added_as_from_a_list(database: Database) -> None:
    with database.transaction() as session:
        _add(session)
        _add(session, PartnerForm("ARCHIVE  watch".title(), "", "two@watch.example", role="copied"))
        (organization,) = session.exec(select(Organization)).all()
        first, second = session.exec(select(Contact).order_by(Contact.id)).all()  # type: ignore[arg-type]
    assert (organization.name, organization.country) == ("Archive Watch", "GB")
    assert (first.language, first.zone, first.role) == ("en", "Europe/London", "signs")
    assert second.organization_id == organization.id


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (PartnerForm("", "", "a@b.example"), "organization"),
        (PartnerForm("A", "", ""), "email"),
        (PartnerForm("A", "", "a(at)b"), "email"),
        (PartnerForm("A", "", "a@b.example", country="Atlantis"), "country"),
        (PartnerForm("A", "", "a@b.example", timezone="Nowhere"), "timezone"),
        (PartnerForm("A", "", "a@b.example", role="copied"), "role"),
        (PartnerForm("A", "", "ida@watch.example"), "email"),
        (PartnerForm("archive watch", "", "b@watch.example"), "organization"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(
    database: Database, form: PartnerForm, field: str
) -> None:
    with database.transaction() as session:
        _add(session)
    with pytest.raises(FieldErrors) as refusal, database.transaction() as session:
        _add(session, form)
    assert field in refusal.value.errors
    with database.reading() as session:
        assert len(session.exec(select(Contact)).all()) == 1


def test_everything_of_a_partner_can_be_changed(database: Database) -> None:
    with database.transaction() as session:
        _add(session)
        contact_id = _the(session, "ida@watch.example")
        changed = PartnerForm(
            "The Archives", "Ida B.", "new@watch.example", "de", "DE", "Asia/Taipei", "signs",
            "Archives", "yes", "called",
        )  # fmt: skip
        _change(session, contact_id, changed)
    with database.reading() as session:
        found = edit_partners.find_partner(session, slug="visit", contact_id=contact_id)
        assert edit_partners.form_of(*found) == changed
        assert found[0].name_key == "thearchives"
        assert found[1].email_key == "new@watch.example"


def test_a_change_takes_nobody_elses_name_or_address(database: Database) -> None:
    with database.transaction() as session:
        _add(session)
        _add(session, PartnerForm("Other", "", "other@b.example"))
    for form, field in (
        (PartnerForm("Archive Watch!", "", "other@b.example"), "organization"),
        (PartnerForm("Other", "", "IDA@watch.example"), "email"),
        (PartnerForm("Other", "", "other@b.example", role="copied"), "role"),
    ):
        with pytest.raises(FieldErrors) as refusal, database.transaction() as session:
            _change(session, _the(session, "other@b.example"), form)
        assert list(refusal.value.errors) == [field]


def test_with_its_last_contact_an_organization_goes(database: Database) -> None:
    with database.transaction() as session:
        _add(session)
        _add(session, PartnerForm("Archive Watch", "", "copy@watch.example", role="copied"))
    with pytest.raises(FieldErrors), database.transaction() as session:
        _remove(session, _the(session, "ida@watch.example"))  # nobody left could sign
    with database.transaction() as session:
        _remove(session, _the(session, "copy@watch.example"))
        _remove(session, _the(session, "ida@watch.example"))
        assert session.exec(select(Organization)).all() == []
        assert session.exec(select(Contact)).all() == []
        actions = [one.action for one in session.exec(select(Activity))]
    assert actions == ["partners.add", "partners.add", "partners.remove", "partners.remove"]


def test_who_was_invited_is_not_changed_here(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, slug="running")
        contact_id = session.exec(select(Contact.id)).first() or 0
    facts = {"slug": "running", "contact_id": contact_id, "by": NORA, "now": NOW}
    with pytest.raises(PartnerInvited), database.transaction() as session:
        edit_partners.remove_partner(session, **facts)  # type: ignore[arg-type]
    with pytest.raises(PartnerInvited), database.transaction() as session:
        edit_partners.change_partner(session, form=IDA, **facts)  # type: ignore[arg-type]


def test_another_campaigns_partner_is_not_there(database: Database) -> None:
    with database.transaction() as session:
        a_contact(session, a_campaign(session, slug="other"))
        contact_id = session.exec(select(Contact.id)).first() or 0
    with pytest.raises(PartnerGone), database.transaction() as session:
        _remove(session, contact_id)


@pytest.mark.parametrize(
    "typed", ["österreich", "ÖSTERREICH", "osterreich", "weiß", "MÜNCHEN", "\0öster"]
)
def test_a_search_knows_no_case_and_no_accents_in_any_alphabet(
    database: Database, typed: str
) -> None:
    with database.transaction() as session:
        _add(session, PartnerForm("Österreich", "Weiß", "it@münchen.example"))
        _add(session, PartnerForm("Other", "", "a@b.example"))
        found = edit_partners.show_partners(session, slug="visit", search=typed, page=1)
    assert [one.name for one, _ in found.organizations] == ["Österreich"]


def test_the_list_is_shown_by_pages_and_searched(database: Database) -> None:
    with database.transaction() as session:
        for number in range(60):
            _add(session, PartnerForm(f"Group {number:02}", "", f"a{number}@b.example"))
    with database.reading() as session:
        first = edit_partners.show_partners(session, slug="visit", search="", page=1)
        last = edit_partners.show_partners(session, slug="visit", search="", page=99)
        found = edit_partners.show_partners(session, slug="visit", search="A5@B", page=1)
        odd = edit_partners.show_partners(session, slug="visit", search="100%", page=1)
    assert (len(first.organizations), first.total, first.pages) == (50, 60, 2)
    assert [one.name for one, _ in last.organizations] == [f"Group {n}" for n in range(50, 60)]
    assert [one.name for one, _ in found.organizations] == ["Group 05"]
    assert odd.total == 0
