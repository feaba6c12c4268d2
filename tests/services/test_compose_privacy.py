"""A signer's mails say who may see the name, and one signer's choice never another's."""

from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlmodel import Session

from outreach.domain.message import MessageKind
from outreach.services.close_campaign import close_campaign
from outreach.store.database import Database
from outreach.store.outgoing import load_outgoing
from outreach.store.tables import Message
from tests.factories import DEADLINE, DOMAIN, NOW, a_launched_campaign, sign, the_messages
from tests.recording import confirm, record
from tests.sending import a_composer

SIGNED = {"One": "public", "Two": "counted", "Three": "addressee"}
COMPOSER = a_composer()
NOT_NAMED = "The public list does not name you."


def _parts(session: Session, messages: Sequence[Message]) -> dict[str, list[str]]:
    """Each organization's mail as text and as HTML, all written by one composer."""
    found = load_outgoing(session, [one.id for one in messages if one.id is not None])
    mails = {one.organization: COMPOSER.compose(one, now=NOW).body for one in found.values()}
    return {name: _read(body) for name, body in mails.items()}


def _read(body: bytes) -> list[str]:
    mail = message_from_bytes(body, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    found = [mail.get_body(("plain",)), mail.get_body(("html",))]
    read = [" ".join(str(one.get_content()).split()) for one in found if one is not None]
    return [text.replace("<bdi>", "").replace("</bdi>", "") for text in read]


def _signed(session: Session) -> None:
    a_launched_campaign(session, *SIGNED)
    for name, privacy in SIGNED.items():
        sign(session, name, privacy=privacy)


def _recorded(session: Session) -> None:
    a_launched_campaign(session, *SIGNED)
    for name, privacy in SIGNED.items():
        record(session, name, privacy=privacy)
        confirm(session, name)


@pytest.mark.parametrize("by_hand", [False, True], ids=["by link", "by hand"])
def test_a_receipt_says_what_was_chosen(database: Database, by_hand: bool) -> None:
    with database.transaction() as session:
        if by_hand:
            _recorded(session)
        else:
            _signed(session)
        kind = MessageKind.RECORDED_RECEIPT if by_hand else MessageKind.RECEIPT
        mails = _parts(session, the_messages(session, kind=kind))
    printed, counted = "The name will be printed exactly like this:", "counted without your name"
    shown = "The name is shown to Secretary of State Jane Doe only"
    own = {"One": printed, "Two": counted, "Three": shown}
    for name, words in own.items():
        for part in mails[name]:
            assert [one for one in own.values() if one in part] == [words]
    assert NOT_NAMED not in mails["One"][1]
    assert NOT_NAMED in mails["Two"][1]
    assert NOT_NAMED in mails["Three"][1]


@pytest.mark.parametrize("part", [0, 1], ids=["text", "html"])
def test_a_closing_notice_says_how_it_stands(database: Database, part: int) -> None:
    with database.transaction() as session:
        _signed(session)
        close_campaign(session, slug="visit", mail_domain=DOMAIN, now=DEADLINE)
        mails = _parts(session, the_messages(session, kind=MessageKind.CLOSING_NOTICE))
    assert "One is on the list as:" in mails["One"][part]
    assert "Two is counted without its name." in mails["Two"][part]
    assert "on the list as" not in mails["Two"][part]
    assert "Three is not named in the public list, and shown to" in mails["Three"][part]
    assert all("3 organizations have" in one[part] for one in mails.values())
