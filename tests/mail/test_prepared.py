"""A prepared mail is the same mail: compared with the slow way, part by part."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.domain.message import MessageKind
from outreach.mail.assemble import Attachment, MailHeaders, assemble
from outreach.mail.data import WholeLines, stuffed
from outreach.mail.headers import HeaderRefused
from outreach.mail.prepared import PERSONAL, PreparedMails
from outreach.mail.templates import MailContext
from tests.mail.test_templates import CONTEXT, TEMPLATES

HEADERS = MailHeaders(
    sender="The Coalition <sign@coalition.example>",
    recipient_name="Jörg Müller",
    recipient_address="joerg@rights.example",
    reply_to="anna@coalition.example",
    message_id="0123abcd@coalition.example",
    unsubscribe_url="https://sign.coalition.example/u/" + "t" * 300,
    date=datetime(2026, 4, 1, 9, 0, tzinfo=UTC),
    language="en",
)
# What a person can have typed: any script, quotes and markup, soft-break traps, dots, blanks.
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=90
) | st.sampled_from(
    ["", " ", ".", "=", "a ", " b", "=20", "--", "x" * 75, "x" * 76, "é" * 40, "<b>&amp;"]
)  # fmt: skip


def _parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    assert not part.defects
    return unescape(str(part.get_content())).rstrip("\r\n")  # &#34; and " are one in HTML


def _check_same(kind: MessageKind, context: MailContext) -> None:
    rendered = TEMPLATES.render(kind, locale="en", context=context)
    slow = _parsed(assemble(rendered, HEADERS))
    raw = PREPARED.prepare(kind, context).fill(
        [getattr(context, name) for name in PERSONAL], HEADERS
    )
    fast = _parsed(raw)
    assert {name: str(value) for name, value in fast.items()} == {
        name: str(value) for name, value in slow.items()
    }
    assert len(fast.items()) == len(slow.items())
    for part in ("plain", "html"):
        assert _part(fast, part) == _part(slow, part)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    head, _, body = raw.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert isinstance(raw, WholeLines)
    assert stuffed(bytes(raw)) == stuffed(raw) == raw + b".\r\n"  # no dot would be doubled


PREPARED = PreparedMails(TEMPLATES)


def _prepared(kind: MessageKind, context: MailContext, headers: MailHeaders = HEADERS) -> bytes:
    return PREPARED.prepare(kind, context).fill(_personal(context), headers)


def _personal(context: MailContext) -> list[str]:
    return [getattr(context, name) for name in PERSONAL]


@pytest.mark.parametrize("kind", MessageKind)
def test_a_prepared_mail_reads_as_the_slow_one(kind: MessageKind) -> None:
    _check_same(kind, CONTEXT)


@pytest.mark.parametrize(("kind", "name"), list(product(MessageKind, PERSONAL)))
def test_an_empty_value_is_another_variant(kind: MessageKind, name: str) -> None:
    _check_same(kind, replace(CONTEXT, **{name: ""}))  # type: ignore[arg-type]


FREE = [name for name in PERSONAL if "link" not in name]


@given(kind=st.sampled_from(MessageKind), values=st.tuples(*[WORDS] * len(FREE)))
def test_whatever_a_person_types_reads_the_same(kind: MessageKind, values: tuple[str, ...]) -> None:
    given_values = {
        name: value.replace("\ue000", "").replace("\ue001", "")
        for name, value in zip(FREE, values, strict=True)
    }
    _check_same(kind, replace(CONTEXT, **given_values))  # type: ignore[arg-type]


def test_a_name_that_imitates_a_mark_fills_nothing_in() -> None:
    context = replace(CONTEXT, organization="\ue0003\ue001")
    raw = _prepared(MessageKind.INVITATION, context)
    usual = _prepared(MessageKind.INVITATION, CONTEXT)
    assert raw.count(CONTEXT.link.encode()) == usual.count(CONTEXT.link.encode())
    assert "\ue000".encode() not in raw
    assert b"=EE=80=80" not in raw


def test_a_variant_is_rendered_once_and_serves_whoever_differs_in_what_is_personal() -> None:
    """Filled with another's values it is to the byte what is prepared for that other."""
    first = PREPARED.prepare(MessageKind.INVITATION, CONTEXT)
    for number in range(50):
        context = replace(
            CONTEXT,
            organization=f"Organization {number}",
            contact_name="陳志明" if number % 2 else "Ada",
            link=f"https://sign.coalition.example/a/{number}",
        )
        assert first.fill(_personal(context), HEADERS) == _prepared(MessageKind.INVITATION, context)


def test_preparing_renders_once_and_filling_never(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered, render = [], TEMPLATES.render

    def counted(kind: MessageKind, *, locale: str, context: MailContext) -> object:
        rendered.append(kind)
        return render(kind, locale=locale, context=context)

    monkeypatch.setattr(TEMPLATES, "render", counted)
    prepared = PREPARED.prepare(MessageKind.INVITATION, CONTEXT)
    for _ in range(50):
        prepared.fill(_personal(CONTEXT), HEADERS)
    assert len(rendered) == 1


def test_what_no_header_may_carry_is_refused_as_ever() -> None:
    headers = replace(HEADERS, recipient_address="a@b.example\r\nBcc: x@y.example")
    with pytest.raises(HeaderRefused):
        _prepared(MessageKind.INVITATION, CONTEXT, headers)


@pytest.mark.parametrize("content", [b"", b"{}", b"{" + b"x" * 5_000 + b"}\n", b"\x00\r\n--=_"])
def test_a_file_goes_beside_the_same_letter(content: bytes) -> None:
    attachment = Attachment("proof.json", content)
    rendered = TEMPLATES.render(MessageKind.RECEIPT, locale="en", context=CONTEXT)
    slow = _parsed(assemble(rendered, HEADERS, attachment=attachment))
    raw = PREPARED.prepare(MessageKind.RECEIPT, CONTEXT).fill(
        _personal(CONTEXT), HEADERS, attachment=attachment
    )
    fast = _parsed(raw)
    assert fast.get_content_type() == slow.get_content_type() == "multipart/mixed"
    assert {name: str(value) for name, value in fast.items()} == {
        name: str(value) for name, value in slow.items()
    }
    for part in ("plain", "html"):
        assert _part(fast, part) == _part(slow, part)
    for mail in (fast, slow):
        (file,) = mail.iter_attachments()
        assert not file.defects
        assert file.get_content_type() == "application/json"
        assert file.get_filename() == "proof.json"
        assert file.get_payload(decode=True) == content
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_the_same_row_gives_the_same_bytes() -> None:
    first = _prepared(MessageKind.RECEIPT, CONTEXT)
    other = PreparedMails(TEMPLATES).prepare(MessageKind.RECEIPT, CONTEXT)
    assert first == other.fill(_personal(CONTEXT), HEADERS)
