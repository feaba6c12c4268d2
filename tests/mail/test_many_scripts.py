"""A thousand mails in the world's scripts: as bytes, to parsers, over the wire, to DKIM."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from functools import cache
from html import unescape
from pathlib import Path
from random import Random
from unicodedata import normalize

import dkim
import pytest

from outreach.domain.message import MessageKind
from outreach.links import ANSWER, UNSUBSCRIBE
from outreach.partners.values import parse_name, parse_organization
from outreach.services.compose_message import ComposedMail
from outreach.statement.source import parse_statement
from outreach.store.database import Database
from outreach.store.outgoing import Outgoing
from tests.factories import NOW, STATEMENT
from tests.mail.outgoing import an_outgoing
from tests.mail.wire import receive
from tests.scripts import SCRIPTS, a_name
from tests.sending import LINKS, PUBLIC_URL, a_composer

MAILS = 1_000
_LANGUAGES = ("en", "ar", "bn", "bo", "de", "el", "fa", "he", "hi", "hy", "ja", "ka", "th", "zh")
_SIGNED = (
    *(b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"mime-version"),
    *(b"content-type", b"list-unsubscribe", b"list-unsubscribe-post"),
)
_CANONS = ((b"simple", b"simple"), (b"relaxed", b"relaxed"))


@cache
def the_mails() -> list[tuple[Outgoing, ComposedMail]]:
    """Each with the facts that it was made from; every kind in every script, a third of the
    names longer than 200 characters."""
    random, composer, made = Random(20260304), a_composer(), []  # noqa: S311 - the same names in each run
    kinds, scripts = list(MessageKind), list(SCRIPTS)
    for number in range(MAILS):
        if number % 4 == 0:  # a campaign of four mails
            wording = _wording(random, random.choice(scripts))
        script = scripts[number % len(scripts)]
        found = an_outgoing(
            kinds[number // 4 % len(kinds)],
            message_id=f"{number:05}@coalition.example",
            language=random.choice(_LANGUAGES),
            link_id=f"{random.getrandbits(144):024x}"[:24],
            contact_email=random.choice(("ada@hkw.example", "a.b+c@bücher.example")),
            **wording,
            **{name: _long_or_short(random, script) for name in _TYPED},
        )
        made.append((found, composer.compose(found, now=NOW)))
    return made


_TYPED = ("organization", "contact_name", "credit_line", "signer_name", "capacity")


def _wording(random: Random, script: str) -> dict[str, str]:
    return {
        "title": _long_or_short(random, script),
        "addressee": _long_or_short(random, script),
        "occasion": a_name(random, script),
        "asks": "\n".join(a_name(random, script) for _ in range(random.randrange(4))),
        "body": f"# {a_name(random, script)}\n\n{a_name(random, script, at_least=900)}\n",
    }


def _long_or_short(random: Random, script: str) -> str:
    return a_name(random, script, at_least=random.choice((1, 1, 201)))


@cache
def the_parts() -> list[tuple[Outgoing, str, str]]:
    """The facts, and the text and the HTML as the older parser decodes them."""
    return [(found, *_parts(message_from_bytes(mail.body))) for found, mail in the_mails()]


def _parts(message: Message) -> tuple[str, str]:
    parts = {part.get_content_type(): part.get_payload(decode=True) for part in message.walk()}
    assert list(parts) == ["multipart/alternative", "text/plain", "text/html"]
    text, html = parts["text/plain"], parts["text/html"]
    assert isinstance(text, bytes)
    assert isinstance(html, bytes)
    return text.decode("utf-8"), html.decode("utf-8")


def _decoded(value: str) -> str:
    """As RFC 2047 has it: the newer parser of Python 3.11 leaves blanks between words."""
    return str(make_header(decode_header(value)))


def _link(found: Outgoing, page: str, purpose: str) -> str:
    return f"{PUBLIC_URL}/{page}/{LINKS.token(found.link_id, purpose=purpose)}"


def test_there_are_as_many_as_promised_in_all_scripts_and_kinds() -> None:
    seen = {(found.kind, number % len(SCRIPTS)) for number, (found, _) in enumerate(the_mails())}
    assert len(the_mails()) == MAILS
    assert len(SCRIPTS) >= 15
    assert len(seen) == len(MessageKind) * len(SCRIPTS)
    assert sum(len(found.organization) > 200 for found, _ in the_mails()) > MAILS / 5


def test_what_comes_in_takes_every_script() -> None:
    for words in SCRIPTS.values():
        name = " ".join(words)
        assert parse_organization(name) == parse_name(name) == normalize("NFC", name)
        assert parse_statement(STATEMENT.replace("Joint statement", name)).title.startswith(name)


def test_lines_end_with_crlf_and_keep_within_their_limits() -> None:
    for _, mail in the_mails():
        assert mail.body.isascii()
        assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", mail.body)
        head, _, body = mail.body.partition(b"\r\n\r\n")
        assert max(map(len, head.split(b"\r\n"))) <= 998
        assert max(map(len, body.split(b"\r\n"))) <= 76


def test_every_header_stands_once_and_folds_where_it_may() -> None:
    for _, mail in the_mails():
        head = mail.body.partition(b"\r\n\r\n")[0]
        names = [line.partition(b":")[0].lower() for line in _unfolded(head)]
        assert len(names) == len(set(names))
        assert all(re.fullmatch(rb"[a-z-]+", name) for name in names)
        assert not re.search(rb"\r\n[ \t]*(\r\n|\Z)", head)  # no line of blanks alone


def _unfolded(head: bytes) -> list[bytes]:
    return re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n")


def test_the_unsubscribe_headers_are_raw_bytes_on_one_line() -> None:
    for found, mail in the_mails():
        lines = mail.body.partition(b"\r\n\r\n")[0].split(b"\r\n")
        (place,) = [at for at, line in enumerate(lines) if line.startswith(b"List-Unsubscribe:")]
        link = _link(found, "u", UNSUBSCRIBE).encode("ascii")
        assert lines[place] == b"List-Unsubscribe: <" + link + b">"
        assert lines[place + 1] == b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"
        assert lines[place + 2][:1] not in (b" ", b"\t")


@pytest.mark.parametrize("parser", [policy.default, policy.compat32], ids=["newer", "older"])
def test_no_parser_finds_a_defect(parser: policy.Policy) -> None:
    for _, mail in the_mails():
        message: Message = message_from_bytes(mail.body, policy=parser)
        for part in message.walk():
            assert not part.defects
            assert not [one for value in part.values() for one in getattr(value, "defects", ())]


def test_both_parts_carry_the_links_byte_for_byte() -> None:
    for found, text, html in the_parts():
        links = {_link(found, "a", ANSWER), _link(found, "u", UNSUBSCRIBE)}
        assert links <= set(text.splitlines())
        assert links <= set(re.findall(r'<a [^>]*href="([^"]*)"', html))


def test_names_arrive_in_the_headers_as_they_were_given() -> None:
    for found, mail in the_mails():
        older: Message = message_from_bytes(mail.body, policy=policy.compat32)
        ((name, address),) = getaddresses([str(older["To"])])
        assert _decoded(name) == found.contact_name
        assert address == found.contact_email.replace("bücher", "xn--bcher-kva") == mail.recipient
        assert _decoded(str(older["Subject"])).endswith(found.campaign.title)


def test_names_arrive_in_the_text_as_they_were_given() -> None:
    for found, text, _ in the_parts():
        for given in _told(found):
            assert given in text
        assert f"Dear {found.contact_name}," in text.splitlines()
        assert f"Sent for {found.organization} to {found.contact_email}" in text.splitlines()


def test_names_arrive_in_the_html_as_they_were_given() -> None:
    for found, _, html in the_parts():
        words = unescape(re.sub(r"<[^>]*>", " ", html))
        for given in (found.contact_name, *_told(found)):
            assert given in words


def _told(found: Outgoing) -> Iterator[str]:
    """What a mail of this kind says of the things that people typed."""
    yield from (found.organization, found.campaign.title, found.campaign.addressee)
    if found.kind in (MessageKind.RECEIPT, MessageKind.CLOSING_NOTICE):
        yield found.answer.credit_line
    if found.kind is MessageKind.RECEIPT:
        yield from (found.answer.signer_name, found.answer.capacity)
    if found.kind is MessageKind.INVITATION:
        yield from (found.campaign.occasion, *found.campaign.asks.splitlines())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_fifth_goes_over_the_wire_and_arrives_byte_for_byte(database: Database) -> None:
    sent = [mail.body for _, mail in the_mails()[::5]]
    assert [one.raw for one in receive(database, sent)] == sent


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_signature_over_the_unsubscribe_headers_survives_the_wire(database: Database) -> None:
    key, record = _key()

    def published(name: bytes, timeout: int = 5) -> bytes:
        return record

    signed = [
        _signature(mail.body, key, *_CANONS[number % 2]) + mail.body
        for number, (_, mail) in enumerate(the_mails()[:: MAILS // 50])
    ]
    for received in receive(database, signed):
        assert dkim.verify(received.raw, dnsfunc=published)
        for header in (b"List-Unsubscribe: <https", b"List-Unsubscribe-Post: List"):
            changed = received.raw.replace(header, header + b"x", 1)
            assert not dkim.verify(changed, dnsfunc=published)


def _signature(body: bytes, key: bytes, *canon: bytes) -> bytes:
    signed: bytes = dkim.sign(
        body,
        b"selector",
        b"coalition.example",
        key,
        canonicalize=canon,
        include_headers=list(_SIGNED),
    )
    return signed


def _key() -> tuple[bytes, bytes]:
    """A private key of these tests alone, and the record that publishes its other half."""
    private, public = Path(__file__).with_name("dkim.pem").read_bytes().split(b"\n-----BEGIN P")
    middle = b"".join(public.splitlines()[1:-1])
    return private + b"\n", b"v=DKIM1; k=rsa; p=" + middle
