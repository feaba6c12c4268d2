"""One mail as it was sent, whatever has changed since; and never its whole links."""

import re
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from outreach.domain.errors import CampaignNotFound
from outreach.domain.message import RECEIPT_KINDS, MessageEvent, MessageKind
from outreach.domain.settlement import Decision
from outreach.ledger.note import LogKey
from outreach.links import LinkSigner, ShortenedLinks
from outreach.mail.templates import MailTemplates, email_template_folder
from outreach.services.compose_message import MessageComposer
from outreach.services.settle_mails import MailNotFound
from outreach.services.show_mail import MailWriter, ShownMail, Truth, show_mail
from outreach.store.database import Database
from outreach.store.suppressions import record_suppression
from outreach.store.tables import Campaign, Contact, DeliveryEvent, Message
from tests.factories import (
    NOW,
    a_launched_campaign,
    send_what_is_due,
    sign,
    the_link,
    the_messages,
)
from tests.keeping import keep
from tests.ledger.made import ANOTHER_KEY, KEY
from tests.sending import LINKS, PUBLIC_URL
from tests.services.test_keep_sent import a_message, change_everything
from tests.services.test_list_mails import five_fates

KEYS = ["a-key-for-tests-of-32-characters-"]
LATER = NOW + timedelta(days=3)


def a_writer(keys: list[str] = KEYS, *, ledger_key: LogKey | None = None) -> MailWriter:
    shortened = ShortenedLinks(keys)
    composer = MessageComposer(
        MailTemplates(email_template_folder()),
        shortened,
        sender="The Coalition <sign@coalition.example>",
        public_url=PUBLIC_URL,
        ledger_key=ledger_key,
    )
    return MailWriter(composer, LinkSigner(keys), shortened)


def shown(session: Session, message: Message, *, writer: MailWriter | None = None) -> ShownMail:
    assert message.id is not None
    return show_mail(session, writer or a_writer(), slug="visit", message_pk=message.id, now=LATER)


def _is_nowhere(token: str, found: ShownMail) -> bool:
    mail = found.copies[0].mail
    everything = [mail.text, mail.html, mail.source, *(value for _, value in mail.headers)]
    joined = [re.sub(r"=\n", "", one) for one in everything]
    return not any(token[8:40] in one for one in joined)


@pytest.mark.parametrize("kind", MessageKind)
def test_what_was_kept_is_shown_as_it_was_whatever_has_changed(
    database: Database, kind: MessageKind
) -> None:
    with database.transaction() as session:
        message = a_message(session, kind)
        keep(session, message)
        change_everything(session)
        (copy,) = shown(session, message).copies
    assert copy.truth is Truth.AS_SENT
    assert "Ada Example" in copy.mail.header("To")
    assert "Bob" not in copy.mail.source
    assert "One, renamed" not in copy.mail.text
    assert copy.mail.header("Message-ID") == f"<{message.message_id}>"


@pytest.mark.parametrize("kind", sorted(RECEIPT_KINDS))
def test_a_receipt_with_its_proof_is_shown_as_it_was(database: Database, kind: MessageKind) -> None:
    with database.transaction() as session:
        message = a_message(session, kind)
        body = keep(session, message, ledger_key=KEY)
        assert b"outreach-receipt.json" in body
        change_everything(session)
        (copy,) = shown(session, message, writer=a_writer(ledger_key=KEY)).copies
        assert copy.truth is Truth.AS_SENT
        assert "outreach-receipt.json" in copy.mail.source
        (copy,) = shown(session, message, writer=a_writer(ledger_key=ANOTHER_KEY)).copies
        assert copy.truth is Truth.KEPT


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("kind", MessageKind)
def test_no_personal_link_is_shown_whole_in_any_part(
    database: Database, kind: MessageKind, kept: bool
) -> None:
    with database.transaction() as session:
        message = a_message(session, kind)
        if kept:
            keep(session, message)
        link_id = the_link(session, "One").id
        found = shown(session, message)
    for purpose in ("answer", "unsubscribe"):
        assert _is_nowhere(LINKS.token(link_id, purpose=purpose), found)
    assert f"{PUBLIC_URL}/u/{LINKS.token(link_id, purpose='unsubscribe')[:6]}..." in (
        found.copies[0].mail.header("List-Unsubscribe")
    )


def test_the_shortened_link_stands_in_text_html_and_source(database: Database) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        keep(session, message)
        mail = shown(session, message).copies[0].mail
        start = LINKS.token(the_link(session, "One").id, purpose="answer")[:6]
    for part in (mail.text, mail.html, mail.source.replace("=\n", "")):
        assert f"/a/{start}..." in part


def test_what_was_sent_before_anything_was_kept_is_written_again_and_says_so(
    database: Database,
) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        send_what_is_due(session)
        (copy,) = shown(session, message).copies
    assert copy.truth is Truth.REWRITTEN
    assert copy.mail.header("Date") == "Wed, 04 Mar 2026 14:00:00 +0000"


def test_what_waits_is_shown_as_it_would_go(database: Database) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        (copy,) = shown(session, message).copies
    assert copy.truth is Truth.PLANNED
    assert copy.mail.header("Date") == "Sat, 07 Mar 2026 14:00:00 +0000"


def test_what_was_refused_before_its_body_has_never_gone_out(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        (copy,) = shown(session, the_messages(session, "Failed")[0]).copies
    assert copy.truth is Truth.PLANNED


def test_of_a_mail_sent_again_after_doubt_both_are_shown(database: Database) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        keep(session, message, event=MessageEvent.LAPSED_AFTER_DATA)
        keep(session, message, event=MessageEvent.DEFERRED, now=NOW + timedelta(days=1))
        keep(session, message, now=LATER)
        dates = [copy.mail.header("Date") for copy in shown(session, message).copies]
    assert dates == ["Wed, 04 Mar 2026 14:00:00 +0000", "Sat, 07 Mar 2026 14:00:00 +0000"]


def test_what_a_server_put_off_is_shown_where_nothing_else_went_out(database: Database) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        keep(session, message, event=MessageEvent.DEFERRED)
        keep(session, message, event=MessageEvent.DEFERRED, now=LATER)
        (copy,) = shown(session, message).copies
    assert copy.mail.header("Date") == "Sat, 07 Mar 2026 14:00:00 +0000"


def test_kept_parts_that_give_other_bytes_today_are_shown_and_say_so(database: Database) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        keep(session, message)
        row = session.exec(select(DeliveryEvent).where(col(DeliveryEvent.sent).is_not(None))).one()
        row.sent = str(row.sent).replace('"checksum":', '"checksum":9')
        session.flush()
        (copy,) = shown(session, message).copies
    assert copy.truth is Truth.KEPT


def test_after_new_keys_it_is_still_the_same_mail(database: Database) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        keep(session, message)
        writer = a_writer([*KEYS, "another-key-of-32-characters-now"])
        (copy,) = shown(session, message, writer=writer).copies
    assert copy.truth is Truth.AS_SENT


def test_what_cannot_be_written_any_more_has_its_story_and_no_copy(database: Database) -> None:
    with database.transaction() as session:
        message = a_message(session, MessageKind.INVITATION)
        link = the_link(session, "One")
        link.revoked_at = NOW
        contact = session.get_one(Contact, message.contact_id)
        contact.replaced_at = NOW
        session.flush()
        found = shown(session, message)
    assert found.copies == ()
    assert found.facts.replaced_at == NOW


def test_its_story_is_told_in_the_order_of_time(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        found = shown(session, the_messages(session, "Failed")[0])
    (event,) = found.events
    assert (event.event, event.code, event.words) == (
        MessageEvent.REJECTED,
        450,
        "550 no such user",
    )
    assert found.decisions == (Decision.AGAIN, Decision.DISMISSED)
    assert (found.facts.organization, found.facts.contact) == ("Failed", "Ada Example")


@pytest.mark.parametrize(("slug", "pk"), [("other", 1), ("visit", 999)])
def test_a_mail_that_is_not_the_campaigns_is_refused(
    database: Database, slug: str, pk: int
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, "One")
        a_launched_campaign(session, "Two", slug="other")
        assert session.get_one(Campaign, 2).slug == "other"
        with pytest.raises(MailNotFound):
            show_mail(session, a_writer(), slug=slug, message_pk=pk, now=NOW)
        with pytest.raises(CampaignNotFound):
            show_mail(session, a_writer(), slug="nowhere", message_pk=pk, now=NOW)


@pytest.mark.parametrize(
    ("organization", "hindrance"),
    [
        ("Failed", "the organization is signed"),
        ("Put off", "the address gets no mail: unsubscribed"),
        ("Sent", ""),
        ("Waiting", ""),
    ],
)
def test_why_it_cannot_go_is_told_of_what_waits_for_a_person(
    database: Database, organization: str, hindrance: str
) -> None:
    with database.transaction() as session:
        five_fates(session)
        sign(session, "Failed")
        suppressed = session.get_one(Contact, 3)
        record_suppression(session, suppressed.email_key, reason="unsubscribed", now=NOW)
        pk = the_messages(session, organization)[0].id or 0
        found = show_mail(session, a_writer(), slug="visit", message_pk=pk, now=NOW)
    assert found.hindrance == hindrance


def test_what_is_due_already_has_no_hindrance_to_tell_of(database: Database) -> None:
    with database.transaction() as session:
        five_fates(session)
        assert shown(session, the_messages(session, "Put off")[0]).hindrance == ""
