"""What the public may see: the list as it stands, and only once it is published."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from outreach.domain.errors import CampaignNotFound, MoveRefused
from outreach.domain.views import Signatory
from outreach.services import answer_invitation
from outreach.services.clean_typing import LineForm
from outreach.services.close_campaign import close_campaign
from outreach.services.publish_statement import (
    find_published,
    publish_campaign,
    require_snapshot,
)
from outreach.services.steer_campaign import cancel_campaign, pause_campaign
from outreach.statement.source import parse_statement
from outreach.store import signatures
from outreach.store.database import Database
from tests.factories import (
    DOMAIN,
    NOW,
    STATEMENT,
    a_campaign,
    a_launched_campaign,
    decline,
    sign,
    the_link,
    withdraw,
)

LATE = NOW + timedelta(days=30)


def _close_and_publish(session: Session) -> None:
    close_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
    publish_campaign(session, slug="visit", now=NOW)


def _names(session: Session) -> list[str]:
    published = find_published(session, slug="visit", now=NOW)
    assert published is not None
    return [signatory.credit_line for signatory in published.signatories]


def test_the_published_list_has_exactly_those_who_signed_in_order(database: Database) -> None:
    with database.transaction() as session:
        names = ["Zebra", "alpha", "Ärzte", "Declined", "Silent", "Withdrawn"]
        a_launched_campaign(session, *names)
        for name in ("Zebra", "Withdrawn", "alpha", "Ärzte"):
            sign(session, name)
        decline(session, "Declined")
        withdraw(session, "Withdrawn")
        _close_and_publish(session)
        assert _names(session) == ["alpha", "Ärzte", "Zebra"]


def test_the_snapshot_says_which_text_was_signed_and_when_it_was_taken(database: Database) -> None:
    statement = parse_statement(STATEMENT)
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        sign(session, "Alpha", sort_name="Aaa")
        _close_and_publish(session)
        published = find_published(session, slug="visit", now=LATE)
        assert published is not None
        assert (published.statement_body, published.statement_sha256) == (
            statement.body,
            statement.sha256,
        )
        assert (published.statement_version, published.asks) == (1, statement.asks)
        assert (published.as_of, published.published_at) == (LATE, NOW)
        assert published.campaign.slug == "visit"
        (signatory,) = published.signatories
        assert signatory == Signatory("Alpha", "Aaa")


def test_a_withdrawal_and_a_correction_show_at_once(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        sign(session, "Alpha")
        sign(session, "Beta")
        answer_invitation.correct(
            session,
            link_id=the_link(session, "Beta").id,
            form=LineForm(credit_line="Beta e.V."),
            mail_domain=DOMAIN,
            now=NOW,
        )
        _close_and_publish(session)
        assert _names(session) == ["Alpha", "Beta e.V."]
        withdraw(session, "Alpha", now=LATE)
        assert _names(session) == ["Beta e.V."]


def test_who_signed_again_after_a_withdrawal_is_listed_once(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        sign(session, "Alpha", credit_line="Alfa")
        withdraw(session, "Alpha")
        sign(session, "Alpha")
        _close_and_publish(session)
        assert _names(session) == ["Alpha"]


def test_nothing_is_public_before_it_is_published(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session, slug="draft")
        for slug in ("open", "paused", "cancelled", "closed"):
            a_launched_campaign(session, slug=slug)
        pause_campaign(session, slug="paused")
        cancel_campaign(session, slug="cancelled")
        close_campaign(session, slug="closed", mail_domain=DOMAIN, now=NOW)
        for slug in ("draft", "open", "paused", "cancelled", "closed", "unknown", "", "Visit"):
            assert find_published(session, slug=slug, now=NOW) is None


def test_the_coordinator_sees_the_list_before_it_is_published(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        sign(session, "Alpha")
        snapshot = require_snapshot(session, slug="visit", now=NOW)
        assert [one.credit_line for one in snapshot.signatories] == ["Alpha"]
        assert snapshot.published_at is None
        with pytest.raises(CampaignNotFound):
            require_snapshot(session, slug="unknown", now=NOW)


def test_only_what_is_closed_is_published(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session, slug="draft")
        a_launched_campaign(session)
        for slug in ("draft", "visit"):
            with pytest.raises(MoveRefused):
                publish_campaign(session, slug=slug, now=NOW)
        _close_and_publish(session)
        with pytest.raises(MoveRefused):
            publish_campaign(session, slug="visit", now=NOW)
        with pytest.raises(CampaignNotFound):
            publish_campaign(session, slug="unknown", now=NOW)


def test_an_empty_list_is_published_as_one(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        _close_and_publish(session)
        assert _names(session) == []


def test_another_campaigns_signatures_are_not_listed(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        a_launched_campaign(session, "Beta", slug="other")
        sign(session, "Beta")
        _close_and_publish(session)
        assert _names(session) == []


def _listed(session: Session) -> tuple[list[str], int, int]:
    published = find_published(session, slug="visit", now=LATE)
    assert published is not None
    names = [signatory.credit_line for signatory in published.signatories]
    return names, published.unnamed, published.total


def _protect(session: Session, name: str) -> None:
    answer_invitation.protect(
        session,
        link_id=the_link(session, name).id,
        privacy="counted",
        mail_domain=DOMAIN,
        now=LATE,
    )


def test_who_is_not_named_is_one_number_for_both_choices(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        sign(session, "Alpha")
        sign(session, "Beta", privacy="counted")
        sign(session, "Gamma", privacy="addressee")
        snapshot = require_snapshot(session, slug="visit", now=NOW)
        assert (snapshot.unnamed, snapshot.total) == (2, 3)
        _close_and_publish(session)
        assert _listed(session) == (["Alpha"], 2, 3)


def test_a_name_that_was_protected_goes_as_one_that_has_withdrawn(database: Database) -> None:
    """Whoever compares two states of the page cannot tell which of both it was."""
    after = []
    for leave in (_protect, withdraw):
        with database.transaction() as session:
            a_launched_campaign(session, "Alpha", "Beta", "Gamma")
            sign(session, "Alpha")
            sign(session, "Beta")
            sign(session, "Gamma", privacy="counted")
            _close_and_publish(session)
            leave(session, "Beta")
            after.append(_listed(session))
            session.rollback()
    assert after == [(["Alpha"], 1, 2)] * 2


def test_nobody_sees_one_leave_who_was_not_named(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        sign(session, "Alpha")
        sign(session, "Beta", privacy="addressee")
        sign(session, "Gamma", privacy="counted")
        _close_and_publish(session)
        before = _listed(session)
        withdraw(session, "Gamma", now=LATE)
        _protect(session, "Beta")
        assert _listed(session) == before == (["Alpha"], 2, 3)


def test_a_notice_tells_of_as_many_as_the_published_list(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        assert campaign.id is not None
        for name, privacy in {"Alpha": "public", "Beta": "public", "Gamma": "counted"}.items():
            sign(session, name, privacy=privacy)
        assert signatures.count_told(session, campaign.id) == 3
        _close_and_publish(session)
        withdraw(session, "Gamma", now=LATE)
        assert signatures.count_told(session, campaign.id) == 3
        _protect(session, "Beta")
        assert signatures.count_told(session, campaign.id) == 2
