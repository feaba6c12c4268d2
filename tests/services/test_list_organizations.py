"""The list of a campaign's organizations: narrowed, searched, sorted, paged."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from outreach.domain.errors import CampaignNotFound
from outreach.domain.message import MessageEvent
from outreach.services.answer_invitation import decline
from outreach.services.launch_campaign import launch_campaign
from outreach.services.list_organizations import (
    PAGE_SIZE,
    Choices,
    Narrowing,
    OrganizationPage,
    find_matching,
    list_choices,
    list_chosen,
    list_organizations,
)
from outreach.services.note_view import note_view
from outreach.store import claims
from outreach.store.database import Database
from outreach.store.rounds import Result
from outreach.store.tables import Organization
from tests.counting import counting
from tests.crowds import a_crowd
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    STATEMENT,
    a_campaign,
    a_contact,
    a_launched_campaign,
    record_result,
    send_what_is_due,
    sign,
    the_link,
    withdraw,
)


def _page(session: Session, page: int = 1, **how: str) -> OrganizationPage:
    narrowing = Narrowing.read(**how)
    return list_organizations(session, slug="visit", narrowing=narrowing, page=page)


def _names(session: Session, **how: str) -> list[str]:
    return [row.line.name for row in _page(session, 1, **how).rows]


def _reply(session: Session, event: MessageEvent, words: str) -> None:
    """What the server says to everything that is due."""
    won = claims.claim_due(session, owner="sender", many=100, lease=timedelta(minutes=5), now=NOW)
    for claimed in won:
        due = NOW + timedelta(hours=1) if event is MessageEvent.DEFERRED else None
        result = Result(claimed.id, event, code=450, words=words, due_at=due)
        assert record_result(session, result, owner="sender")


def test_each_answer_is_found_by_its_name(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha", "Beta", "Gamma", "Delta")
        send_what_is_due(session)
        sign(session, "Beta")
        link = the_link(session, "Gamma").id
        decline(session, link_id=link, reason="no", mail_domain=DOMAIN, now=NOW)
        sign(session, "Delta")
        withdraw(session, "Delta")
        a_contact(session, campaign, organization="Late")
        assert _names(session) == ["Alpha", "Beta", "Delta", "Gamma", "Late"]
        assert _names(session, show="waiting") == ["Alpha"]
        assert _names(session, show="signed") == ["Beta"]
        assert _names(session, show="declined") == ["Gamma"]
        assert _names(session, show="withdrawn") == ["Delta"]
        assert _names(session, show="not-invited") == ["Late"]
        assert _names(session, show="expired") == _names(session, show="deferred") == []
        assert _names(session, show="nonsense") == _names(session)


def test_a_list_holds_its_own_campaign_only(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        a_launched_campaign(session, "Elsewhere", slug="other")
        assert _names(session) == ["Alpha"]
        with pytest.raises(CampaignNotFound):
            list_organizations(session, slug="none", narrowing=Narrowing())


def test_language_and_country_narrow_and_only_those_there_can_be_chosen(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        for name, language, country in (
            ("Alpha", "de", "DE"),
            ("Beta", "bo", ""),
            ("Co", "de", ""),
        ):
            contact = a_contact(session, campaign, organization=name, language=language)
            organization = session.get_one(Organization, contact.organization_id)
            organization.country = country
            session.add(organization)
        session.flush()
        assert _names(session, language="de") == ["Alpha", "Co"]
        assert _names(session, language="de", country="DE") == ["Alpha"]
        assert list_choices(session, slug="visit") == Choices(("bo", "de"), ("DE",))


@pytest.mark.parametrize(
    "typed", ["maría", "MARIA", "garcia", "example.ORG", "müll", "muller hilfe", "Müller-Hilfe"]
)
def test_a_search_finds_names_contacts_and_addresses_without_case_and_accents(
    database: Database, typed: str
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Other")
        contact = a_contact(
            session, campaign, organization="Muller-Hilfe", email="maria@example.org"
        )
        organization = session.get_one(Organization, contact.organization_id)
        contact.name, organization.name, organization.name_key = "María García", "Müller", "muller"
        organization.name, organization.name_key = "Müller-Hilfe", "mullerhilfe"
        session.add_all([contact, organization])
        session.flush()
        assert _names(session, q=typed) == ["Müller-Hilfe"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Weiß", "Weiß"),
        ("Weiß", "WEISS"),
        ("Παπαδόπουλος", "Παπαδόπουλος"),
        ("Παπαδόπουλος", "Παπαδοπουλος"),
        ("Ada", "münchen"),
        ("Ada", "INFO@MÜNCHEN"),
    ],
)
def test_what_was_typed_as_it_stands_there_is_found_in_every_script(
    database: Database, name: str, typed: str
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Other").name = "Bo"
        contact = a_contact(session, campaign, organization="Alpha", email="info@münchen.example")
        contact.name = name
        session.flush()
        assert _names(session, q=typed) == ["Alpha"]


@pytest.mark.parametrize("typed", ["%", "_", "\\", "a%a", "\x00", "' OR 1=1"])
def test_what_means_something_to_a_database_means_itself(database: Database, typed: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        found = _names(session, q=typed)
        assert found == (["Alpha"] if typed == "\x00" else [])


def test_other_scripts_are_found(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        for name in ("香港文獻", "བོད་ཀྱི་ཡིག་མཛོད", "مركز الأرشيف"):
            a_contact(session, campaign, organization=name)
            assert _names(session, q=name[:4]) == [name]


def test_not_reached_is_who_owes_an_answer_and_got_no_mail(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        assert _names(session, show="not-reached") == []  # on its way
        _reply(session, MessageEvent.DEFERRED, "greylisted")
        assert _names(session, show="not-reached") == ["Alpha"]
        a_launched_campaign(session, "Beta", slug="other")
        assert _names(session, show="not-reached") == ["Alpha"]
        sign(session, "Alpha")
        assert _names(session, show="not-reached") == []


def test_one_of_two_contacts_is_enough_to_have_reached_it(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha", "Beta")
        _reply(session, MessageEvent.REJECTED, "no such mailbox")
        assert _names(session, show="not-reached") == ["Alpha", "Beta"]
        a_contact(session, campaign, organization="Alpha")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        send_what_is_due(session)
        assert _names(session, show="not-reached") == ["Beta"]
        (row, _) = _page(session).rows
        assert [one.mail_state for one in row.people] == ["failed", "sent"]
        assert row.people[0].mail_words == "no such mailbox"


def test_not_seen_is_who_owes_an_answer_and_was_never_at_the_page(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        send_what_is_due(session)
        note_view(session, link_id=the_link(session, "Alpha").id, mail_domain=DOMAIN, now=NOW)
        assert _names(session, show="not-seen") == ["Beta"]
        assert [row.seen_at for row in _page(session).rows] == [NOW, None]


def test_lists_are_sorted_as_asked(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        sign(session, "Alpha", now=NOW)
        sign(session, "Gamma", now=NOW + timedelta(hours=1))
        assert _names(session, sort="answered") == ["Gamma", "Alpha", "Beta"]
        assert _names(session, sort="state") == ["Beta", "Alpha", "Gamma"]
        assert _names(session, sort="country") == _names(session, sort="name")


def test_pages_hold_fifty_and_the_last_is_never_passed(database: Database) -> None:
    with database.transaction() as session:
        _crowd(session, many=120)
        first, last = _page(session), _page(session, page=99)
        assert (len(first.rows), first.total, first.pages) == (PAGE_SIZE, 120, 3)
        assert (last.page, len(last.rows)) == (3, 20)
        assert not {row.line.id for row in first.rows} & {row.line.id for row in last.rows}
        wanted = Narrowing.read(show="signed")
        found = find_matching(session, slug="visit", narrowing=wanted)
        listed = list_chosen(session, campaign_id=1, organizations=found)
        assert [row.line.id for row in listed] == found
        assert len(found) == 48


def test_a_page_takes_as_many_statements_for_5000_as_for_50(database: Database) -> None:
    asked = {}
    for many in (50, 5_000):
        with database.transaction() as session:
            _crowd(session, many=many, slug=f"of-{many}")
        with database.reading() as session, counting(database) as found:
            page = list_organizations(
                session,
                slug=f"of-{many}",
                narrowing=Narrowing.read(show="waiting", q="contact", language="de"),
            )
            assert page.total == many // 10
        asked[many] = found.many
    assert asked[50] == asked[5_000] <= 8


def _crowd(session: Session, *, many: int, slug: str = "visit") -> None:
    a_crowd(
        session,
        source=STATEMENT,
        slug=slug,
        many=many,
        deadline=DEADLINE,
        mail_domain=DOMAIN,
        now=NOW,
    )
