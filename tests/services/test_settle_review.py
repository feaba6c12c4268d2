"""A coordinator settles a review: only then may the later answer count, and only once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from outreach.domain.message import MessageKind
from outreach.domain.review import Hindrance
from outreach.services.close_campaign import close_campaign
from outreach.services.publish_statement import publish_campaign
from outreach.services.settle_review import ReviewRefused
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from tests.factories import DEADLINE, DOMAIN, NOW, the_invitation, the_messages, the_signatures
from tests.racing import race
from tests.recording import NAME, a_person
from tests.reviewing import (
    decline_as,
    let_replace,
    let_stand,
    sign_as,
    the_reviews,
    two_contacts,
    withdraw_as,
)
from tests.services.test_append_event import check, the_kinds

LATER = NOW + timedelta(minutes=1)


def a_contradicted_yes(database: Database) -> None:
    with database.transaction() as session:
        two_contacts(session)
        sign_as(session, 0)
        withdraw_as(session, 1)


def a_contradicted_no(database: Database) -> None:
    with database.transaction() as session:
        two_contacts(session)
        decline_as(session, 0)
        sign_as(session, 1, credit_line="HKW")


def test_the_first_stands_and_the_organization_is_told(database: Database) -> None:
    a_contradicted_yes(database)
    with database.transaction() as session:
        let_stand(session, now=LATER)
        assert the_invitation(session, NAME).state == "signed"
        (review,) = the_reviews(session)
        assert (review.state, review.note, review.settled_at) == ("kept", "Both say so", LATER)
        assert len(the_messages(session, kind=MessageKind.REVIEW_RESULT)) == 2
        assert "review.keep" in session.exec(select(Activity.action)).all()
        assert the_kinds(session) == ["signed", "contradicted"]


def test_a_withdrawal_that_takes_its_place_takes_the_name_off(database: Database) -> None:
    a_contradicted_yes(database)
    with database.transaction() as session:
        let_replace(session, now=LATER)
        assert the_invitation(session, NAME).state == "withdrawn"
        assert [one.withdrawn_at for one in the_signatures(session)] == [LATER]
        assert len(the_messages(session, kind=MessageKind.WITHDRAWAL_RECEIPT)) == 2
        assert [one.state for one in the_reviews(session)] == ["replaced"]
        assert the_kinds(session) == ["signed", "contradicted", "withdrawn"]
        check(session)


def test_a_yes_that_takes_its_place_signs_as_it_was_given(database: Database) -> None:
    a_contradicted_no(database)
    with database.transaction() as session:
        let_replace(session, now=LATER)
        (signature,) = the_signatures(session)
        (review,) = the_reviews(session)
        assert (signature.credit_line, signature.signed_at) == ("HKW", LATER)
        assert signature.contact_id == review.contact_id
        assert signature.authority == review.authority
        assert len(the_messages(session, kind=MessageKind.RECEIPT)) == 2
        check(session)


def test_who_gave_the_later_answer_may_change_it_once_it_counts(database: Database) -> None:
    a_contradicted_no(database)
    with database.transaction() as session:
        let_replace(session, now=LATER)
        withdraw_as(session, 1, now=LATER)
        assert the_invitation(session, NAME).state == "withdrawn"
        assert [one.state for one in the_reviews(session)] == ["replaced"]


def test_it_came_in_time_and_counts_after_the_close_until_publication(
    database: Database,
) -> None:
    a_contradicted_no(database)
    with database.transaction() as session:
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
    with database.transaction() as session:
        let_replace(session, now=DEADLINE + timedelta(hours=1))
        assert the_invitation(session, NAME).state == "signed"


def test_after_publication_a_yes_is_refused_and_a_no_still_counts(database: Database) -> None:
    a_contradicted_no(database)
    with database.transaction() as session:
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        publish_campaign(session, slug="visit", now=DEADLINE)
    with database.transaction() as session:
        a_person(session, "Otto")
        with pytest.raises(ReviewRefused, match=Hindrance.PUBLISHED):
            let_replace(session, now=DEADLINE)
        assert [one.state for one in the_reviews(session)] == ["waiting"]


def test_a_published_name_is_still_taken_off(database: Database) -> None:
    a_contradicted_yes(database)
    with database.transaction() as session:
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        publish_campaign(session, slug="visit", now=DEADLINE)
        let_replace(session, now=DEADLINE)
        assert the_invitation(session, NAME).state == "withdrawn"


@pytest.mark.parametrize("settle", [let_stand, let_replace])
@pytest.mark.parametrize("note", ["", " \n", "x" * 2_001])
def test_it_is_not_settled_without_a_word_of_why(
    database: Database, settle: Callable[..., None], note: str
) -> None:
    a_contradicted_yes(database)
    with database.transaction() as session:
        with pytest.raises(ReviewRefused, match="say how you know"):
            settle(session, note=note)
        assert [one.state for one in the_reviews(session)] == ["waiting"]


@pytest.mark.parametrize("settle", [let_stand, let_replace])
def test_it_is_settled_once(database: Database, settle: Callable[..., None]) -> None:
    a_contradicted_yes(database)
    with database.transaction() as session:
        let_stand(session)
        with pytest.raises(ReviewRefused, match="settled already"):
            settle(session)


def test_of_two_coordinators_at_once_one_settles_it(database: Database) -> None:
    a_contradicted_yes(database)
    with database.transaction() as session:
        a_person(session, "Otto")

    def act(settle: Callable[..., None]) -> Callable[[], str]:
        def run() -> str:
            with database.transaction() as session:
                settle(session)
            return "done"

        return run

    results = race([act(let_stand), act(let_replace)] * 3)
    assert results.count("done") == 1
    assert sum(isinstance(one, ReviewRefused) for one in results) == 5
