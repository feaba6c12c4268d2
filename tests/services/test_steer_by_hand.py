"""Each step of steering is in the activity log, with the number of people that it reached."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.coordinator import Actor
from outreach.domain.errors import MoveRefused
from outreach.domain.message import MessageKind
from outreach.services import steer_by_hand
from outreach.services.apply_brake import UnexpectedNumber
from outreach.services.report_status import report_status
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.desk_tables import Activity
from outreach.store.tables import Organization
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_contact,
    a_launched_campaign,
    send_what_is_due,
    sign,
    the_messages,
)

ADA = Actor("Ada")
LATER = NOW + timedelta(days=2)


def _log(session: Session) -> list[tuple[str, str, str]]:
    lines = session.exec(select(Activity).order_by(col(Activity.id)))
    return [(line.action, line.actor, line.detail) for line in lines]


def _close(session: Session, *, expected: int | None = None) -> None:
    steer_by_hand.close(
        session, slug="visit", mail_domain=DOMAIN, expected=expected, by=ADA, now=NOW
    )


def test_a_pause_keeps_its_reason_until_it_is_over(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        steer_by_hand.pause(session, slug="visit", reason=" the text \n changes ", by=ADA, now=NOW)
        facts = report_status(session, slug="visit", now=NOW).campaign
        assert (facts.state, facts.pause_note, facts.pause_reason) == (
            "paused",
            "the text changes",
            "",
        )
        steer_by_hand.resume(session, slug="visit", expected=2, by=ADA, now=NOW)
        assert require_campaign(session, "visit").pause_note == ""
        assert _log(session) == [
            ("campaign.pause", "Ada", "the text changes"),
            ("campaign.resume", "Ada", "2 people waiting"),
        ]


def test_resuming_with_another_number_than_agreed_to_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta")
        steer_by_hand.pause(session, slug="visit", reason="", by=ADA, now=NOW)

    def resume() -> None:
        with database.transaction() as session:
            steer_by_hand.resume(session, slug="visit", expected=1, by=ADA, now=NOW)

    with pytest.raises(UnexpectedNumber) as refusal:
        resume()
    assert refusal.value.people == 2
    with database.reading() as session:
        assert require_campaign(session, "visit").state == "paused"
        assert [action for action, *_ in _log(session)] == ["campaign.pause"]


def test_closing_tells_every_contact_of_who_has_signed(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, "Alpha", "Beta")
        a_contact(session, campaign, organization="Alpha")
        steer_by_hand.cancel(
            session, slug=a_launched_campaign(session, slug="other").slug, by=ADA, now=NOW
        )
        sign(session, "Alpha")
        _close(session, expected=1)
        notices = the_messages(session, kind=MessageKind.CLOSING_NOTICE)
        assert len(notices) == 1
        assert _log(session)[-1] == ("campaign.close", "Ada", "1 person told")


def test_closing_with_another_number_than_agreed_to_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        sign(session, "Alpha")

    def close() -> None:
        with database.transaction() as session:
            _close(session, expected=0)

    with pytest.raises(UnexpectedNumber):
        close()
    with database.reading() as session:
        assert require_campaign(session, "visit").state == "open"


def test_extending_publishing_and_cancelling_are_noted(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        a_launched_campaign(session, "Alpha", slug="other")
        later = DEADLINE + timedelta(days=7)
        steer_by_hand.extend(session, slug="visit", deadline=later, by=ADA, now=NOW)
        assert require_campaign(session, "visit").deadline == later
        _close(session)
        steer_by_hand.publish(session, slug="visit", by=ADA, now=NOW)
        steer_by_hand.cancel(session, slug="other", by=ADA, now=NOW)
        extended, *rest = _log(session)
        assert extended[2].startswith("Wednesday, 18 March 2026")
        assert "→ Wednesday, 25 March 2026" in extended[2]
        assert [action for action, *_ in rest] == [
            "campaign.close",
            "campaign.publish",
            "campaign.cancel",
        ]


def test_only_the_chosen_organizations_are_reminded(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha", "Beta", "Gamma")
        send_what_is_due(session)
        ids = {one.name: one.id or 0 for one in session.exec(select(Organization))}
        for chosen, expected in (({"Alpha"}, 1), ({"Beta", "Gamma"}, 2)):
            queued = steer_by_hand.remind(
                session,
                slug="visit",
                mail_domain=DOMAIN,
                organizations=[ids[name] for name in chosen],
                expected=expected,
                by=ADA,
                now=LATER,
            )
            assert queued == expected
            assert {len(the_messages(session, name)) for name in chosen} == {2}
        lines = session.exec(select(Activity).order_by(col(Activity.id))).all()
        assert [(line.action, line.organization_id, line.detail) for line in lines] == [
            ("reminder.send", ids["Alpha"], "1 person reminded"),
            ("reminder.send", None, "2 people reminded"),
        ]


def test_what_is_refused_is_not_noted(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "Alpha")
        with pytest.raises(MoveRefused):
            steer_by_hand.resume(session, slug="visit", by=ADA, now=NOW)
        with pytest.raises(MoveRefused):
            steer_by_hand.publish(session, slug="visit", by=ADA, now=NOW)
        assert _log(session) == []
