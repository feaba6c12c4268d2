"""Whom the brake counts: each of its conditions by itself, beside the query that chooses."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from outreach.domain.message import MessageKind
from outreach.services.plan_reminders import plan_reminders
from outreach.services.suppress_contact import suppress
from outreach.store.audience import (
    asked_or_waiting,
    asked_since,
    count_pending,
    count_unasked,
    pending_contacts,
)
from outreach.store.database import Database
from outreach.store.tables import Contact
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_launched_campaign,
    send_what_is_due,
    the_invitation,
    the_link,
    the_messages,
)

WEEK = DEADLINE - timedelta(days=7)


def pending(session: Session) -> int:
    """By the count, which the choice agrees with where nobody is left out as asked before."""
    counted = count_pending(session, 1, asked_before=None)
    assert counted == len(pending_contacts(session, 1))
    return counted


def invite(session: Session) -> None:
    a_launched_campaign(session, "Alpha", "Beta")
    send_what_is_due(session)
    a_launched_campaign(session, "Elsewhere", slug="other")
    send_what_is_due(session)
    assert pending(session) == 2


@pytest.mark.parametrize("state", ["deferred", "signed", "declined", "expired", "revoked"])
def test_who_owes_no_answer_is_not_pending(database: Database, state: str) -> None:
    with database.transaction() as session:
        invite(session)
        invitation = the_invitation(session, "Alpha")
        invitation.state = state
        session.add(invitation)
        session.flush()
        assert pending(session) == 1


@pytest.mark.parametrize("state", ["failed", "cancelled", "uncertain", "bounced", "complained"])
def test_whom_no_invitation_has_reached_is_not_pending(database: Database, state: str) -> None:
    with database.transaction() as session:
        invite(session)
        message = the_messages(session, "Alpha")[0]
        message.state = state
        session.add(message)
        session.flush()
        assert pending(session) == 1


def test_who_is_only_copied_or_gets_no_mail_is_not_pending(database: Database) -> None:
    with database.transaction() as session:
        invite(session)
        suppress(session, link_id=the_link(session, "Alpha").id, now=NOW)
        assert pending(session) == 1
        contact = session.exec(
            select(Contact).where(Contact.id == the_link(session, "Beta").contact_id)
        ).one()
        contact.role = "copied"
        session.add(contact)
        session.flush()
        assert pending(session) == 0


@pytest.mark.parametrize(
    ("state", "asked"),
    [("queued", True), ("sent", True), ("uncertain", True), ("failed", False),
     ("cancelled", False)],
)  # fmt: skip
def test_who_was_asked_meanwhile_is_told_apart(database: Database, state: str, asked: bool) -> None:
    with database.transaction() as session:
        invite(session)
        assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=WEEK) == 2
        for reminder in the_messages(session, kind=MessageKind.REMINDER):
            reminder.state, reminder.sent_at = state, WEEK if state == "sent" else None
            session.add(reminder)
        session.flush()
        before = WEEK - timedelta(seconds=1)
        assert count_pending(session, 1, asked_before=before) == (0 if asked else 2)
        assert len(asked_since(session, 1, since=before)) == (2 if asked else 0)
        assert count_pending(session, 1, asked_before=WEEK) == 2
        assert asked_since(session, 1, since=WEEK) == frozenset()
        assert asked_since(session, 2, since=before) == frozenset()


@pytest.mark.parametrize(("state", "left"), [("queued", 0), ("sent", 2),
    ("uncertain", 2), ("failed", 2), ("cancelled", 2)])  # fmt: skip
def test_a_mail_that_waits_counts_however_old_it_is(
    database: Database, state: str, left: int
) -> None:
    with database.transaction() as session:
        invite(session)
        assert plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=WEEK) == 2
        for reminder in the_messages(session, kind=MessageKind.REMINDER):
            reminder.state, reminder.sent_at = state, WEEK if state == "sent" else None
            session.add(reminder)
        session.flush()
        assert count_unasked(session, 1, asked_before=WEEK) == left
        assert len(asked_or_waiting(session, 1, since=WEEK)) == 2 - left
        before = WEEK - timedelta(seconds=1)
        asks = state not in ("failed", "cancelled")
        assert count_unasked(session, 1, asked_before=before) == (0 if asks else 2)
        assert len(asked_or_waiting(session, 1, since=before)) == (2 if asks else 0)
