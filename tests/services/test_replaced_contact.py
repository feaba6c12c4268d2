"""An address that was replaced: what comes back, and what does not. On both databases."""

import pytest
from sqlmodel import Session

from outreach.domain.message import MessageKind
from outreach.services.change_contact import (
    ContactChange,
    ContactRefused,
)
from outreach.services.import_partners import import_partners, read_partners
from outreach.services.list_chases import Looker, find_row
from outreach.services.list_organizations import (
    Narrowing,
    list_organizations,
)
from outreach.services.show_desk import show_desk
from outreach.services.tell_story import tell_story
from outreach.store import invitations
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.desk_lists import count_not_reached
from tests.factories import (
    send_what_is_due,
    the_messages,
)
from tests.racing import race
from tests.services.test_change_contact import (
    LATER,
    NEW,
    OLD,
    change,
    contacts_of,
    invited,
    live_link,
    mails,
    refuse_the_first,
)


@pytest.mark.parametrize(
    ("first", "brings"),
    [("sent", ("reminder", "queued")), ("failed", ("invitation", "queued"))],
)
def test_an_address_that_was_replaced_by_mistake_comes_back_with_a_link_that_works(
    database: Database, first: str, brings: tuple[str, str]
) -> None:
    with database.transaction() as session:
        invited(session)
        (send_what_is_due if first == "sent" else refuse_the_first)(session)
        change(session)
        back = change(session, contact=3, email=OLD)
        assert back == ContactChange(1, is_new_address=True, is_invited=True)
        assert contacts_of(session) == [(OLD, "signs", False), (NEW, "copied", True)]
        assert (OLD, *brings) in mails(session)
        assert (NEW, "invitation", "cancelled") in mails(session)
        assert send_what_is_due(session, now=LATER) == 1
        linked = invitations.require_linked(session, live_link(session, OLD), now=LATER)
        assert linked.contact.email == OLD


def test_on_the_chase_list_a_new_address_is_asked_and_not_unreached(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        refuse_the_first(session)
        look = Looker(1, "Europe/Berlin")
        _, row = find_row(session, slug="visit", organization_id=1, by=look, now=LATER)
        assert row is not None
        assert row.reason == "unreached"
        change(session)
        _, row = find_row(session, slug="visit", organization_id=1, by=look, now=LATER)
        assert row is not None
        assert row.reason == "waiting"
        assert [one.email for one in row.people] == [NEW]
        assert row.mail is not None
        assert row.mail.state == "queued"


def test_the_file_that_was_imported_does_not_bring_the_old_address_back(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session)
        campaign = require_campaign(session, "visit")
        change(session)
        file = f"organization,email\nAlpha,{OLD}\n".encode()
        parsed = read_partners(file, filename="partners.csv")
        for update in (False, True):
            report = import_partners(
                session, campaign=campaign, parsed=parsed, update=update, now=LATER
            )
            (error,) = report.errors
            assert "took this one's place" in error.remedy
            assert not report.written
        assert contacts_of(session) == [(OLD, "copied", True), (NEW, "signs", False)]


def test_of_two_who_change_it_at_the_same_moment_one_is_told(database: Database) -> None:
    with database.transaction() as session:
        invited(session)
        send_what_is_due(session)

    def changes(email: str) -> ContactChange:
        with database.transaction() as session:
            return change(session, email=email)

    outcomes = race([lambda: changes(NEW), lambda: changes("other@alpha.example")])
    assert sum(isinstance(outcome, ContactChange) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, ContactRefused) for outcome in outcomes) == 1
    with database.reading() as session:
        assert len(the_messages(session, "Alpha", kind=MessageKind.INVITATION)) == 2


def _never_reached_at_its_new_address(session: Session) -> None:
    """Alpha's invitation arrived at OLD; the one to NEW, which took its place, was refused."""
    invited(session)
    send_what_is_due(session)
    change(session)
    refuse_the_first(session, now=LATER)
    assert (NEW, "invitation", "failed") in mails(session)


def test_who_was_replaced_stands_in_no_list_and_its_mail_reached_nobody(
    database: Database,
) -> None:
    with database.transaction() as session:
        _never_reached_at_its_new_address(session)
        narrowing = Narrowing.read(show="not-reached")
        (row,) = list_organizations(session, slug="visit", narrowing=narrowing).rows
        assert [(one.email, one.mail_state) for one in row.people] == [(NEW, "failed")]
        assert count_not_reached(session, 1) == 1
        (card,) = show_desk(session, now=LATER).running
        assert (card.not_reached, card.failed) == (1, 1)
        old_name = list_organizations(session, slug="visit", narrowing=Narrowing.read(q="old@"))
        assert not old_name.rows


def test_the_story_names_who_was_replaced_but_offers_to_change_only_who_is_there(
    database: Database,
) -> None:
    with database.transaction() as session:
        _never_reached_at_its_new_address(session)
        story = tell_story(session, slug="visit", organization_id=1, now=LATER)
        assert [one.email for one in story.people] == [NEW]
        assert {entry.mail.to for entry in story.entries if entry.mail} == {
            "Ada Example",
            "Bo Berg",
        }


def test_a_mail_that_failed_at_a_replaced_address_is_nobodys_trouble_any_more(
    database: Database,
) -> None:
    with database.transaction() as session:
        invited(session)
        refuse_the_first(session)
        (card,) = show_desk(session, now=LATER).running
        assert (card.failed, card.not_reached) == (1, 1)
        change(session)
        (card,) = show_desk(session, now=LATER).running
        assert (card.failed, card.not_reached, card.needs_attention) == (0, 0, False)
