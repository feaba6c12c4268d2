from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from outreach.store.database import Database
from outreach.store.partners import (
    NewContact,
    NewOrganization,
    add_contacts,
    add_organizations,
    change_contacts,
    change_organizations,
    find_organization,
    list_contacts,
    list_organization_contacts,
    list_organizations,
    set_sort_name,
)
from outreach.store.tables import Campaign, Invitation, Organization, Signature, StatementVersion

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as session:
        yield session


def a_campaign(session: Session, *, slug: str = "s") -> int:
    campaign = Campaign(
        slug=slug,
        key=slug,
        title="T",
        addressee="A",
        occasion="O",
        occasion_date=date(2026, 12, 2),
        reply_to="coordinator@coalition.example",
        language="en",
        deadline=datetime(2026, 12, 1, tzinfo=UTC),
        zone="UTC",
        reminder_steps="7d",
        created_at=NOW,
    )
    session.add(campaign)
    session.flush()
    return campaign.id or 0


def an_organization(session: Session, campaign_id: int, name: str = "One") -> Organization:
    new = [NewOrganization(name=name, name_key=name.lower())]
    ids = add_organizations(session, new, campaign_id=campaign_id, now=NOW)
    return session.get_one(Organization, ids[name.lower()])


def a_contact(organization: Organization, email: str) -> NewContact:
    return NewContact(organization.id or 0, "", email, email.lower(), language="en", zone="UTC")


def test_what_is_added_is_found_by_its_key_within_its_campaign_only(session: Session) -> None:
    here, there = a_campaign(session), a_campaign(session, slug="other")
    one = an_organization(session, here)
    add_contacts(session, [a_contact(one, "A@one.example")], campaign_id=here, now=NOW)
    assert find_organization(session, campaign_id=here, name_key="one") == one
    assert find_organization(session, campaign_id=there, name_key="one") is None
    (found,) = list_contacts(session, campaign_id=here)
    assert (found.email, found.email_key) == ("A@one.example", "a@one.example")
    assert (found.role, found.created_at) == ("signs", NOW)
    assert list_contacts(session, campaign_id=there) == []


def test_partners_are_listed_in_the_order_in_which_they_came(session: Session) -> None:
    campaign_id = a_campaign(session)
    two, one = (an_organization(session, campaign_id, name) for name in ("Two", "One"))
    new = [a_contact(one, "z@one.example"), a_contact(two, "b@two.example")]
    add_contacts(session, [*new, a_contact(one, "a@one.example")], campaign_id=campaign_id, now=NOW)
    assert list_organizations(session, campaign_id=campaign_id) == [two, one]
    everybody = list_contacts(session, campaign_id=campaign_id)
    assert [one.email for one in everybody] == ["z@one.example", "b@two.example", "a@one.example"]
    of_one = list_organization_contacts(session, organization_id=one.id or 0)
    assert [one.email for one in of_one] == ["z@one.example", "a@one.example"]


def test_nothing_to_add_is_fine(session: Session) -> None:
    assert add_organizations(session, [], campaign_id=1, now=NOW) == {}
    add_contacts(session, [], campaign_id=1, now=NOW)


def test_the_database_refuses_a_second_organization_of_one_key(database: Database) -> None:
    with database.transaction() as session:
        campaign_id = a_campaign(session)
        an_organization(session, campaign_id)
    with pytest.raises(IntegrityError), database.transaction() as session:
        an_organization(session, campaign_id)


def test_the_database_refuses_a_second_contact_of_one_address(database: Database) -> None:
    with database.transaction() as session:
        campaign_id = a_campaign(session)
        new = a_contact(an_organization(session, campaign_id), "a@one.example")
    with pytest.raises(IntegrityError), database.transaction() as session:
        add_contacts(session, [new, new], campaign_id=campaign_id, now=NOW)


def test_changes_reach_the_rows_that_they_name_and_no_other(session: Session) -> None:
    campaign_id = a_campaign(session)
    one, two = (an_organization(session, campaign_id, name) for name in ("One", "Two"))
    new = [a_contact(one, "a@one.example"), a_contact(two, "b@two.example")]
    add_contacts(session, new, campaign_id=campaign_id, now=NOW)
    first, second = list_contacts(session, campaign_id=campaign_id)
    changes = {"country": "DE", "sort_name": "1"}
    change_organizations(session, {one.id or 0: changes}, campaign_id=campaign_id)
    change_contacts(session, {second.id or 0: {"name": "Bo"}}, campaign_id=campaign_id)
    session.expire_all()
    assert (one.country, one.sort_name, two.country) == ("DE", "1", "")
    assert (first.name, second.name) == ("", "Bo")


def test_a_sort_name_reaches_the_standing_signature_and_leaves_a_withdrawn_one(
    session: Session,
) -> None:
    campaign_id = a_campaign(session)
    one, other = (an_organization(session, campaign_id, name) for name in ("One", "Other"))
    withdrawn, standing = a_signature(session, one, withdrawn_at=NOW), a_signature(session, one)
    of_other = a_signature(session, other)
    set_sort_name(session, one, sort_name="1")
    session.expire_all()
    assert one.sort_name == "1"
    found = [standing.sort_name, withdrawn.sort_name, of_other.sort_name]
    assert found == ["1", "before", "before"]


def a_signature(
    session: Session, organization: Organization, *, withdrawn_at: datetime | None = None
) -> Signature:
    campaign_id = organization.campaign_id
    if not list_organization_contacts(session, organization_id=organization.id or 0):
        new = [a_contact(organization, f"a@{organization.name_key}.example")]
        add_contacts(session, new, campaign_id=campaign_id, now=NOW)
    contact = list_organization_contacts(session, organization_id=organization.id or 0)[0]
    signature = Signature(
        invitation_id=an_invitation(session, organization).id or 0,
        contact_id=contact.id or 0,
        statement_version_id=a_version(session, campaign_id).id or 0,
        credit_line=organization.name,
        sort_name="before",
        signer_name="Ana",
        capacity="Director",
        authority="I am authorized.",
        signed_at=NOW,
        withdrawn_at=withdrawn_at,
    )
    session.add(signature)
    session.flush()
    return signature


def an_invitation(session: Session, organization: Organization) -> Invitation:
    query = select(Invitation).where(col(Invitation.organization_id) == organization.id)
    if standing := session.exec(query).first():
        return standing
    invitation = Invitation(
        campaign_id=organization.campaign_id, organization_id=organization.id or 0, created_at=NOW
    )
    session.add(invitation)
    session.flush()
    return invitation


def a_version(session: Session, campaign_id: int) -> StatementVersion:
    number = len(session.exec(select(StatementVersion)).all()) + 1
    version = StatementVersion(
        campaign_id=campaign_id,
        number=number,
        language="en",
        source="s",
        body="b",
        sha256="0" * 64,
        created_at=NOW,
    )
    session.add(version)
    session.flush()
    return version
