"""What one contact's page shows; looking changes nothing."""

from datetime import timedelta

import pytest
from sqlmodel import Session, SQLModel, col, select

from outreach.domain.campaign import CampaignState
from outreach.domain.errors import LinkRefused
from outreach.domain.views import AnswerPage
from outreach.links import new_link_id
from outreach.services.close_campaign import close_campaign
from outreach.services.launch_campaign import launch_campaign
from outreach.services.steer_campaign import cancel_campaign, pause_campaign
from outreach.services.view_invitation import find_answer_page
from outreach.statement.source import parse_statement
from outreach.store.database import Database
from outreach.store.tables import Link
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    STATEMENT,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    sign,
    the_link,
    withdraw,
)

NAME = "Hong Kong Watch"


def _page(session: Session, *, late: timedelta | None = None) -> AnswerPage:
    now = NOW if late is None else DEADLINE + late
    return find_answer_page(session.connection(), link_id=the_link(session, NAME).id, now=now)


def test_the_page_shows_the_text_the_organization_and_the_reader(database: Database) -> None:
    statement = parse_statement(STATEMENT)
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(
            session, campaign, email="ada@hkw.example", zone="Asia/Taipei", language="zh-Hant"
        )
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        page = _page(session)
    assert (page.statement_body, page.statement_sha256) == (statement.body, statement.sha256)
    assert page.asks == statement.asks
    assert (page.organization, page.contact_name, page.invited_as) == (
        NAME,
        "Ada Example",
        "a…@hkw.example",
    )
    assert (page.contact_language, page.contact_zone) == ("zh-Hant", "Asia/Taipei")
    assert (page.campaign.deadline, page.campaign.zone) == (DEADLINE, "Europe/Berlin")
    assert (page.campaign.state, page.state.value) == (CampaignState.OPEN, "awaiting")
    assert (page.takes_answers, page.takes_withdrawal, page.signature) == (True, False, None)


def test_after_signing_it_shows_what_stands(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME, credit_line="HKW", sort_name="Watch")
        page = _page(session)
        assert (page.state.value, page.takes_withdrawal) == ("signed", True)
        assert page.signature is not None
        assert (page.signature.credit_line, page.signature.sort_name) == ("HKW", "Watch")
        assert (page.signature.signer_name, page.signature.capacity) == ("Ada Example", "Director")
        withdraw(session, NAME)
        page = _page(session)
        assert (page.state.value, page.takes_withdrawal) == ("withdrawn", False)
        assert page.signature is None


def test_a_page_takes_answers_until_the_deadline_and_withdrawals_after_it(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME)
        assert _page(session, late=-timedelta(microseconds=1)).takes_answers
        page = _page(session, late=timedelta(0))
        assert (page.takes_answers, page.takes_withdrawal) == (False, True)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        page = _page(session, late=timedelta(days=9))
        assert (page.takes_answers, page.takes_withdrawal) == (False, True)


def test_a_pause_does_not_show_and_a_decline_can_be_reconsidered(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        pause_campaign(session, slug="visit")
        decline(session, NAME)
        page = _page(session)
        assert (page.state.value, page.takes_answers) == ("declined", True)


def test_a_link_that_leads_nowhere_is_refused_with_the_same_words(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session)
        copied = a_contact(session, campaign, role="copied")
        a_contact(session, campaign, organization="Other")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        link = the_link(session, NAME)
        for_copied = session.exec(select(Link.id).where(col(Link.contact_id) == copied.id)).one()
        revoked = the_link(session, "Other")
        revoked.revoked_at = NOW
        session.add(revoked)
        session.flush()
        for link_id in ("", "\u00e9", "x" * 5000, new_link_id(), for_copied, revoked.id):
            with pytest.raises(LinkRefused, match=r"^this link does not work$"):
                find_answer_page(session.connection(), link_id=link_id, now=NOW)
        cancel_campaign(session, slug="visit")
        with pytest.raises(LinkRefused):
            find_answer_page(session.connection(), link_id=link.id, now=NOW)


def test_a_link_ends_when_its_row_says_so(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        link = the_link(session, NAME)
        link.expires_at = NOW
        session.add(link)
        session.flush()
        find_answer_page(session.connection(), link_id=link.id, now=NOW - timedelta(microseconds=1))
        with pytest.raises(LinkRefused):
            find_answer_page(session.connection(), link_id=link.id, now=NOW)


def test_looking_a_hundred_times_changes_no_row(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, NAME)

    def everything() -> list[object]:
        with database.reading() as session:
            tables = SQLModel.metadata.sorted_tables
            return [session.connection().execute(table.select()).all() for table in tables]

    before = everything()
    for _ in range(100):
        with database.transaction() as session:
            _page(session)
    assert everything() == before
