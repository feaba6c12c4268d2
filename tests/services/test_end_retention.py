"""Some time after its publication a campaign's contacts are gone, and all that it proves stands."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import LinkRefused, MoveRefused
from outreach.domain.evidence import PERSONAL_FIELDS
from outreach.services.close_campaign import close_campaign
from outreach.services.end_retention import (
    erase_contacts_if_due,
    erased_on,
    keep_contacts,
    let_contacts_go,
)
from outreach.services.publish_statement import find_published, publish_campaign
from outreach.services.sweep import sweep
from outreach.services.view_invitation import find_answer_page
from outreach.store.campaigns import require_campaign
from outreach.store.consent_tables import ConsentFile, RecordedConsent
from outreach.store.database import Database
from outreach.store.desk_tables import Activity, Note
from outreach.store.tables import Contact, Organization, Signature
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_launched_campaign,
    send_what_is_due,
    sign,
    the_link,
)
from tests.racing import race
from tests.recording import confirm, record, the_record
from tests.services.test_append_event import check, the_events, the_kinds

DAYS = 90
PUBLISHED = DEADLINE + timedelta(hours=1)
OVER = PUBLISHED + timedelta(days=DAYS)
NORA = Actor("Nora Feld")


def _published(session: Session, *, slug: str = "visit") -> None:
    campaign = a_launched_campaign(session, f"Alpha of {slug}", f"Beta of {slug}", slug=slug)
    send_what_is_due(session)
    sign(session, f"Alpha of {slug}", credit_line="Alpha, as printed")
    organization = session.exec(select(Organization.id)).first()
    assert campaign.id is not None
    assert organization is not None
    text = "Ada's private number"
    note = Note(campaign_id=campaign.id, organization_id=organization, text=text, at=NOW)
    session.add(note)
    close_campaign(session, slug=slug, mail_domain=DOMAIN, now=DEADLINE)
    publish_campaign(session, slug=slug, now=PUBLISHED)


def _end(session: Session, now: object = OVER, *, slug: str = "visit", days: int = DAYS) -> int:
    return erase_contacts_if_due(session, slug=slug, days=days, mail_domain=DOMAIN, now=now)  # type: ignore[arg-type]


def _addresses(session: Session) -> list[str]:
    return list(session.exec(select(Contact.email).order_by(col(Contact.id))))


def test_at_its_hour_and_not_before_the_contacts_are_gone(database: Database) -> None:
    with database.transaction() as session:
        _published(session)
        before = _addresses(session)
        assert _end(session, OVER - timedelta(seconds=1)) == 0
        assert _addresses(session) == before
        assert _end(session) == 2
        assert _end(session) == 0
        assert all(address.endswith("@erased.invalid") for address in _addresses(session))
        assert set(session.exec(select(Contact.name))) == {""}
        assert set(session.exec(select(Note.text))) == {""}
        signature = session.exec(select(Signature)).one()
        assert (signature.signer_name, signature.capacity) == ("(erased)", "(erased)")
        (line,) = session.exec(select(Activity).where(col(Activity.action) == "contacts.erase"))
        assert (line.actor, line.detail) == (
            "the service",
            "2 contacts, 90 days after the publication",
        )


def test_what_was_recorded_by_hand_goes_with_the_contacts(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        for name in ("Alpha", "Beta"):
            quote = "Grace here: yes"
            record(session, name, quote=quote, file_name="letter.txt", file=b"Yes. Grace")
        confirm(session, "Beta")  # the other one still waits when the list is closed
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        publish_campaign(session, slug="visit", now=PUBLISHED)
        assert _end(session, OVER - timedelta(seconds=1)) == 0
        assert len(session.exec(select(ConsentFile)).all()) == 2
        _end(session)
    with database.reading() as session:
        kept = session.exec(select(RecordedConsent).order_by(col(RecordedConsent.id))).all()
        assert [(one.person, one.capacity, one.quote) for one in kept] == [
            ("(erased)", "(erased)", "")
        ] * 2
        assert [one.state for one in kept] == ["refused", "confirmed"]
        assert session.exec(select(ConsentFile)).all() == []
        signature = session.exec(select(Signature)).one()
        assert (signature.signer_name, signature.credit_line) == ("(erased)", "Beta")
        for event in the_events(session):
            assert not event["opened"].keys() & PERSONAL_FIELDS
        check(session)


def test_what_was_recorded_for_another_campaign_stays(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        record(session, "Alpha")
        _published(session, slug="other")
        _end(session, slug="other")
        assert the_record(session).person == "Grace Hopper"


def test_list_lines_and_ledger_stand_and_links_are_dead(database: Database) -> None:
    with database.transaction() as session:
        _published(session)
        link = the_link(session, "Alpha of visit").id
        before = find_published(session, slug="visit", now=OVER)
        _end(session)
        after = find_published(session, slug="visit", now=OVER)
        assert before is not None
        assert after is not None
        assert after.signatories == before.signatories
        assert [one.credit_line for one in after.signatories] == ["Alpha, as printed"]
        check(session)
        assert the_kinds(session)[-1] == "erased"
        with pytest.raises(LinkRefused):
            find_answer_page(session.connection(), link_id=link, now=OVER)


def test_kept_on_purpose_they_stay_until_somebody_lets_them_go(database: Database) -> None:
    with database.transaction() as session:
        _published(session)
        before = _addresses(session)
        keep_contacts(session, slug="visit", by=NORA, now=PUBLISHED)
        assert erased_on(require_campaign(session, "visit"), days=DAYS) is None
        assert _end(session) == 0
        assert _addresses(session) == before
        let_contacts_go(session, slug="visit", by=NORA, now=OVER)
        assert _end(session) == 2
        with pytest.raises(MoveRefused):
            keep_contacts(session, slug="visit", by=NORA, now=OVER)


def test_what_is_not_published_and_where_it_is_switched_off_nobody_is_erased(
    database: Database,
) -> None:
    with database.transaction() as session:
        _published(session)
        assert _end(session, days=0) == 0
        a_launched_campaign(session, "Gamma", slug="running")
        assert _end(session, slug="running") == 0
        close_campaign(session, slug="running", mail_domain=DOMAIN, now=DEADLINE)
        assert _end(session, slug="running") == 0
        assert erased_on(require_campaign(session, "visit"), days=DAYS) == OVER


def test_a_sweep_does_it_to_the_campaign_that_is_due_alone(database: Database) -> None:
    with database.transaction() as session:
        _published(session)
        _published(session, slug="other")
        other = require_campaign(session, "other")
        other.published_at = OVER
        session.add(other)
    sweep(database, mail_domain=DOMAIN, clock=lambda: OVER, retention_days=DAYS)
    with database.reading() as session:
        erased = [one.endswith("@erased.invalid") for one in _addresses(session)]
        assert erased == [True, True, False, False]
    sweep(database, mail_domain=DOMAIN, clock=lambda: OVER + timedelta(days=400))
    with database.reading() as session:
        assert not _addresses(session)[2].endswith("@erased.invalid")


def test_of_sweeps_at_once_one_does_it(database: Database) -> None:
    with database.transaction() as session:
        _published(session)

    def end() -> int:
        with database.transaction() as session:
            return _end(session)

    assert sorted(race([end] * 3)) == [0, 0, 2]  # type: ignore[type-var]
