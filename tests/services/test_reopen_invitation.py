"""One late signer after the close: until when, who, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import (
    CampaignNotFound,
    CampaignNotOpen,
    DeadlinePassed,
    InvitationNotFound,
    MoveRefused,
)
from outreach.localtime import DeadlineRefused
from outreach.services.close_campaign import close_campaign, close_if_due
from outreach.services.publish_statement import find_published, publish_campaign
from outreach.services.reopen_invitation import expire_reopened, reopen_invitation
from outreach.services.steer_campaign import cancel_campaign
from outreach.services.view_invitation import find_answer_page
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.tables import Organization
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_contact,
    a_launched_campaign,
    decline,
    sign,
    the_invitation,
    the_link,
    withdraw,
)

ADA = Actor("Ada")
CLOSED = DEADLINE + timedelta(minutes=5)
UNTIL = DEADLINE + timedelta(days=2)


def _closed(session: Session, *, publish: bool = False) -> None:
    a_launched_campaign(session, "Alpha", "Beta", "Gamma", "Delta")
    sign(session, "Beta")
    decline(session, "Gamma")
    sign(session, "Delta")
    withdraw(session, "Delta")
    close_if_due(session, slug="visit", mail_domain=DOMAIN, now=CLOSED)
    if publish:
        publish_campaign(session, slug="visit", now=CLOSED)


def _number(session: Session, name: str) -> int:
    query = select(Organization.id).where(col(Organization.name) == name)
    return session.exec(query).one() or 0


def _reopen(session: Session, name: str = "Alpha", *, until: datetime = UNTIL) -> None:
    number = _number(session, name)
    reopen_invitation(
        session,
        slug="visit",
        organization_id=number,
        until=until,
        mail_domain=DOMAIN,
        by=ADA,
        now=CLOSED,
    )


def test_a_late_signer_signs_by_the_link_it_has_and_is_on_the_published_list(
    database: Database,
) -> None:
    with database.transaction() as session:
        _closed(session, publish=True)
        with pytest.raises(DeadlinePassed):
            sign(session, "Alpha", now=CLOSED)
        _reopen(session)
        assert the_invitation(session, "Alpha").state == "awaiting"
        sign(session, "Alpha", now=UNTIL - timedelta(seconds=1))
        assert the_invitation(session, "Alpha").state == "signed"
        published = find_published(session, slug="visit", now=UNTIL)
        assert published is not None
        assert [one.credit_line for one in published.signatories] == ["Alpha", "Beta"]


def test_the_moment_itself_is_too_late(database: Database) -> None:
    with database.transaction() as session:
        _closed(session)
        _reopen(session)
        with pytest.raises(DeadlinePassed) as refusal:
            sign(session, "Alpha", now=UNTIL)
        assert refusal.value.deadline == UNTIL


@pytest.mark.parametrize(("name", "state"), [("Gamma", "declined"), ("Delta", "withdrawn")])
def test_a_no_stands_until_the_late_yes_comes(database: Database, name: str, state: str) -> None:
    with database.transaction() as session:
        _closed(session)
        _reopen(session, name)
        assert the_invitation(session, name).state == state
        expire_reopened(session, now=UNTIL)
        assert the_invitation(session, name).state == state
        sign(session, name, now=UNTIL - timedelta(minutes=1))
        assert the_invitation(session, name).state == "signed"


def test_nobody_else_can_sign(database: Database) -> None:
    with database.transaction() as session:
        _closed(session)
        _reopen(session)
        with pytest.raises(DeadlinePassed):
            sign(session, "Gamma", now=CLOSED)


def test_a_list_closed_before_its_deadline_is_reopened_as_well(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        until = NOW + timedelta(hours=3)
        reopen_invitation(
            session,
            slug="visit",
            organization_id=_number(session, "Alpha"),
            until=until,
            mail_domain=DOMAIN,
            by=ADA,
            now=NOW,
        )
        with pytest.raises(CampaignNotOpen):
            sign(session, "Beta", now=NOW + timedelta(hours=1))
        with pytest.raises(DeadlinePassed):
            sign(session, "Alpha", now=until)
        sign(session, "Alpha", now=NOW + timedelta(hours=1))


def test_the_page_says_until_when(database: Database) -> None:
    with database.transaction() as session:
        _closed(session)
        _reopen(session)
        link_id = the_link(session, "Alpha").id
        page = find_answer_page(session.connection(), link_id=link_id, now=CLOSED)
        assert (page.takes_answers, page.campaign.deadline) == (True, UNTIL)
        page = find_answer_page(session.connection(), link_id=link_id, now=UNTIL)
        assert (page.takes_answers, page.campaign.deadline) == (False, UNTIL)
        other = the_link(session, "Gamma").id
        page = find_answer_page(session.connection(), link_id=other, now=CLOSED)
        assert (page.takes_answers, page.campaign.deadline) == (False, DEADLINE)


def test_it_expires_again_at_its_moment_and_not_before(database: Database) -> None:
    with database.transaction() as session:
        _closed(session)
        _reopen(session)
        assert expire_reopened(session, now=UNTIL - timedelta(seconds=1)) == 0
        assert expire_reopened(session, now=UNTIL) == 1
        session.expire_all()
        assert the_invitation(session, "Alpha").state == "expired"
        assert expire_reopened(session, now=UNTIL) == 0


def test_a_reopened_one_is_given_another_moment(database: Database) -> None:
    with database.transaction() as session:
        _closed(session)
        _reopen(session)
        _reopen(session, until=UNTIL + timedelta(hours=1))
        sign(session, "Alpha", now=UNTIL)


def test_it_is_in_the_activity_log(database: Database) -> None:
    with database.transaction() as session:
        _closed(session)
        _reopen(session)
        line = session.exec(select(Activity)).one()
        assert (line.actor, line.action) == ("Ada", "organization.reopen")
        assert line.organization_id == _number(session, "Alpha")
        assert line.detail.startswith("until Friday, 20 March 2026")


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (CLOSED, "is over already"),
        (datetime(2026, 4, 24, 22, 0, tzinfo=UTC), "after the occasion"),  # midnight in Berlin
    ],
)
def test_a_moment_that_is_over_or_after_the_occasions_day_is_refused(
    database: Database, until: datetime, words: str
) -> None:
    with database.transaction() as session:
        _closed(session)
        with pytest.raises(DeadlineRefused, match=words):
            _reopen(session, until=until)
        _reopen(session, until=datetime(2026, 4, 24, 21, 59, tzinfo=UTC))


@pytest.mark.parametrize("state", ["open", "cancelled"])
def test_a_list_that_is_not_concluded_is_not_reopened(database: Database, state: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        if state == "cancelled":
            cancel_campaign(session, slug="visit")
        with pytest.raises(MoveRefused) as refusal:
            _reopen(session)
        assert refusal.value.state == state


def test_who_has_signed_needs_no_reopening(database: Database) -> None:
    with database.transaction() as session:
        _closed(session)
        with pytest.raises(MoveRefused):
            _reopen(session, "Beta")


def test_who_was_never_asked_or_by_another_campaign_is_not_found(database: Database) -> None:
    with database.transaction() as session:
        _closed(session)
        campaign = a_launched_campaign(session, "Elsewhere", slug="other")
        a_contact(session, campaign, organization="Never")
        for name in ("Elsewhere", "Never"):
            with pytest.raises(InvitationNotFound):
                _reopen(session, name)
        with pytest.raises(CampaignNotFound):
            reopen_invitation(
                session,
                slug="none",
                organization_id=1,
                until=UNTIL,
                mail_domain=DOMAIN,
                by=ADA,
                now=CLOSED,
            )
