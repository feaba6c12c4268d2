"""An answer that contradicts a colleague's: kept as given, told of, and nothing else changed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.errors import AlreadyAnswered, DeadlinePassed
from outreach.domain.message import MessageKind
from outreach.domain.privacy import Privacy
from outreach.domain.review import Taken
from outreach.services import answer_invitation
from outreach.services.erase_person import erase_person
from outreach.store.database import Database
from outreach.store.desk_tables import Notice
from outreach.store.outgoing import load_outgoing
from outreach.store.tables import Answer, Contact
from tests.coordinators import a_coordinator
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_launched_campaign,
    the_invitation,
    the_messages,
    the_signatures,
    withdraw,
)
from tests.ledger.made import KEY
from tests.racing import race
from tests.recording import NAME, confirm, record
from tests.reviewing import (
    decline_as,
    link_of,
    sign_as,
    the_reviews,
    two_contacts,
    withdraw_as,
)
from tests.services.test_append_event import check, the_events, the_kinds

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("first", "later", "state"),
    [
        (sign_as, withdraw_as, "signed"),
        (sign_as, decline_as, "signed"),
        (decline_as, sign_as, "declined"),
    ],
)
def test_the_first_answer_stands_and_the_later_one_waits(
    database: Database, first: Callable[..., Taken], later: Callable[..., Taken], state: str
) -> None:
    with database.transaction() as session:
        two_contacts(session)
        assert first(session, 0) is Taken.COUNTS
        before = [one.model_dump() for one in the_signatures(session)]
        answered = the_invitation(session, NAME).answered_at
        assert later(session, 1, now=NOW + MINUTE) is Taken.WAITS
        assert the_invitation(session, NAME).state == state
        assert the_invitation(session, NAME).answered_at == answered
        assert [one.model_dump() for one in the_signatures(session)] == before
        assert len(session.exec(select(Answer)).all()) == 1
        (review,) = the_reviews(session)
        assert (review.standing, review.standing_at, review.state) == (state, NOW, "waiting")
        assert review.given_at == NOW + MINUTE


def test_a_contradicting_yes_is_kept_word_for_word(database: Database) -> None:
    with database.transaction() as session:
        two_contacts(session)
        decline_as(session, 0)
        sign_as(session, 1, credit_line="HKW", sort_name="Watch", privacy="addressee")
        (review,) = the_reviews(session)
        assert (review.kind, review.credit_line, review.sort_name) == ("sign", "HKW", "Watch")
        assert (review.signer_name, review.capacity) == ("Ada Example", "Director")
        assert review.privacy == "addressee"
        assert review.authority.startswith("I am authorized to sign")


def test_a_colleagues_yes_after_a_withdrawal_waits(
    database: Database,
) -> None:
    with database.transaction() as session:
        two_contacts(session)
        sign_as(session, 0)
        withdraw_as(session, 0)
        assert sign_as(session, 1) is Taken.WAITS
        assert the_invitation(session, NAME).state == "withdrawn"


def test_coordinators_and_every_contact_are_told_once(database: Database) -> None:
    with database.transaction() as session:
        a_coordinator(session, email="nora@coalition.example")
        two_contacts(session)
        sign_as(session, 0)
        withdraw_as(session, 1, now=NOW + MINUTE)
        withdraw_as(session, 1, now=NOW + MINUTE)  # pressed twice
        (review,) = the_reviews(session)
        told = the_messages(session, kind=MessageKind.REVIEW_NOTICE)
        assert len(told) == 2
        found = load_outgoing(session, [one.id or 0 for one in told])
        assert {one.answer.standing for one in found.values()} == {"signed"}
        assert {one.answer.at for one in found.values()} == {NOW}
        (notice,) = session.exec(select(Notice)).all()
        assert notice.key == f"contradicted/{review.id}"


def test_the_ledger_tells_of_it_and_of_the_signature_that_it_speaks_against(
    database: Database,
) -> None:
    with database.transaction() as session:
        two_contacts(session)
        sign_as(session, 0)
        decline_as(session, 1)
        assert the_kinds(session) == ["signed", "contradicted"]
        event = the_events(session)[-1]
        assert event["of"] == 0
        assert event["opened"]["answer"] == "decline"
        assert event["opened"]["reason"] == "The board says no"
        assert event["opened"]["email"] == "contact1@watch.example"
        check(session)


def test_a_third_colleague_is_logged_and_opens_no_second_review(database: Database) -> None:
    with database.transaction() as session:
        two_contacts(session, more=1)
        sign_as(session, 0)
        withdraw_as(session, 1)
        assert decline_as(session, 2) is Taken.WAITS
        assert len(the_reviews(session)) == 1
        assert the_kinds(session) == ["signed", "contradicted", "contradicted"]
        check(session)


def test_a_protection_by_any_colleague_never_waits(database: Database) -> None:
    with database.transaction() as session:
        two_contacts(session)
        sign_as(session, 0)
        withdraw_as(session, 1)
        answer_invitation.protect(
            session,
            link_id=link_of(session, 1),
            privacy=Privacy.COUNTED,
            mail_domain=DOMAIN,
            now=NOW,
        )
        assert [one.privacy for one in the_signatures(session)] == ["counted"]
        assert [one.state for one in the_reviews(session)] == ["waiting"]


def test_the_review_closes_when_the_first_contact_agrees(database: Database) -> None:
    with database.transaction() as session:
        two_contacts(session)
        sign_as(session, 0)
        withdraw_as(session, 1)
        withdraw_as(session, 0, now=NOW + MINUTE)
        assert the_invitation(session, NAME).state == "withdrawn"
        (review,) = the_reviews(session)
        assert (review.state, review.settled_at) == ("agreed", NOW + MINUTE)
        notices = the_messages(session, kind=MessageKind.REVIEW_NOTICE)
        assert {one.state for one in notices} == {"cancelled"}


def test_after_the_first_contact_is_replaced_a_no_counts_and_a_yes_waits(
    database: Database,
) -> None:
    with database.transaction() as session:
        two_contacts(session)
        sign_as(session, 0)
        _replace_first(session)
        assert withdraw_as(session, 1) is Taken.COUNTS
    with database.transaction() as session:
        assert the_invitation(session, NAME).state == "withdrawn"
        assert the_reviews(session) == []


def _replace_first(session: Session) -> None:
    query = select(Contact).where(Contact.email == "contact0@watch.example")
    contact = session.exec(query).one()
    contact.replaced_at = NOW
    session.add(contact)
    session.flush()


def test_a_consent_recorded_by_hand_is_taken_back_by_any_contact(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        record(session)
        confirm(session)
        assert the_invitation(session, NAME).state == "signed"
        withdraw(session, NAME)
        assert the_invitation(session, NAME).state == "withdrawn"
        assert the_reviews(session) == []


def test_what_comes_after_the_deadline_is_refused_as_ever(database: Database) -> None:
    with database.transaction() as session:
        two_contacts(session)
        decline_as(session, 0)
    with database.transaction() as session, pytest.raises(DeadlinePassed):
        sign_as(session, 1, now=DEADLINE)
    with database.reading() as session:
        assert the_reviews(session) == []


def test_who_signed_and_declines_is_refused_as_ever(database: Database) -> None:
    with database.transaction() as session:
        two_contacts(session)
        sign_as(session, 0)
        with pytest.raises(AlreadyAnswered):
            decline_as(session, 0)


def test_fifty_contradictions_at_once_open_one_review(database: Database) -> None:
    with database.transaction() as session:
        two_contacts(session, more=3)
        sign_as(session, 0)

    def contradict(number: int) -> Callable[[], Taken]:
        def run() -> Taken:
            with database.transaction() as session:
                return withdraw_as(session, number)

        return run

    results = race([contradict(1 + number % 4) for number in range(50)])
    assert set(results) == {Taken.WAITS}
    with database.reading() as session:
        assert len(the_reviews(session)) == 1
        assert the_invitation(session, NAME).state == "signed"
        assert len(the_messages(session, kind=MessageKind.REVIEW_NOTICE)) == 5
        check(session)


def test_an_erased_persons_words_leave_the_review_and_what_was_answered_stays(
    database: Database,
) -> None:
    with database.transaction() as session:
        two_contacts(session)
        decline_as(session, 0)
        sign_as(session, 1, credit_line="HKW", signer_name="Grace Hopper", capacity="Chair")
        erase_person(
            session, email="contact1@watch.example", seed=KEY.seed, mail_domain=DOMAIN, now=NOW
        )
        (review,) = the_reviews(session)
        assert (review.signer_name, review.capacity) == ("(erased)", "(erased)")
        assert (review.kind, review.credit_line) == ("sign", "HKW")
        assert "person" not in the_events(session)[-2]["opened"]
        check(session)


def test_a_yes_that_waits_can_be_made_safer_and_taken_back_by_who_gave_it(
    database: Database,
) -> None:
    with database.transaction() as session:
        two_contacts(session)
        decline_as(session, 0)
        assert sign_as(session, 1) is Taken.WAITS
        assert sign_as(session, 1, privacy="counted", credit_line="Safer") is Taken.WAITS
        (review,) = the_reviews(session)
        assert (review.privacy, review.credit_line, review.state) == ("counted", "Safer", "waiting")
        logged = contradictions(session)
        assert sign_as(session, 1, privacy="counted", credit_line="Safer") is Taken.WAITS
        assert contradictions(session) == logged == 2
        assert decline_as(session, 1) is Taken.COUNTS
        assert [one.state for one in the_reviews(session)] == ["agreed"]
        assert the_invitation(session, NAME).state == "declined"
        assert contradictions(session) == 3


def test_what_a_third_says_again_and_again_is_logged_once(database: Database) -> None:
    with database.transaction() as session:
        two_contacts(session, more=1)
        sign_as(session, 0)
        withdraw_as(session, 1)
        for _ in range(3):
            assert withdraw_as(session, 2) is Taken.WAITS
        assert contradictions(session) == 2


def contradictions(session: Session) -> int:
    """How many the ledger tells of."""
    return the_kinds(session).count("contradicted")
