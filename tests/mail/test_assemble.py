"""A whole message: parsed back without a defect, and looked at byte by byte."""

from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest

from outreach.mail.assemble import MailHeaders, assemble
from outreach.mail.headers import HeaderRefused, NeedsSmtpUtf8
from outreach.mail.templates import RenderedMail

MAIL = RenderedMail(
    subject="Invitation to sign: Erklärung zum Besuch",
    text="Liebe Anna,\n\n.\nFrom here on 台灣 བོད་ and a line " + "that is long " * 40 + "\nend \n",
    html="<!DOCTYPE html><html><body><p>Liebe Anna 🙂 " + "x" * 2000 + "</p></body></html>\n",
)
HEADERS = MailHeaders(
    sender="Bündnis für Rechte <sign@coalition.example>",
    recipient_name="Müller, Jörg",
    recipient_address="jm@example.org",
    reply_to="anna@coalition.example",
    message_id="m.42@coalition.example",
    unsubscribe_url="https://sign.coalition.example/u/" + "t" * 300,
    date=datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
    language="de",
    in_reply_to="m.7@coalition.example",
)


def parse(raw: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(raw)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert not part.defects
        for value in part.values():
            assert not getattr(value, "defects", ())
    return message


def words(part: EmailMessage) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def test_both_parts_arrive_whole_and_in_order() -> None:
    message = parse(assemble(MAIL, HEADERS))
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert words(text) == MAIL.text
    assert words(html) == MAIL.html
    assert text.get_content_charset() == html.get_content_charset() == "utf-8"


def test_the_headers_say_who_what_and_in_which_thread() -> None:
    message = parse(assemble(MAIL, HEADERS))
    assert message["From"].addresses[0].display_name == "Bündnis für Rechte"
    assert message["From"].addresses[0].addr_spec == "sign@coalition.example"
    assert message["To"].addresses[0].display_name == "Müller, Jörg"
    assert message["To"].addresses[0].addr_spec == "jm@example.org"
    assert message["Reply-To"].addresses[0].addr_spec == "anna@coalition.example"
    assert message["Subject"] == MAIL.subject
    assert message["Date"].datetime == HEADERS.date
    assert message["Message-ID"] == "<m.42@coalition.example>"
    assert message["In-Reply-To"] == message["References"] == "<m.7@coalition.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "de"
    assert message["MIME-Version"] == "1.0"
    assert len(message.keys()) == len(set(message.keys()))


def test_the_unsubscribe_headers_are_raw_bytes_on_one_line() -> None:
    raw = assemble(MAIL, HEADERS)
    url = HEADERS.unsubscribe_url.encode()
    assert b"\r\nList-Unsubscribe: <" + url + b">\r\n" in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_lines_end_with_crlf_and_keep_within_their_limits() -> None:
    raw = assemble(MAIL, HEADERS)
    assert raw.isascii()
    assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
    head, _, body = raw.partition(b"\r\n\r\n")
    assert max(len(line) for line in head.split(b"\r\n")) <= 998
    assert max(len(line) for line in body.split(b"\r\n")) <= 76


def test_the_same_row_gives_the_same_bytes() -> None:
    assert assemble(MAIL, HEADERS) == assemble(MAIL, replace(HEADERS))
    other = assemble(MAIL, replace(HEADERS, message_id="m.43@coalition.example"))
    boundary = parse(assemble(MAIL, HEADERS)).get_boundary()
    assert boundary is not None
    assert boundary.encode() not in other


def test_a_body_cannot_close_its_own_part() -> None:
    boundary = parse(assemble(MAIL, HEADERS)).get_boundary()
    hostile = replace(
        MAIL, text=f"--{boundary}--\n\n--{boundary}\nContent-Type: text/html\n\nevil\n"
    )
    text = next(iter(parse(assemble(hostile, HEADERS)).iter_parts()))
    assert isinstance(text, EmailMessage)
    assert words(text) == hostile.text


def test_what_is_empty_is_left_out() -> None:
    bare = replace(HEADERS, in_reply_to="", unsubscribe_url="", reply_to="", recipient_name="")
    message = parse(assemble(MAIL, bare))
    absent = {"In-Reply-To", "References", "List-Unsubscribe", "List-Unsubscribe-Post", "Reply-To"}
    assert not absent & set(message.keys())
    assert str(message["To"]) == "jm@example.org"


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient_address": "a@example.org\r\nBcc: b@example.org"},
        {"reply_to": "a@example.org\nBcc: b@example.org"},
        {"reply_to": "a@example.org, b@example.org"},
        {"sender": "X <a@example.org>\u2028"},
        {"message_id": "a@b\r\nBcc: c@example.org"},
        {"in_reply_to": "a@b\nBcc: c@example.org"},
        {"unsubscribe_url": "https://a.example/\r\nBcc: c@example.org"},
    ],
)
def test_a_header_that_breaks_out_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(HeaderRefused):
        assemble(MAIL, replace(HEADERS, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "evil", ["X\r\nBcc: e@example.org", "X =?utf-8?q?a=0ABcc=3A_e=40example.org?="]
)
def test_no_name_or_subject_can_add_a_recipient(evil: str) -> None:
    headers = replace(
        HEADERS, recipient_name=evil, sender="=?utf-8?q?a=0ABcc=3A_e?= <s@example.org>"
    )
    raw = assemble(replace(MAIL, subject=evil), headers)
    assert "Bcc" not in parse(raw)
    assert b"\nBcc" not in raw
    assert [one.addr_spec for one in parse(raw)["To"].addresses] == ["jm@example.org"]


def test_a_recipient_that_needs_smtputf8_stands_as_it_is_and_nobody_else_may() -> None:
    raw = assemble(MAIL, replace(HEADERS, recipient_address="jörg@example.org"))
    assert "<jörg@example.org>\r\n".encode() in raw
    with pytest.raises(NeedsSmtpUtf8, match="SMTPUTF8"):
        assemble(MAIL, replace(HEADERS, reply_to="jörg@example.org"))
