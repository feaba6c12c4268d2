"""What stands in a mail: words in the reader's language and zone, headers, links that work."""

import re
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from unittest import mock

import pytest
from sqlmodel import Session

from outreach.domain.errors import LinkRefused
from outreach.domain.message import MessageKind
from outreach.links import ANSWER, UNSUBSCRIBE
from outreach.mail.headers import HeaderRefused
from outreach.services.answer_invitation import correct
from outreach.services.clean_typing import LineForm
from outreach.services.close_campaign import close_campaign
from outreach.services.compose_message import ComposedMail
from outreach.services.launch_campaign import launch_campaign
from outreach.services.plan_reminders import plan_reminders
from outreach.store import signatures
from outreach.store.database import Database
from outreach.store.outgoing import load_outgoing
from outreach.store.tables import Campaign, Contact, Message
from tests.factories import (
    DEADLINE,
    DOMAIN,
    NOW,
    a_campaign,
    a_contact,
    a_launched_campaign,
    decline,
    sign,
    the_link,
    the_messages,
    withdraw,
)
from tests.recording import confirm, record
from tests.sending import LINKS, PUBLIC_URL, a_composer

LATER = NOW + timedelta(hours=2)


def compose_as_sent(session: Session, message: Message, *, now: datetime = NOW) -> ComposedMail:
    assert message.id is not None
    (found,) = load_outgoing(session, [message.id]).values()
    return a_composer().compose(found, now=now)


def compose(session: Session, message: Message, *, now: datetime = NOW) -> EmailMessage:
    composed = compose_as_sent(session, message, now=now)
    parsed = message_from_bytes(composed.body, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def the_mail(session: Session, organization: str, kind: MessageKind) -> EmailMessage:
    """The last of that kind."""
    return compose(session, the_messages(session, organization, kind=kind)[-1])


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    return str(text.get_content()), str(html.get_content())


def launched_to(session: Session, **contact: str) -> Message:
    """One organization, its contact of that language and zone, the campaign's zone Berlin."""
    campaign = a_campaign(session)
    a_contact(session, campaign, organization="One", **contact)
    launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
    (message,) = the_messages(session)
    return message


# The deadline is 2026-03-18 14:00 UTC: 15:00 in Berlin, 22:00 in Taipei, 10:00 in New York.
@pytest.mark.parametrize(
    ("language", "zone", "own", "beside"),
    [
        ("en", "Europe/Berlin", "Wednesday, 18 March 2026, 15:00", ""),
        ("de", "Europe/Paris", "Mittwoch, 18. März 2026, 15:00", ""),
        ("fr", "Asia/Taipei", "mercredi 18 mars 2026, 22:00", "15:00"),
        ("es", "America/New_York", "miércoles, 18 de marzo de 2026, 10:00", "15:00"),
        ("zh-Hant", "Asia/Taipei", "2026年3月18日 星期三, 晚上10:00", "下午3:00"),
        ("ja", "Pacific/Kiritimati", "2026年3月19日木曜日, 4:00", "2026/03/18, 15:00"),
        ("tlh", "UTC", "Wednesday, 18 March 2026, 14:00 (UTC)", "15:00"),
    ],
)
def test_the_deadline_is_written_as_its_reader_writes_it_the_coordinators_zone_beside_it(
    database: Database, language: str, zone: str, own: str, beside: str
) -> None:
    with database.transaction() as session:
        mail = compose(session, launched_to(session, language=language, zone=zone))
    for part in parts(mail):
        flat = " ".join(part.replace("\u202f", " ").split())
        written = re.search(rf"{re.escape(own)}(?: \([^)]*\))?(?: = ([^(]*) \()?", flat)
        assert written, flat
        assert (written[1] or "") == beside


def test_the_occasions_day_is_in_the_readers_language(database: Database) -> None:
    with database.transaction() as session:
        mail = compose(session, launched_to(session, language="fr"))
    assert "24 avril 2026" in parts(mail)[0]


@pytest.mark.parametrize(
    "kind", [MessageKind.INVITATION, MessageKind.REMINDER, MessageKind.RECEIPT,
             MessageKind.WITHDRAWAL_RECEIPT, MessageKind.CLOSING_NOTICE]
)  # fmt: skip
def test_both_parts_of_every_mail_hold_the_contacts_own_link(
    database: Database, kind: MessageKind
) -> None:
    with database.transaction() as session:
        _bring_about(session, kind)
        mail = the_mail(session, "Hong Kong Watch", kind)
        link_id = the_link(session, "Hong Kong Watch").id
        for part in parts(mail):
            (token,) = set(re.findall(rf"{PUBLIC_URL}/a/([\w.-]+)", part))
            assert LINKS.read(token, purpose=ANSWER) == link_id


def _bring_about(session: Session, kind: MessageKind) -> None:
    a_launched_campaign(session)
    if kind is MessageKind.REMINDER:
        _remind(session)
    elif kind is not MessageKind.INVITATION:
        sign(session, "Hong Kong Watch")
    if kind is MessageKind.WITHDRAWAL_RECEIPT:
        withdraw(session, "Hong Kong Watch")
    if kind is MessageKind.CLOSING_NOTICE:
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)


def _remind(session: Session) -> None:
    for message in the_messages(session):
        message.state, message.sent_at = "sent", NOW
        session.add(message)
    session.flush()
    assert (
        plan_reminders(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE - timedelta(days=1))
        == 1
    )


def test_answers_go_to_the_coordinator_and_no_machine_answers(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        mail = the_mail(session, "Hong Kong Watch", MessageKind.INVITATION)
    assert mail["Reply-To"] == "coordinator@coalition.example"
    assert mail["From"] == "The Coalition <sign@coalition.example>"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_the_message_id_is_the_rows_and_stays_when_it_is_sent_again(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        (message,) = the_messages(session)
        first, again = compose(session, message), compose(session, message)
    assert first["Message-ID"] == f"<{message.message_id}>"
    assert first.as_bytes() == again.as_bytes()


def test_the_envelope_goes_to_the_contact_from_the_bare_sender(database: Database) -> None:
    with database.transaction() as session:
        message = launched_to(session, email="ada@one.example")
        composed = compose_as_sent(session, message)
    assert (composed.sender, composed.recipient) == ("sign@coalition.example", "ada@one.example")


def test_a_reminder_threads_under_its_invitation(database: Database) -> None:
    with database.transaction() as session:
        _bring_about(session, MessageKind.REMINDER)
        (invitation,) = the_messages(session, kind=MessageKind.INVITATION)
        mail = the_mail(session, "Hong Kong Watch", MessageKind.REMINDER)
    assert mail["In-Reply-To"] == mail["References"] == f"<{invitation.message_id}>"
    assert mail["Message-ID"] != mail["In-Reply-To"]


def test_an_invitation_and_a_receipt_thread_under_nothing(database: Database) -> None:
    with database.transaction() as session:
        _bring_about(session, MessageKind.RECEIPT)
        for kind in (MessageKind.INVITATION, MessageKind.RECEIPT):
            assert the_mail(session, "Hong Kong Watch", kind)["In-Reply-To"] is None


def test_list_unsubscribe_is_one_click_by_a_token_of_that_purpose_alone(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        mail = the_mail(session, "Hong Kong Watch", MessageKind.INVITATION)
        link_id = the_link(session, "Hong Kong Watch").id
    match = re.fullmatch(rf"<{PUBLIC_URL}/u/([\w.-]+)>", mail["List-Unsubscribe"])
    assert match
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert LINKS.read(match[1], purpose=UNSUBSCRIBE) == link_id
    with pytest.raises(LinkRefused):
        LINKS.read(match[1], purpose=ANSWER)
    assert match[0].strip("<>") in parts(mail)[0]


def test_a_receipt_says_what_was_answered_then_even_after_a_correction(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        sign(session, "Hong Kong Watch", credit_line="HK Wotch", now=LATER)
        correct(
            session,
            link_id=the_link(session, "Hong Kong Watch").id,
            form=LineForm(credit_line="HK Watch"),
            mail_domain=DOMAIN,
            now=LATER + timedelta(hours=1),
        )
        receipts = the_messages(session, kind=MessageKind.RECEIPT)
        first, second = [parts(compose(session, receipt)) for receipt in receipts]
    for part in first:
        assert "HK Wotch" in part
        assert "HK Watch" not in part
        assert "17:00" in part  # in Berlin, when it was given, not when it is sent
        for fact in ("Ada Example", "Director"):
            assert fact in part
    for part in second:
        assert "HK Watch" in part
        assert "HK Wotch" not in part


def test_the_receipt_holds_the_text_that_was_signed_and_its_fingerprint(
    database: Database,
) -> None:
    with database.transaction() as session:
        _bring_about(session, MessageKind.RECEIPT)
        text, html = parts(the_mail(session, "Hong Kong Watch", MessageKind.RECEIPT))
    assert "must not" in text
    assert re.search(r"<em[^>]*>must not</em>", html)
    assert re.search(r"\b[0-9a-f]{64}\b", text)


def test_a_copied_contact_reads_the_receipt_without_a_link_that_answers(
    database: Database,
) -> None:
    with database.transaction() as session:
        campaign = a_campaign(session)
        a_contact(session, campaign)
        a_contact(session, campaign, email="copy@hongkongwatch.example", role="copied")
        launch_campaign(session, slug="visit", mail_domain=DOMAIN, now=NOW)
        assert len(the_messages(session)) == 1
        sign(session, "Hong Kong Watch")
        receipts = [
            compose(session, message) for message in the_messages(session, kind=MessageKind.RECEIPT)
        ]
    (copied,) = [mail for mail in receipts if "copy@" in mail["To"]]
    assert len(receipts) == 2
    for part in parts(copied):
        assert "/a/" not in part
        assert f"{PUBLIC_URL}/u/" in part
        assert "Hong Kong Watch" in part


def test_a_decline_receipt_says_no_signature(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        decline(session, "Hong Kong Watch")
        text, _ = parts(the_mail(session, "Hong Kong Watch", MessageKind.DECLINE_RECEIPT))
    assert "does not sign" in text


def test_each_receipt_of_a_recorded_consent_says_how_it_came(database: Database) -> None:
    """One sender writes them all: what it keeps prepared of the one is not the other's."""
    composer, told = a_composer(), {}
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two")
        for name, channel in (("One", "phone"), ("Two", "letter")):
            record(session, name, channel=channel)
            confirm(session, name)
        for message in the_messages(session, kind=MessageKind.RECORDED_RECEIPT):
            (found,) = load_outgoing(session, [message.id or 0]).values()
            mail = message_from_bytes(composer.compose(found, now=NOW).body, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            told[found.organization], _ = parts(mail)
            assert the_link(session, found.organization).id in LINKS.read(
                re.findall(r"/a/(\S+)", told[found.organization])[0], purpose=ANSWER
            )
    assert "How: by telephone" in told["One"]
    assert "How: by letter" in told["Two"]
    assert "Given by: Grace Hopper" in told["One"]


@pytest.mark.parametrize(
    ("state", "at", "promised"),
    [
        ("open", DEADLINE - timedelta(seconds=1), True),
        ("paused", NOW, True),
        ("draft", NOW, True),  # only previewed: as it will read once launched
        ("open", DEADLINE, False),
        ("closed", NOW, False),
        ("published", NOW, False),
    ],
)
def test_a_withdrawal_is_told_of_another_chance_only_while_there_is_one(
    database: Database, state: str, at: datetime, promised: bool
) -> None:
    with database.transaction() as session:
        _bring_about(session, MessageKind.WITHDRAWAL_RECEIPT)
        message = the_messages(session, kind=MessageKind.WITHDRAWAL_RECEIPT)[-1]
        session.get_one(Campaign, message.campaign_id).state = state
        session.flush()
        for part in parts(compose(session, message, now=at)):
            assert ("If you decide to sign again" in part) is promised


@pytest.mark.parametrize("kind", [MessageKind.INVITATION, MessageKind.CLOSING_NOTICE])
def test_signatures_are_counted_for_the_mail_that_says_how_many_and_for_no_other(
    database: Database, kind: MessageKind
) -> None:
    with database.transaction() as session:
        _bring_about(session, kind)
        message = the_messages(session, kind=kind)[-1]
        with mock.patch.object(signatures, "count_told", return_value=1) as count:
            compose(session, message)
    assert count.called is (kind is MessageKind.CLOSING_NOTICE)


def test_a_closing_notice_says_how_the_name_stands_how_many_signed_and_where_it_will_be(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One", "Two", "Three")
        sign(session, "One", credit_line="One, the first")
        sign(session, "Two")
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        notices = the_messages(session, kind=MessageKind.CLOSING_NOTICE)
        assert len(notices) == 2
        for part in parts(the_mail(session, "One", MessageKind.CLOSING_NOTICE)):
            assert "One, the first" in part
            assert "2 organizations have" in " ".join(part.split())
            assert f"{PUBLIC_URL}/s/visit" in part


def test_an_address_that_no_header_may_carry_is_refused(database: Database) -> None:
    with database.transaction() as session:
        message = launched_to(session)
        contact = session.get_one(Contact, message.contact_id)
        contact.email = "ada@one.example\r\nBcc: all@one.example"
        session.add(contact)
        session.flush()
        with pytest.raises(HeaderRefused):
            compose(session, message)


def test_names_cannot_bring_in_markup_or_headers(database: Database) -> None:
    with database.transaction() as session:
        message = launched_to(session)
        contact = session.get_one(Contact, message.contact_id)
        contact.name = '<b onmouseover="x()">Ada</b>'
        session.add(contact)
        session.flush()
        html = parts(compose(session, message))[1]
    assert "<b onmouseover" not in html
    assert "&lt;b onmouseover" in html
