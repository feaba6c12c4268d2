"""Who was erased is not entered again, whichever way an address comes in."""

import pytest
from sqlmodel import Session, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors
from outreach.services.change_contact import ContactForm, add_contact, change_contact
from outreach.services.edit_partners import PartnerForm, add_partner, change_partner
from outreach.services.erase_person import erase_person
from outreach.services.import_partners import ImportReport, import_partners, read_partners
from outreach.services.refuse_erased import address_hash, erased_among
from outreach.services.suppress_contact import suppress
from outreach.store.campaigns import require_campaign
from outreach.store.database import ERASURE_SEED, Database
from outreach.store.tables import Contact
from tests.factories import DOMAIN, NOW, a_campaign, a_contact, a_launched_campaign, the_link
from tests.ledger.made import ANOTHER_KEY, KEY

EMAIL = "grace@watch.example"
NORA = Actor("Nora Feld", None)
TOLD = "This person asked to be erased and must not be entered again."


def an_erased_one(session: Session) -> None:
    """Who had unsubscribed, and is not kept any more."""
    session.info[ERASURE_SEED] = KEY.seed
    campaign = a_launched_campaign(session, "Hong Kong Watch")
    contact = session.exec(select(Contact)).one()
    contact.email = contact.email_key = EMAIL
    session.add(contact)
    suppress(session, link_id=the_link(session, "Hong Kong Watch").id, now=NOW)
    erase_person(session, email=EMAIL, seed=KEY.seed, mail_domain=DOMAIN, now=NOW)
    assert campaign.id == 1


def an_import(session: Session, *, accept_valid: bool = False) -> ImportReport:
    text = f"organization,email\nWatch,{EMAIL.title()}\nOther,other@other.example\n"
    return import_partners(
        session,
        campaign=require_campaign(session, "visit"),
        parsed=read_partners(text.encode(), filename="partners.csv"),
        accept_valid=accept_valid,
        now=NOW,
    )


def test_an_import_says_in_which_row_and_why(database: Database) -> None:
    with database.transaction() as session:
        an_erased_one(session)
        report = an_import(session)
        assert not report.written
        (error,) = report.errors
        assert (error.row, error.column, error.value) == (2, "email", "Grace@watch.example")
        assert error.remedy == f"{TOLD[0].lower()}{TOLD[1:-1]}; drop the row"
        assert an_import(session, accept_valid=True).created_contacts == 1
        assert EMAIL not in {one.email_key for one in session.exec(select(Contact))}


def test_neither_desk_nor_draft_takes_the_address(database: Database) -> None:
    with database.transaction() as session:
        an_erased_one(session)
        draft = a_campaign(session, slug="draft")
        partner = a_contact(session, draft, organization="Third")
        added = PartnerForm(organization="Watch", email=EMAIL)
        changed = PartnerForm(organization="Third", email=EMAIL)
        form = ContactForm(name="G", email=EMAIL, language="en", zone="UTC")
        at = {"slug": "visit", "organization_id": 1, "mail_domain": DOMAIN, "by": NORA, "now": NOW}
        ways = (
            lambda: add_contact(session, form=form, **at),  # type: ignore[arg-type]
            lambda: change_contact(session, contact_id=1, form=form, **at),  # type: ignore[arg-type]
            lambda: add_partner(session, slug="draft", form=added, by=NORA, now=NOW),
            lambda: change_partner(
                session, slug="draft", contact_id=partner.id or 0, form=changed, by=NORA, now=NOW
            ),
        )
        for way in ways:
            with pytest.raises(FieldErrors) as refused:
                way()
            assert refused.value.errors["email"].startswith(TOLD[:-1])


def test_the_hash_tells_nothing_without_its_key(database: Database) -> None:
    with database.transaction() as session:
        an_erased_one(session)
        session.info[ERASURE_SEED] = ANOTHER_KEY.seed
        assert erased_among(session, [EMAIL]) == set()
        assert an_import(session).written
    ours, others = (address_hash(EMAIL, seed=key.seed) for key in (KEY, ANOTHER_KEY))
    assert len(ours) == 73
    assert ours[:8] != others[:8]
    assert ours[9:] != others[9:]
