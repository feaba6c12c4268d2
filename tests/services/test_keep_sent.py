"""What went out can be written again to the byte, whatever has changed since. On both databases."""

import json
from dataclasses import replace
from datetime import date, timedelta
from unittest import mock

import pytest
from sqlmodel import Session, select

from outreach.domain.message import REVIEW_KINDS, MessageEvent, MessageKind
from outreach.links import LinkSigner
from outreach.services.close_campaign import close_campaign
from outreach.services.keep_sent import CannotRefill, SentKeeper, is_as_sent, refill
from outreach.services.launch_campaign import launch_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.store import sent_mails
from outreach.store.database import Database
from outreach.store.desk_tables import SentVariant
from outreach.store.sent_mails import Found, find_sent
from outreach.store.tables import Campaign, Contact, Message, Organization, StatementVersion
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    defer,
    send_what_is_due,
    sign,
    the_link,
    the_messages,
    withdraw,
)
from tests.keeping import keep, leave
from tests.racing import race
from tests.recording import confirm, record
from tests.reviewing import contradict, let_stand
from tests.sending import LINKS

LATER = NOW + timedelta(days=3)


def a_message(session: Session, kind: MessageKind, *, organization: str = "One") -> Message:
    a_launched_campaign(session, organization)
    if kind is MessageKind.REMINDER:
        send_what_is_due(session)
        at = DEADLINE - timedelta(days=1)
        plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=at)
    elif kind is MessageKind.DECLINE_RECEIPT:
        decline(session, organization)
    elif kind is MessageKind.DEFERRAL_RECEIPT:
        defer(session, organization, date(2026, 3, 10))
    elif kind is MessageKind.RECORDED_RECEIPT:
        record(session, organization)
        confirm(session, organization)
    elif kind is not MessageKind.INVITATION:
        sign(session, organization)
    if kind in REVIEW_KINDS:
        contradict(session, organization)
    if kind is MessageKind.REVIEW_RESULT:
        let_stand(session)
    if kind is MessageKind.WITHDRAWAL_RECEIPT:
        withdraw(session, organization)
    if kind is MessageKind.CLOSING_NOTICE:
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
    to_first = 0 if kind in REVIEW_KINDS else -1
    return the_messages(session, kind=kind)[to_first]


def the_kept(session: Session, message: Message) -> Found:
    assert message.id is not None
    (found,) = find_sent(session, message.id)
    return found


def change_everything(session: Session) -> None:
    """All that a mail is made of, as far as it can change."""
    for table, changes in (
        (Campaign, {"title": "Another", "deadline": DEADLINE + timedelta(days=9), "zone": "UTC",
                    "reply_to": "other@coalition.example", "occasion": "another visit"}),
        (Organization, {"name": "One, renamed"}),
        (Contact, {"name": "Bob Other", "email": "bob@other.example", "language": "de",
                   "zone": "Asia/Taipei", "role": "copied"}),
        (StatementVersion, {"body": "Another text.", "asks": "Another ask."}),
    ):  # fmt: skip
        row = session.get_one(table, 1)
        for name, value in changes.items():
            setattr(row, name, value)
        session.add(row)
    link = the_link(session, "One, renamed")
    link.revoked_at = LATER
    session.add(link)
    session.flush()


@pytest.mark.parametrize("kind", MessageKind)
def test_a_mail_of_every_kind_is_written_again_to_the_byte_whatever_has_changed(
    database: Database, kind: MessageKind
) -> None:
    with database.transaction() as session:
        message = a_message(session, kind)
        body = keep(session, message, now=NOW.replace(microsecond=123_456))
        change_everything(session)
    with database.reading() as session:
        found = the_kept(session, message)
    assert refill(found, LINKS) == body
    assert is_as_sent(found, [LINKS])


@pytest.mark.parametrize(
    "name", ["國際特赦組織 <香港>", "منظمة حقوق الإنسان", "བོད་ཀྱི་རིང་ལུགས།", 'Müller & Söhne "e.V."']
)
def test_names_of_every_script_come_back_as_they_were(database: Database, name: str) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION, organization=name)
        contact = session.get_one(Contact, message.contact_id)
        contact.name, contact.email = name, "ada@one.example"
        session.flush()
        body = keep(session, message)
    with database.reading() as session:
        assert refill(the_kept(session, message), LINKS) == body


def test_a_copied_contacts_mail_has_no_answer_link_when_it_is_written_again(
    database: Database,
) -> None:
    with database.transaction() as session:
        message = a_receipt_to_a_copied_contact(session)
        body = keep(session, message)
    with database.reading() as session:
        assert refill(the_kept(session, message), LINKS) == body
    assert b"/a/" not in body


def a_receipt_to_a_copied_contact(session: Session) -> Message:
    campaign = a_campaign(session)
    a_contact(session, campaign, organization="One")
    a_contact(session, campaign, organization="One", email="copy@one.example", role="copied")
    launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
    sign(session, "One")
    (message,) = (
        one for one in the_messages(session, kind=MessageKind.RECEIPT) if one.contact_id == 2
    )
    return message


def test_what_is_kept_holds_no_token(database: Database) -> None:
    """Not for a thief of the database either: nothing there opens an answer page."""
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        body = keep(session, message)
        found = the_kept(session, message)
    token = LINKS.token(found.own["link"], purpose="answer")
    assert token[:20].encode() in body.replace(b"=\r\n", b"")
    assert token[:20] not in json.dumps(found.own)
    assert found.own["values"][3:5] == ["", ""]


def test_a_variant_is_kept_once_for_all(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two", "Three")
        for message in the_messages(session):
            keep(session, message)
        found = [the_kept(session, one) for one in the_messages(session)]
        assert len(session.exec(select(SentVariant)).all()) == 1
    assert len({one.own["variant"] for one in found}) == 1
    assert len({str(one.own["values"]) for one in found}) == 3


def test_a_known_variant_is_not_sent_to_the_database_again_once_it_is_committed(
    database: Database,
) -> None:
    keeper = SentKeeper()
    with database.transaction() as session:
        mails = [leave(session, a_message(session, MessageKind.INVITATION))[1]]
    with (
        mock.patch.object(sent_mails, "keep_variants", wraps=sent_mails.keep_variants) as written,
        database.transaction() as session,
    ):
        keeper.keep(session, mails)
        keeper.keep(session, mails)
        keeper.note_committed()
        keeper.keep(session, mails)
    assert [len(call.args[1]) for call in written.call_args_list] == [1, 1, 0]


def test_what_a_failed_transaction_wrote_is_not_taken_for_kept(database: Database) -> None:
    keeper = SentKeeper()
    with database.transaction() as session:
        mails = [leave(session, a_message(session, MessageKind.INVITATION))[1]]
    with database.transaction() as session:
        keeper.keep(session, mails)
        session.rollback()
    with database.transaction() as session:
        keeper.keep(session, [])
    keeper.note_committed()
    with database.transaction() as session:
        keeper.keep(session, mails)
        assert [one.key for one in session.exec(select(SentVariant))] == [mails[0].variant.key]


def test_two_senders_keep_one_variant_at_once(database: Database) -> None:
    with database.transaction() as session:
        mails = [leave(session, a_message(session, MessageKind.INVITATION))[1]]

    def one() -> None:
        with database.transaction() as session:
            SentKeeper().keep(session, mails)

    assert race([one, one, one]) == [None, None, None]


def test_every_body_that_went_out_is_kept_with_what_came_of_it(database: Database) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        first = keep(session, message, event=MessageEvent.LAPSED_AFTER_DATA)
        second = keep(session, message, now=LATER)
        assert message.id is not None
        found = find_sent(session, message.id)
    assert first != second
    assert [refill(one, LINKS) for one in found] == [first, second]
    assert [one.event for one in found] == ["lapsed_after_data", "accepted"]


def test_an_event_without_a_body_keeps_nothing(database: Database) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        send_what_is_due(session)
        assert message.id is not None
        assert find_sent(session, message.id) == []


def test_after_new_keys_the_old_ones_still_tell_that_it_is_the_same(database: Database) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        body = keep(session, message)
        found = the_kept(session, message)
    new = LinkSigner(["a-key-for-tests-of-32-characters-", "another-key-of-32-characters-now"])
    assert refill(found, new) != body
    assert not is_as_sent(found, [new])
    assert is_as_sent(found, new.by_key())
    assert refill(found, new.by_key()[-1]) == body


def test_a_sum_that_does_not_fit_is_told(database: Database) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        keep(session, message)
        found = the_kept(session, message)
    changed = replace(found, own={**found.own, "in_reply_to": "other@coalition.example"})
    assert not is_as_sent(changed, [LINKS])


@pytest.mark.parametrize(
    "parts",
    [{"variant": b"broken"}, {"own": {}}, {"own": {"values": [], "link": "l"}}],
)
def test_parts_that_make_no_mail_are_refused(database: Database, parts: dict[str, object]) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        keep(session, message)
        broken = replace(the_kept(session, message), **parts)  # type: ignore[arg-type]
    with pytest.raises(CannotRefill):
        refill(broken, LINKS)
