"""Which reviews wait in a campaign, and what one organization's were."""

from datetime import timedelta

from sqlmodel import Session

from outreach.domain.review import Hindrance
from outreach.services.list_reviews import list_of, list_waiting
from outreach.services.report_status import report_status
from outreach.services.steer_campaign import cancel_campaign
from outreach.store.database import Database
from outreach.store.reviews import Reviewed
from tests.factories import NOW
from tests.reviewing import decline_as, let_stand, sign_as, two_contacts, withdraw_as


def _waiting(session: Session) -> tuple[Reviewed, ...]:
    return list_waiting(session, slug="visit", now=NOW).rows


def test_what_waits_is_shown_with_both_answers_and_counted(database: Database) -> None:
    with database.transaction() as session:
        two_contacts(session)
        sign_as(session, 0)
        assert _waiting(session) == ()
        decline_as(session, 1, now=NOW + timedelta(minutes=1))
        (one,) = _waiting(session)
        assert (one.standing, one.standing_at, one.first) == ("signed", NOW, "Ada Example")
        assert (one.kind, one.given_at) == ("decline", NOW + timedelta(minutes=1))
        assert (one.reason, one.hindrance) == ("The board says no", None)
        assert report_status(session, slug="visit", now=NOW).reviews == 1


def test_a_settled_one_waits_no_more_and_stays_in_the_organizations_history(
    database: Database,
) -> None:
    with database.transaction() as session:
        two_contacts(session)
        sign_as(session, 0)
        withdraw_as(session, 1)
        number = _waiting(session)[0].organization_id
        let_stand(session)
        assert _waiting(session) == ()
        (one,) = list_of(session, slug="visit", organization_id=number, now=NOW)
        assert (one.state, one.settler, one.note) == ("kept", "Otto", "Both say so")
        assert report_status(session, slug="visit", now=NOW).reviews == 0


def test_of_a_cancelled_campaign_it_says_that_nothing_can_take_its_place(
    database: Database,
) -> None:
    with database.transaction() as session:
        two_contacts(session)
        sign_as(session, 0)
        withdraw_as(session, 1)
        cancel_campaign(session, slug="visit")
        assert [one.hindrance for one in _waiting(session)] == [Hindrance.CANCELLED]
