"""Who has answered what, and whom our mail has reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from outreach.domain.errors import CampaignNotFound
from outreach.domain.message import MessageEvent, MessageKind
from outreach.services import answer_invitation
from outreach.services.list_partners import ListedOrganization, StateUnknown, list_partners
from outreach.store import claims
from outreach.store.database import Database
from outreach.store.messages import cancel_queued
from outreach.store.rounds import Result
from tests.factories import (
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    defer,
    record_result,
    send_what_is_due,
    sign,
    the_link,
    withdraw,
)

LATER = NOW + timedelta(hours=1)
DAY = date(2026, 3, 10)


def listed(session: Session, state: str = "") -> dict[str, ListedOrganization]:
    found = list_partners(session, slug="visit", state=state).organizations
    return {one.name: one for one in found}


def names(session: Session, state: str) -> str:
    return "".join(listed(session, state))


def refuse(session: Session, event_: MessageEvent, *, words: str, many: int = 1) -> None:
    """As a sender whose server says these words of what is due."""
    lease = timedelta(minutes=5)
    for won in claims.claim_due(session, owner="me", many=many, lease=lease, now=LATER):
        due_at = LATER + timedelta(hours=2) if event_ is MessageEvent.DEFERRED else None
        result = Result(won.id, event_, words=words, due_at=due_at)
        record_result(session, result, owner="me", now=LATER)


def decline(session: Session, organization: str, reason: str) -> None:
    link = the_link(session, organization).id
    answer_invitation.decline(session, link_id=link, reason=reason, mail_domain=DOMAIN, now=NOW)


def test_a_draft_lists_who_will_be_asked(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign, organization="Alpha", email="a@alpha.example", role="copied")
        a_contact(session, campaign, organization="Alpha", language="de")
        report = list_partners(session, slug="visit")
        (alpha,) = report.organizations
        assert (alpha.state, alpha.answered_at, alpha.credit_line) == ("not invited", None, "")
        assert [(one.role, one.language) for one in alpha.contacts] == [
            ("copied", "en"),
            ("signs", "de"),
        ]
        assert alpha.contacts[0].email == "a@alpha.example"
        assert alpha.contacts[0].last_message is None
        assert (report.total, report.zone) == (1, "Europe/Berlin")


def test_each_answer_is_told_with_its_time(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *"ABCD")
        a_launched_campaign(session, "Elsewhere", slug="other")
        sign(session, "A", now=LATER, credit_line="A of all")
        decline(session, "B", "No time")
        sign(session, "C")
        withdraw(session, "C", now=LATER)
        found = listed(session)
        assert {name: one.state for name, one in found.items()} == {
            "A": "signed",
            "B": "declined",
            "C": "withdrawn",
            "D": "awaiting",
        }
        signed = found["A"]
        assert (signed.answered_at, signed.credit_line) == (LATER, "A of all")
        assert (signed.signer_name, signed.capacity) == ("Ada Example", "Director")
        assert (found["B"].answered_at, found["B"].reason) == (NOW, "No time")
        assert (found["C"].answered_at, found["C"].credit_line) == (LATER, "")
        assert found["D"].answered_at is None
        defer(session, "D", DAY)
        later = listed(session)
        assert (later["D"].state, later["D"].decides_on) == ("deferred", DAY)
        assert later["A"].decides_on is None


def test_the_reason_of_a_no_that_became_a_yes_is_told_no_more(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "A")
        decline(session, "A", "No time")
        sign(session, "A")
        assert (listed(session)["A"].state, listed(session)["A"].reason) == ("signed", "")


def test_the_last_message_is_told_with_the_servers_words(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *"ABC")
        refuse(session, MessageEvent.REJECTED, words="550 no such user")
        refuse(session, MessageEvent.DEFERRED, words="451 greylisted")
        failed, deferred, queued = (
            one.contacts[0].last_message for one in listed(session).values()
        )
        assert failed
        assert deferred
        assert queued
        assert (failed.kind, failed.state, failed.at) == ("invitation", "failed", LATER)
        assert (failed.words, failed.next_attempt) == ("550 no such user", None)
        assert (deferred.state, deferred.words) == ("queued", "451 greylisted")
        assert deferred.next_attempt == LATER + timedelta(hours=2)
        assert [one.is_deferred for one in (failed, deferred, queued)] == [False, True, False]
        assert (queued.at, queued.next_attempt, queued.words) == (NOW, NOW, "")


def test_the_newest_message_counts_a_cancelled_one_only_alone(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *"AB")
        a_launched_campaign(session, "C", slug="other")
        send_what_is_due(session)
        sign(session, "A", now=LATER)
        receipt, invitation = (one.contacts[0].last_message for one in listed(session).values())
        assert receipt
        assert invitation
        assert (receipt.kind, receipt.state) == ("receipt", "queued")
        assert (invitation.kind, invitation.state, invitation.at) == ("invitation", "sent", NOW)
        assert invitation.words == ""
        cancel_queued(session, reason="gone", kinds=[MessageKind.RECEIPT])
        session.expire_all()
        again = listed(session)["A"].contacts[0].last_message
        assert again
        assert (again.kind, again.state) == ("invitation", "sent")


def test_only_those_in_a_state_are_listed(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, *"ABCD")
        refuse(session, MessageEvent.REJECTED, words="550 no such user")
        refuse(session, MessageEvent.DEFERRED, words="451 greylisted")
        send_what_is_due(session)
        sign(session, "D")
        a_contact(session, campaign, organization="E")
        assert names(session, "") == "ABCDE"
        assert names(session, "awaiting") == "ABC"
        assert names(session, "signed") == "D"
        assert names(session, "failed") == "A"
        assert names(session, "deferred") == "B"
        assert names(session, "sent") == "C"
        assert names(session, "not-invited") == names(session, "Not invited") == "E"
        assert names(session, "declined") == ""
        assert list_partners(session, slug="visit", state="declined").total == 5


def test_what_is_unknown_is_refused(database: Database) -> None:
    with database.transaction() as session:
        a_campaign(session)
        with pytest.raises(StateUnknown, match="choose one of not-invited, awaiting, deferred"):
            list_partners(session, slug="visit", state="pending")
        with pytest.raises(CampaignNotFound):
            list_partners(session, slug="unknown")


@contextmanager
def counted_queries(database: Database) -> Iterator[list[str]]:
    queries: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        queries.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield queries
    event.remove(database.engine, "before_cursor_execute", note)


def test_more_partners_need_no_more_queries(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *"ABCDEFGH")
        sign(session, "A")
        decline(session, "B", "No time")
    with database.reading() as session, counted_queries(database) as queries:
        assert len(listed(session)) == 8
    assert len([one for one in queries if one.lstrip().startswith("SELECT")]) == 6
