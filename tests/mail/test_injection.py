"""Whatever a person types adds no header and no recipient: refused where it comes in, or harmless.

On Python 3.11.7 an encoded word with a line break, in a display name that the library wrote, came
out as a Bcc of its own; and what a name holds in quotes came out as addresses when a program that
read the mail wrote it anew. So all of it is read as both parsers read it, before and after that.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from email import message_from_bytes, policy, utils
from email.message import EmailMessage, Message
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from sqlmodel import Session, col, select

from outreach.domain.errors import FieldErrors, Refused
from outreach.domain.message import MessageKind
from outreach.mail.headers import HeaderRefused
from outreach.mail.templates import MailTemplates, email_template_folder
from outreach.partners.values import parse_email, parse_name, parse_organization
from outreach.services.compose_message import ComposedMail, MessageComposer
from outreach.settings import load_settings
from outreach.statement.source import parse_statement
from outreach.store.database import Database
from outreach.store.tables import Contact, Organization
from tests.factories import NOW, a_launched_campaign, sign
from tests.mail.outgoing import an_outgoing
from tests.mail.payloads import payloads
from tests.sending import LINKS, PUBLIC_URL, a_composer, a_delivery
from tests.smtp_server import running_smtp_server

PAYLOADS = payloads()
TEMPLATES = MailTemplates(email_template_folder())
COMPOSER = a_composer()
STATEMENT = {
    "title": "Joint statement",
    "addressee": "Jane Doe",
    "occasion": "a visit",
    "occasion_date": "2026-04-24",
    "reply_to": "coordinator@coalition.example",
}
WORDS = ("organization", "contact_name", "title", "addressee", "occasion", "credit_line",
         "signer_name", "capacity")  # fmt: skip
# Servers and filters stop at a NUL, or take one for another thing.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n")
_PEOPLE = ("From", "Sender", "To", "Cc", "Bcc", "Reply-To")
_REWRITING = (policy.default, policy.compat32)
_CAN_BE_STRICT = getattr(utils, "supports_strict_parsing", False)
_STRICTNESS: list[dict[str, Any]] = (
    [{"strict": True}, {"strict": False}] if _CAN_BE_STRICT else [{}]
)

Reading = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]


def compose(field: str = "", value: str = "") -> ComposedMail:
    """A receipt, which names all that is typed, or, as it names the occasion, an invitation."""
    kind = MessageKind.INVITATION if field == "occasion" else MessageKind.RECEIPT
    if field == "mail_from":
        sending = MessageComposer(TEMPLATES, LINKS, sender=value, public_url=PUBLIC_URL)
        return sending.compose(an_outgoing(kind), now=NOW)
    return COMPOSER.compose(an_outgoing(kind, **({field: value} if field else {})), now=NOW)


def readings(mail: bytes) -> tuple[Reading, ...]:
    """The header's names and its addresses, as each parser has them: as the mail came, and as
    programs that have read it write it anew."""
    return _readings(mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")


@cache
def _readings(head: bytes) -> tuple[Reading, ...]:
    anew = [message_from_bytes(head, policy=one).as_bytes() for one in _REWRITING]
    return tuple(reading for raw in (head, *anew) for reading in _read(raw))


def _read(raw: bytes) -> Iterator[Reading]:
    newer = message_from_bytes(raw, policy=policy.default)
    assert isinstance(newer, EmailMessage)
    yield tuple(newer.keys()), tuple(_newer_addresses(newer, name) for name in _PEOPLE)
    older: Message = message_from_bytes(raw, policy=policy.compat32)
    for strict in _STRICTNESS:
        found = [
            utils.getaddresses([str(value) for value in older.get_all(name, [])], **strict)
            for name in _PEOPLE
        ]
        yield tuple(older.keys()), tuple(tuple(address for _, address in one) for one in found)


def _newer_addresses(message: EmailMessage, name: str) -> tuple[str, ...]:
    values = message.get_all(name, [])
    return tuple(one.addr_spec for value in values for one in value.addresses)


def is_harmless(mail: ComposedMail, *, plain: ComposedMail) -> bool:
    """Whether all readings, the parts and the envelope are those of the plain one."""
    if _CONTROL.search(mail.body):
        return False
    fences = mail.body.count(b"\r\n--=_") == plain.body.count(b"\r\n--=_")
    envelope = (mail.sender, mail.recipient) == (plain.sender, plain.recipient)
    return fences and envelope and readings(mail.body) == readings(plain.body)


def is_one_address(mail: ComposedMail, value: str) -> bool:
    """Whether it differs from any other mail at most in one address, which is the one typed."""
    if _CONTROL.search(mail.body):
        return False
    usual, found = readings(compose().body), readings(mail.body)
    if [names for names, _ in found] != [names for names, _ in usual]:
        return False
    if {people for _, people in found} != {found[0][1]}:
        return False
    sender, on_behalf, recipient, copied, hidden, reply_to = found[0][1]
    if (sender, recipient) != ((mail.sender,), (mail.recipient,)) or len(reply_to) != 1:
        return False
    new = {*sender, *recipient, *reply_to} - {one for people in usual[0][1] for one in people}
    return not (on_behalf or copied or hidden) and all(one in value for one in new)


def around_an_address(*, bare: bool) -> list[str]:
    """Where in a mailbox, or in a bare address, somebody could put each of them."""
    own = "sign@coalition.example"
    places = ["{0} <" + own + ">", '"{0}" <' + own + ">", "<" + own + "> ({0})"]
    if bare:
        places += ["{0}", own + "{0}", "{0}@coalition.example", "ada+{0}@coalition.example"]
    return [
        place.format(payload)
        for number, payload in enumerate(PAYLOADS)
        for place in (places[number % len(places)], places[(number + 3) % len(places)])
    ]


def test_there_are_two_hundred() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 200


@pytest.mark.parametrize("field", WORDS)
def test_no_words_add_a_header_or_a_recipient(field: str) -> None:
    """Past every check: as if the database held them."""
    plain = compose("occasion", "a visit") if field == "occasion" else compose()
    assert [one for one in PAYLOADS if not is_harmless(compose(field, one), plain=plain)] == []


@pytest.mark.parametrize("field", ["contact_email", "reply_to", "mail_from"])
def test_an_address_is_one_address_or_is_refused(field: str) -> None:
    """Past every check: as if the database held them."""
    refused, broken = [], []
    for value in around_an_address(bare=field == "contact_email"):
        try:
            mail = compose(field, value)
        except HeaderRefused as error:
            refused.append(error)
        else:
            broken += [] if is_one_address(mail, value) else [value]
    assert broken == []
    assert {error.field for error in refused} <= {"From", "To", "Reply-To"}
    assert len(refused) > len(PAYLOADS) / 2


def _stated(name: str, value: str) -> str:
    front = yaml.safe_dump({**STATEMENT, name: value}, allow_unicode=True, width=10_000)
    front = front.replace("'2026-04-24'", "2026-04-24")
    return str(getattr(parse_statement(f"---\n{front}---\nText.\n"), name))


EDGES: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "organization": parse_organization,
        "contact_name": parse_name,
        "contact_email": parse_email,
        **{name: partial(_stated, name) for name in STATEMENT if name != "occasion_date"},
    }
)


@pytest.mark.parametrize("field", EDGES)
def test_what_a_file_brings_is_refused_in_words_or_is_harmless(field: str) -> None:
    plain = compose("occasion", "a visit") if field == "occasion" else compose()
    taken, refused = let_in(
        EDGES[field], PAYLOADS if field in WORDS else around_an_address(bare=True)
    )
    for value in taken:
        mail = compose(field, value)
        good = is_harmless(mail, plain=plain) if field in WORDS else is_one_address(mail, value)
        assert good, value
    assert all(len(words.split()) > 3 for words in refused)
    assert refused
    assert taken or field not in WORDS


def let_in(edge: Callable[[str], str], values: list[str]) -> tuple[list[str], list[str]]:
    """What it takes, as it takes it, and its words about all else."""
    taken, refused = [], []
    for value in values:
        try:
            taken.append(edge(value))
        except Refused as error:
            refused.append(str(error))
    return taken, refused


def test_what_the_setting_of_the_sender_brings_is_refused_in_words_or_is_harmless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read from a file, since no environment variable can hold a NUL."""
    file = tmp_path / "mail_from"
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))
    monkeypatch.setenv("MAIL_FROM_FILE", str(file))

    def setting(value: str) -> str:
        file.write_bytes(value.encode())
        return load_settings().sender

    taken, refused = let_in(setting, around_an_address(bare=False))
    for value in taken:
        assert is_one_address(compose("mail_from", value), value), value
    assert all(words.startswith("MAIL_FROM=") and words.isprintable() for words in refused)
    assert taken
    assert refused


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_signers_type_reaches_nobody_else(database: Database) -> None:
    """Through the form to the server: one receipt for each, to its own contact."""
    typed = PAYLOADS[::3]
    with database.transaction() as session:
        a_launched_campaign(session, *(f"O{number}" for number in range(len(typed))))
        words = [_sign(session, number, one) for number, one in enumerate(typed)]
        addresses = _rename(session, typed)
    with running_smtp_server() as server:
        a_delivery(database, server).deliver_due()
    assert Counter(server.recipients) == Counter(addresses)
    assert {mail.sender for mail in server.received} == {"sign@coalition.example"}
    for mail in server.received:
        for names, people in readings(mail.raw):
            assert {*names} == {*readings(compose().body)[0][0]}
            assert people == (
                *((mail.sender,), (), tuple(mail.recipients)),
                *((), (), ("coordinator@coalition.example",)),
            )
    assert {bool(one) for one in words} == {True, False}


def _sign(session: Session, number: int, typed: str) -> dict[str, str]:
    """What the form says where it refuses."""
    try:
        with session.begin_nested():
            sign(
                session,
                f"O{number}",
                credit_line=typed,
                sort_name=typed,
                signer_name=typed,
                capacity=typed,
            )
    except FieldErrors as refused:
        return dict(refused.errors)
    return {}


def _rename(session: Session, typed: list[str]) -> list[str]:
    """As if no import had looked at the names. Returns the addresses."""
    query = select(Organization, Contact).where(col(Contact.organization_id) == Organization.id)
    rows = session.exec(query.order_by(col(Organization.id))).all()
    for (organization, contact), name in zip(rows, typed, strict=True):
        organization.name, contact.name = name, name
    return [contact.email for _, contact in rows]
