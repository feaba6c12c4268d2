"""The receipt that is mailed and the one on the page are the same file, and hold."""

from email import message_from_bytes, policy

import pytest
from sqlmodel import Session

from outreach.domain.message import MessageKind
from outreach.ledger.export import check_ledger, write_ledger
from outreach.ledger.receipt import FILE_NAME, check_receipt
from outreach.mail.templates import MailTemplates, email_template_folder
from outreach.services.compose_message import MessageComposer
from outreach.services.export_ledger import read_ledger_file
from outreach.services.give_receipt import NoReceipt, give_receipt
from outreach.store.database import Database
from outreach.store.outgoing import load_outgoing
from tests.factories import (
    NOW,
    a_launched_campaign,
    decline,
    sign,
    the_link,
    the_messages,
    withdraw,
)
from tests.ledger.made import KEY
from tests.sending import LINKS, PUBLIC_URL

NAME = "Hong Kong Watch"
COMPOSER = MessageComposer(
    MailTemplates(email_template_folder()),
    LINKS,
    sender="The Coalition <sign@coalition.example>",
    public_url=PUBLIC_URL,
    ledger_key=KEY,
)


def the_mail(session: Session, kind: MessageKind, organization: str = NAME) -> bytes:
    message = the_messages(session, organization, kind=kind)[-1]
    assert message.id is not None
    (found,) = load_outgoing(session, [message.id]).values()
    return COMPOSER.compose(found, now=NOW).body


def attached(raw: bytes) -> list[tuple[str | None, str]]:
    message = message_from_bytes(raw, policy=policy.default)
    return [(one.get_filename(), one.get_content().decode()) for one in message.iter_attachments()]


def give(session: Session, organization: str = NAME) -> str:
    link = the_link(session, organization).id
    return give_receipt(session, link_id=link, key=KEY, now=NOW).text


def test_a_signers_receipt_brings_its_proof_as_a_file(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME, "Other")
        sign(session, "Other")
        sign(session, NAME)
        ((name, text),) = attached(the_mail(session, MessageKind.RECEIPT))
        assert name == FILE_NAME
        assert text == give(session)
        checked = check_receipt(text)
        assert checked.event.kind == "signed"
        assert checked.key.public == KEY.public
        assert {one.field: one.value for one in checked.openings}["credit_line"] == NAME
        assert "Other" not in text
        file = read_ledger_file(session, slug="visit", key=KEY, with_openings=False)
        assert check_ledger(write_ledger(file), outside=[text]).outside == (2,)


@pytest.mark.parametrize(
    ("act", "kind"),
    [(decline, MessageKind.DECLINE_RECEIPT), (withdraw, MessageKind.WITHDRAWAL_RECEIPT)],
)
def test_every_other_answers_receipt_does_too(
    database: Database, act: object, kind: MessageKind
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        if act is withdraw:
            sign(session, NAME)
        act(session, NAME)  # type: ignore[operator]
        ((_, text),) = attached(the_mail(session, kind))
        assert text == give(session)
        assert check_receipt(text).event.kind in ("declined", "withdrawn")


def test_what_asks_brings_no_file_and_nobody_has_a_receipt_before_an_answer(
    database: Database,
) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        assert attached(the_mail(session, MessageKind.INVITATION)) == []
        with pytest.raises(NoReceipt):
            give(session)


def test_a_mail_that_is_written_again_is_the_same_to_the_byte(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME, "Other")
        sign(session, NAME)
        first = the_mail(session, MessageKind.RECEIPT)
        sign(session, "Other")  # the ledger has grown
        assert the_mail(session, MessageKind.RECEIPT) == first
