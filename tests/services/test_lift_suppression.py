"""Addresses that get no mail: whose they are, and lifting one, with a reason that is kept."""

import pytest
from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import FieldErrors
from outreach.services.lift_suppression import (
    PAGE_SIZE,
    SuppressionNotFound,
    find_suppression,
    lift_suppression,
    list_suppressions,
    masked,
)
from outreach.services.suppress_contact import suppress
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.suppressions import is_suppressed, record_suppression
from tests.factories import NOW, a_contact, a_launched_campaign, the_link, the_messages

NORA = Actor("Nora Feld")


def an_unsubscribed_address(session: Session) -> str:
    a_launched_campaign(session, "One", "Two")
    suppress(session, link_id=the_link(session, "Two").id, now=NOW)
    return the_email_key(session)


def the_email_key(session: Session) -> str:
    (row,) = list_suppressions(session).rows
    return row.email_key


def lift(session: Session, reason: str = "She asked by telephone.") -> int:
    return lift_suppression(session, 1, reason=reason, by=NORA, now=NOW)


def test_each_address_is_listed_with_whose_it_is(database: Database) -> None:
    with database.transaction() as session:
        an_unsubscribed_address(session)
        record_suppression(session, "nobody@elsewhere.example", reason="complained", now=NOW)
        unknown, known = list_suppressions(session).rows
    assert (known.reason, known.created_at) == ("unsubscribed", NOW)
    assert [(one.organization, one.contact, one.slug) for one in known.whose] == [
        ("Two", "Ada Example", "visit")
    ]
    assert (unknown.email_key, unknown.reason, unknown.whose) == (
        "nobody@elsewhere.example", "complained", (),
    )  # fmt: skip


def test_fifty_a_page_and_a_search(database: Database) -> None:
    with database.transaction() as session:
        for number in range(PAGE_SIZE + 1):
            record_suppression(session, f"n{number}@one.example", reason="unsubscribed", now=NOW)
        first, far = list_suppressions(session), list_suppressions(session, page=9)
        found = list_suppressions(session, search=" N50@ONE\0")
    assert (first.total, first.pages, len(first.rows)) == (PAGE_SIZE + 1, 2, PAGE_SIZE)
    assert [row.email_key for row in far.rows] == ["n0@one.example"]
    assert [row.email_key for row in found.rows] == ["n50@one.example"]


def test_lifting_sends_what_was_held_back_and_is_written_down(database: Database) -> None:
    with database.transaction() as session:
        address = an_unsubscribed_address(session)
        assert the_messages(session, "Two")[0].state == "cancelled"
        assert lift(session) == 1
        assert not is_suppressed(session, address)
        assert the_messages(session, "Two")[0].state == "queued"
        (activity,) = session.exec(
            select(Activity).where(col(Activity.action) == "suppression.lift")
        )
    assert activity.detail == f"{masked(address)} (unsubscribed): She asked by telephone."
    assert (activity.actor, activity.campaign_id, activity.organization_id) == ("Nora Feld", 1, 2)
    assert address not in activity.detail


def test_an_address_of_several_organizations_belongs_to_none_in_the_log(
    database: Database,
) -> None:
    with database.transaction() as session:
        address = an_unsubscribed_address(session)
        other = a_launched_campaign(session, "Three", slug="other")
        a_contact(session, other, organization="Four", email=address)
        lift(session)
        activity = session.exec(select(Activity)).one()
    assert (activity.campaign_id, activity.organization_id) == (None, None)


@pytest.mark.parametrize("reason", ["", " \n", "\0", "x" * 501])
def test_without_a_reason_nothing_is_lifted(database: Database, reason: str) -> None:
    with database.transaction() as session:
        address = an_unsubscribed_address(session)
        with pytest.raises(FieldErrors):
            lift(session, reason)
        assert is_suppressed(session, address)
        assert session.exec(select(Activity)).first() is None


def test_one_that_is_not_there_is_refused(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(SuppressionNotFound):
            find_suppression(session, 1)
        with pytest.raises(SuppressionNotFound):
            lift(session)


def test_an_address_is_shown_in_the_log_by_its_first_letter() -> None:
    assert masked("ada@one.example") == "a…@one.example"
