"""The facts of a batch of mails: each its own, in a handful of queries for all."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from outreach.domain.message import MessageKind
from outreach.services.close_campaign import close_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.store.database import Database
from outreach.store.outgoing import GivenAnswer, Outgoing, campaign_text, load_outgoing
from outreach.store.tables import Link, StatementVersion
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_launched_campaign,
    decline,
    defer,
    send_what_is_due,
    sign,
    the_link,
    the_messages,
    withdraw,
)
from tests.recording import confirm, record
from tests.reviewing import contradict, let_stand

DEFERRED_TO = date(2026, 3, 10)


def _fill(database: Database, *organizations: str) -> None:
    """Mails of every kind."""
    with database.transaction() as session:
        a_launched_campaign(
            session, *organizations, "Declines", "Defers", "Phones", "Differs", "Silent"
        )
        send_what_is_due(session)
        for name in organizations:
            sign(session, name, credit_line=f"{name}, as printed", now=NOW + timedelta(hours=1))
        withdraw(session, organizations[0], now=NOW + timedelta(hours=2))
        decline(session, "Declines")
        defer(session, "Defers", DEFERRED_TO)
        record(session, "Phones")
        confirm(session, "Phones", now=NOW + timedelta(hours=3))
        sign(session, "Differs")
        contradict(session, "Differs")
        let_stand(session)
        plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE - timedelta(days=1))
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)


def test_each_mail_of_a_batch_has_its_own_facts(database: Database) -> None:
    _fill(database, "One", "Two", "Three")
    with database.reading() as session:
        messages = the_messages(session)
        found = load_outgoing(session, [message.id or 0 for message in messages])
        assert {one.kind for one in found.values()} == set(MessageKind)
        invitations = {
            message.contact_id: message.message_id
            for message in messages
            if message.kind == MessageKind.INVITATION
        }
        link_of = dict(session.exec(select(Link.contact_id, Link.id)).all())
        for message in messages:
            facts = found[message.id or 0]
            assert (facts.kind, facts.message_id) == (message.kind, message.message_id)
            assert facts.link_id == link_of[message.contact_id]
            assert facts.contact_email.split("@")[1] == f"{facts.organization.lower()}.example"
            is_reminder = message.kind == MessageKind.REMINDER
            assert facts.in_reply_to == (invitations[message.contact_id] if is_reminder else "")
            alone = load_outgoing(session, [message.id or 0])
            assert alone == {message.id: facts}


def test_a_receipt_tells_the_answer_as_given_and_a_notice_as_it_stands(
    database: Database,
) -> None:
    _fill(database, "One", "Two")
    with database.reading() as session:
        ids = [message.id or 0 for message in the_messages(session)]
        found: dict[tuple[str, MessageKind], Outgoing] = {
            (one.organization, one.kind): one for one in load_outgoing(session, ids).values()
        }
    assert found["Defers", MessageKind.DEFERRAL_RECEIPT].answer.decides_on == DEFERRED_TO
    phoned = found["Phones", MessageKind.RECORDED_RECEIPT].answer
    assert (phoned.channel, phoned.at) == ("phone", NOW - timedelta(hours=1))
    signed = found["Two", MessageKind.RECEIPT].answer
    assert signed.channel == ""
    assert (signed.credit_line, signed.signer_name) == ("Two, as printed", "Ada Example")
    assert (signed.capacity, signed.at) == ("Director", NOW + timedelta(hours=1))
    assert found["Two", MessageKind.CLOSING_NOTICE].answer == signed
    assert found["Two", MessageKind.CLOSING_NOTICE].signatory_count == 3
    assert found["One", MessageKind.RECEIPT].answer.credit_line == "One, as printed"
    assert found["One", MessageKind.WITHDRAWAL_RECEIPT].answer.at == NOW + timedelta(hours=2)
    assert ("One", MessageKind.CLOSING_NOTICE) not in found
    assert found["Silent", MessageKind.INVITATION].answer == GivenAnswer()
    assert {one.signatory_count for one in found.values()} == {0, 3}


def test_a_contact_without_a_live_link_has_none_and_the_others_theirs(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two")
        link = the_link(session, "One")
        link.revoked_at = NOW
        session.add(link)
    with database.reading() as session:
        assert set(load_outgoing(session, [1, 2, 99])) == {2}
        assert load_outgoing(session, []) == {}


def test_mails_of_two_campaigns_keep_theirs_apart(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One")
        a_launched_campaign(session, "Two", slug="other", deadline=DEADLINE + timedelta(days=1))
    with database.reading() as session:
        found = load_outgoing(session, [1, 2])
        assert [found[pk].campaign.slug for pk in (1, 2)] == ["visit", "other"]
        assert found[2].campaign.deadline == DEADLINE + timedelta(days=1)


def test_the_newest_wording_of_a_statement_is_what_counts(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session)
        assert campaign.id is not None
        before = campaign_text(session, campaign.id)
        assert hash(before) == hash(campaign_text(session, campaign.id))
        session.add(
            StatementVersion(
                campaign_id=campaign.id,
                number=2,
                language="en",
                source="s",
                body="Another wording.",
                asks="",
                sha256="cd" * 32,
                created_at=NOW,
            )
        )
        session.flush()
        after = campaign_text(session, campaign.id)
    assert after.body == "Another wording."
    assert after != before


@pytest.mark.parametrize("many", [1, 12])
def test_a_batch_of_any_size_takes_a_handful_of_queries(database: Database, many: int) -> None:
    _fill(database, *[f"Organization{number}" for number in range(many)])
    counted: list[object] = []

    def count(*given: object) -> None:
        counted.append(given)

    with database.reading() as session:
        ids = [message.id or 0 for message in the_messages(session)]
        event.listen(database.engine, "before_cursor_execute", count)
        try:
            load_outgoing(session, ids)
        finally:
            event.remove(database.engine, "before_cursor_execute", count)
    assert 1 <= len(counted) <= 10
