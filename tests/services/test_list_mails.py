"""Which mails a coordinator is shown: by what they need, by state and kind, and by a search."""

from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlmodel import Session

from outreach.domain.errors import CampaignNotFound
from outreach.domain.message import MessageEvent, MessageKind
from outreach.partners.keys import name_key
from outreach.services.list_mails import PAGE_SIZE, MailList, list_mails, wanted_mails
from outreach.services.suppress_contact import suppress
from outreach.store import claims
from outreach.store.database import Database
from outreach.store.mail_lists import Sort
from outreach.store.rounds import Result
from outreach.store.tables import Campaign, Contact, Invitation, Message, Organization
from tests.factories import (
    DEADLINE,
    NOW,
    a_launched_campaign,
    record_result,
    send_what_is_due,
    sign,
    the_invitation,
    the_link,
    the_messages,
)

E = MessageEvent
LEASE = timedelta(minutes=5)


def a_mail_that(session: Session, organization: str, event: MessageEvent, words: str = "") -> None:
    """Its first mail, after a server has said that."""
    (message,) = the_messages(session, organization, kind=MessageKind.INVITATION)
    assert message.id is not None
    claims.claim_due(session, owner="s", many=1000, lease=LEASE, now=NOW)
    due_at = NOW + timedelta(hours=1) if event is E.DEFERRED else None
    result = Result(message.id, event, code=450, words=words, due_at=due_at, attempts=1)
    assert record_result(session, result, owner="s")


def five_fates(session: Session) -> None:
    """One mail in doubt, one failed, one put off, one sent, one waiting."""
    a_launched_campaign(session, "Doubt", "Failed", "Put off", "Sent", "Waiting")
    a_mail_that(session, "Doubt", E.LAPSED_AFTER_DATA)
    a_mail_that(session, "Failed", E.REJECTED, "550 no such user")
    a_mail_that(session, "Put off", E.DEFERRED, "450 come again")
    a_mail_that(session, "Sent", E.ACCEPTED, "250 ok")
    (waiting,) = the_messages(session, "Waiting")
    claims.release(session, {waiting.id or 0: NOW}, owner="s")


def listed(session: Session, **wanted: str) -> MailList:
    return list_mails(session, slug="visit", wanted=wanted_mails(**wanted), now=NOW)


def organizations(session: Session, **wanted: str) -> list[str]:
    return [one.organization for one in listed(session, **wanted).mails]


def test_each_mail_is_listed_with_whom_it_is_for_and_what_the_server_said(
    database: Database,
) -> None:
    with database.transaction() as session:
        five_fates(session)
        (mail,) = listed(session, state="failed").mails
    assert (mail.organization, mail.contact, mail.kind) == ("Failed", "Ada Example", "invitation")
    assert (mail.words, mail.attempts, mail.suppressed) == ("550 no such user", 1, None)
    assert mail.email.endswith("@failed.example")


def test_the_newest_stand_first(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        assert organizations(session) == ["Waiting", "Sent", "Put off", "Failed", "Doubt"]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("attention", ["Doubt", "Failed"]),
        ("waiting", ["Waiting", "Put off"]),
        ("sent", ["Sent"]),
        ("all", ["Waiting", "Sent", "Put off", "Failed", "Doubt"]),
        ("nonsense", ["Waiting", "Sent", "Put off", "Failed", "Doubt"]),
    ],
)
def test_each_sort_in_its_order(database: Database, sort: str, names: list[str]) -> None:
    with database.transaction() as session:
        five_fates(session)
        assert organizations(session, sort=sort) == names


def test_each_sort_is_counted_whatever_is_asked_for(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        counts = listed(session, sort="sent", search="nobody").counts
    assert counts == {Sort.ATTENTION: 2, Sort.WAITING: 2, Sort.SENT: 1, Sort.ALL: 5}


def test_what_is_put_off_until_after_the_deadline_needs_attention(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        (message,) = the_messages(session, "Put off")
        message.due_at = DEADLINE
        session.flush()
        assert organizations(session, sort="attention") == ["Doubt", "Failed", "Put off"]


@pytest.mark.parametrize("change", ["signed", "closed", "over", "replaced"])
def test_what_nobody_can_answer_any_more_needs_no_attention(
    database: Database, change: str
) -> None:
    with database.transaction() as session:
        five_fates(session)
        now = NOW
        if change == "signed":
            sign(session, "Failed")
        elif change == "closed":
            session.get_one(Campaign, 1).state = "cancelled"
        elif change == "over":
            now = DEADLINE
        else:
            session.get_one(
                Contact, the_messages(session, "Failed")[0].contact_id
            ).replaced_at = NOW
        session.flush()
        wanted = wanted_mails(sort="attention")
        found = list_mails(session, slug="visit", wanted=wanted, now=now)
    assert "Failed" not in [one.organization for one in found.mails]


def test_a_late_signers_mail_needs_attention_after_the_close(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        session.get_one(Campaign, 1).state = "closed"
        the_invitation(session, "Failed").open_until = NOW + LEASE
        session.flush()
        assert organizations(session, sort="attention") == ["Failed"]
        session.get_one(Invitation, 2).open_until = NOW
        session.flush()
        assert organizations(session, sort="attention") == []


def test_a_receipt_that_failed_needs_attention_though_all_is_answered(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One")
        send_what_is_due(session)
        sign(session, "One")
        (receipt,) = the_messages(session, kind=MessageKind.RECEIPT)
        receipt.state = "failed"
        session.flush()
        (found,) = listed(session, sort="attention").mails
    assert found.kind == "receipt"


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"state": "put_off"}, ["Put off"]),
        ({"state": "queued"}, ["Waiting", "Put off"]),
        ({"state": "unknown"}, ["Waiting", "Sent", "Put off", "Failed", "Doubt"]),
        ({"kind": "reminder"}, []),
        ({"kind": "unknown", "state": "sent"}, ["Sent"]),
        ({"search": "put-OFF"}, ["Put off"]),
        ({"search": "@failed.example"}, ["Failed"]),
        ({"search": "ada EX", "state": "sent"}, ["Sent"]),
        ({"search": "100%"}, []),
        ({"search": "\0"}, ["Waiting", "Sent", "Put off", "Failed", "Doubt"]),
    ],
)
def test_filters_and_search_narrow_it_down(
    database: Database, wanted: dict[str, str], names: list[str]
) -> None:
    with database.transaction() as session:
        five_fates(session)
        assert sorted(organizations(session, **wanted)) == sorted(names)


def test_a_message_id_from_a_servers_log_is_found(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        (message,) = the_messages(session, "Sent")
        assert organizations(session, search=f"<{message.message_id}>") == ["Sent"]


@pytest.mark.parametrize("name", ["國際特赦組織", "منظمة حقوق الإنسان", "བོད་ཀྱི", "Zürcher Bündnis"])
def test_names_of_every_script_are_found(database: Database, name: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two")
        organization = session.get_one(Organization, 2)
        organization.name, organization.name_key = name, name_key(name)
        session.flush()
        assert organizations(session, search=name[:4]) == [name]


@pytest.mark.parametrize("typed", ["österreich", "ÖSTERREICH", "weiß", "MÜNCHEN.ex", "— &"])
def test_a_search_knows_no_case_in_any_alphabet(database: Database, typed: str) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two")
        organization = session.get_one(Organization, 2)
        organization.name, organization.name_key = "Österreich — & Freunde", "osterreichfreunde"
        contact = session.get_one(Contact, 2)
        contact.name, contact.email_key = "Weiß", "it@münchen.example"
        session.flush()
        assert organizations(session, search=typed) == ["Österreich — & Freunde"]


def test_a_suppressed_address_is_told_with_its_reason(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two")
        send_what_is_due(session)
        suppress(session, link_id=the_link(session, "Two").id, now=NOW)
        assert [one.suppressed for one in listed(session).mails] == ["unsubscribed", None]


def test_fifty_a_page_and_past_the_last_is_the_last(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *(f"Number {number}" for number in range(PAGE_SIZE + 2)))
        first, second, far = (
            list_mails(session, slug="visit", wanted=wanted_mails(), page=page, now=NOW)
            for page in (1, 2, 99)
        )
    assert (first.total, first.pages, len(first.mails)) == (PAGE_SIZE + 2, 2, PAGE_SIZE)
    assert [one.organization for one in second.mails] == ["Number 1", "Number 0"]
    assert far == second


def test_the_number_of_queries_does_not_grow(database: Database) -> None:
    counted = []
    with database.transaction() as session:
        a_launched_campaign(session, *(f"Number {number}" for number in range(60)))
    for wanted in ({"search": "number 7"}, {}):
        with database.reading() as session:
            statements: list[str] = []
            event.listen(
                database.engine,
                "before_cursor_execute",
                lambda *call, seen=statements: seen.append(call[2]),
            )
            listed(session, **wanted)
            counted.append(len(statements))
    assert counted[0] == counted[1] <= 6


def test_an_unknown_campaign_is_refused(database: Database) -> None:
    with database.reading() as session, pytest.raises(CampaignNotFound):
        list_mails(session, slug="nowhere", wanted=wanted_mails(), now=NOW)


def test_a_failed_mail_of_another_campaign_is_not_listed(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        a_launched_campaign(session, "Elsewhere", slug="other")
        found = list_mails(session, slug="other", wanted=wanted_mails(), now=NOW)
        assert [one.organization for one in found.mails] == ["Elsewhere"]
        assert found.counts[Sort.ATTENTION] == 0
        assert isinstance(session.get_one(Message, found.mails[0].id), Message)
