"""Our own mails, read again."""

from html import unescape

from outreach.domain.message import MessageKind
from outreach.mail.prepared import PERSONAL
from outreach.mail.readable import read_mail
from tests.mail.test_prepared import HEADERS, PREPARED
from tests.mail.test_templates import CONTEXT, TEMPLATES

RAW = PREPARED.prepare(MessageKind.RECEIPT, CONTEXT).fill(
    [getattr(CONTEXT, name) for name in PERSONAL], HEADERS
)


def test_headers_are_read_as_people_do_in_their_order() -> None:
    mail = read_mail(RAW)
    assert mail.header("to") == "Jörg Müller <joerg@rights.example>"
    assert [name for name, _ in mail.headers][:3] == ["Date", "From", "To"]
    assert mail.header("X-Nowhere") == ""


def test_both_parts_are_as_they_were_rendered() -> None:
    mail = read_mail(RAW)
    rendered = TEMPLATES.render(MessageKind.RECEIPT, locale="en", context=CONTEXT)
    assert mail.text == rendered.text
    assert unescape(mail.html).rstrip("\n") == unescape(rendered.html).rstrip("\n")


def test_the_source_is_the_mail_itself() -> None:
    assert read_mail(RAW).source.replace("\n", "\r\n").encode() == RAW
