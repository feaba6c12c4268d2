"""The brake on the planner: what a fault in its queries would do, and what a coordinator sees."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.message import MessageKind
from outreach.services.apply_brake import TooManyMails
from outreach.services.plan_reminders import plan_reminders
from outreach.services.report_status import report_status
from outreach.services.sweep import sweep
from outreach.store import audience, messages
from outreach.store.campaigns import require_campaign
from outreach.store.database import Database
from outreach.store.messages import Addressee, Remindable
from outreach.store.tables import Link, Message
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_launched_campaign,
    decline,
    send_what_is_due,
    sign,
    the_messages,
)

WEEK = DEADLINE - timedelta(days=7)


def plan(session: Session, now: datetime) -> int:
    return plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=now)


def reminders(session: Session) -> list[Message]:
    return the_messages(session, kind=MessageKind.REMINDER)


def invited(session: Session, *organizations: str, **facts: object) -> None:
    a_launched_campaign(session, *organizations, **facts)
    assert send_what_is_due(session) == len(organizations)


def everybody(session: Session, *_: object, **__: object) -> list[Remindable]:
    """Whom a campaign has ever invited, whatever they answered: the fault that mails everybody."""
    return [
        Remindable(Addressee(link.contact_id, link.invitation_id), "UTC", NOW, frozenset())
        for link in session.exec(select(Link)).all()
    ]


def test_a_run_that_would_remind_more_than_have_not_answered_is_held_back_and_shown(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        invited(session, "Alpha", "Beta", "Gamma")
        sign(session, "Alpha")
        decline(session, "Beta")
    monkeypatch.setattr(messages, "unanswered_contacts", everybody)
    with database.reading() as session:
        assert report_status(session, slug="visit", now=NOW).held_back == ""
        held = report_status(session, slug="visit", now=WEEK).held_back
    assert "the brake holds 3 mails back: only 1 people" in held
    assert "outreach campaign remind visit" in held
    assert sweep(database, mail_domain=DOMAIN, clock=lambda: WEEK).reminders == 0
    with database.transaction() as session:
        assert reminders(session) == []
        assert require_campaign(session, "visit").state == "open"
        monkeypatch.undo()
        assert report_status(session, slug="visit", now=WEEK).held_back == ""
        assert plan(session, WEEK) == 1


def test_a_run_that_would_remind_somebody_twice_within_the_hour_is_held_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the planner no longer saw what it has written: the next step comes at once."""
    with database.transaction() as session:
        invited(session, "Alpha", "Beta", remind="7d,3d")
        assert plan(session, WEEK) == 2
        monkeypatch.setattr(messages, "unanswered_contacts", everybody)
        monkeypatch.setattr(audience, "asked_since", lambda *_, **__: frozenset())
        soon = WEEK + timedelta(minutes=10)
        with pytest.raises(TooManyMails, match="holds 2 mails back: only 0 people"):
            plan(session, soon)
        send_what_is_due(session, now=soon)
        with pytest.raises(TooManyMails):
            plan(session, soon + timedelta(minutes=59))
        assert len(reminders(session)) == 2


def test_a_contact_named_twice_in_a_run_is_held_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        invited(session, "Alpha")
        twice = [*everybody(session), *everybody(session)]
        monkeypatch.setattr(messages, "unanswered_contacts", lambda *_, **__: twice)
        with pytest.raises(TooManyMails, match="holds 2 mails back: only 1 people"):
            plan(session, WEEK)
