"""The header guard, checked by the standard library's own parser and by raw bytes."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.mail import headers as headers_module
from outreach.mail.headers import (
    HeaderRefused,
    NeedsSmtpUtf8,
    date_line,
    language_lines,
    mailbox_line,
    message_id_line,
    one_line,
    require_address,
    require_recipient,
    require_url,
    split_mailbox,
    text_line,
    unsubscribe_lines,
)

BREAKS = ["\r\n", "\n", "\r", "\0", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]
NAMES = [
    "Anna Example",
    "Example, Anna (Chair)",
    'Anna "Annie" \\ Example',
    "José García",
    "Müller, Jörg",
    "达赖喇嘛 办公室",
    "منظمة العفو الدولية",
    "བོད་ཀྱི་གཞོན་ནུ་ལྷན་ཚོགས་" * 4,
    "🙂 Emoji 👩‍👩‍👧",
    "A plain name that is far too long to stand on one single line of a header " * 3,
    "x" * 400,
    "a@b.example <evil@example.org>",
    "Group: one, two;",
]


def parsed(*lines: str) -> EmailMessage:
    raw = "\r\n".join([*lines, "", ""]).encode("ascii")
    message = BytesParser(policy=policy.default).parsebytes(raw)
    assert isinstance(message, EmailMessage)
    for value in message.values():
        assert not value.defects
    return message


def shown_name(line: str) -> str:
    """The name as RFC 2047 decodes it: Python 3.11's newer parser leaves spaces between words."""
    ((phrase, _),) = getaddresses([line.partition(": ")[2].replace("\r\n", "")])
    return str(make_header(decode_header(phrase)))


def longest_line(header: str) -> int:
    return max(len(line) for line in header.split("\r\n"))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_as_it_was_written_and_its_address_is_never_encoded(name: str) -> None:
    line = mailbox_line("To", display=name, address="contact@example.org")
    assert line.endswith("<contact@example.org>")
    (address,) = parsed(line)["To"].addresses
    assert address.addr_spec == "contact@example.org"
    assert shown_name(line) == name.strip()
    assert longest_line(line) <= 78


@pytest.mark.parametrize("length", [71, 72, 73, 74, 150])
def test_beside_an_address_that_fills_a_line_there_is_no_name(length: int) -> None:
    """A program that wrote the line anew could make recipients of the name."""
    address = "a@" + ("long-label." * 20)[: length - 10] + ".example"
    line = mailbox_line("To", display="X, evil@example.org, Y", address=address)
    assert len(address) == length
    anew = BytesParser(policy=policy.default).parsebytes(parsed(line).as_bytes())
    assert [one.addr_spec for one in anew["To"].addresses] == [address]
    assert ("X, evil" in line) is (length <= 73)


def test_without_a_name_the_address_stands_alone() -> None:
    assert mailbox_line("To", display=" \n", address="a@example.org") == "To: a@example.org"


@pytest.mark.parametrize("broken", BREAKS)
def test_a_line_break_in_a_name_cannot_begin_a_header(broken: str) -> None:
    name = f"Anna{broken}Bcc: evil@example.org"
    message = parsed(mailbox_line("To", display=name, address="a@example.org"))
    assert message.keys() == ["To"]
    assert message["To"].addresses[0].display_name == "Anna Bcc: evil@example.org"


@pytest.mark.parametrize(
    "encoding", ["q?a=0ABcc=3A_evil=40example.org", "b?YQpCY2M6IGV2aWxAZS5vcmc="]
)
def test_an_encoded_line_break_in_a_name_cannot_begin_a_header(encoding: str) -> None:
    """On Python 3.11.7 this very name, set by the library, came out as a real Bcc."""
    line = mailbox_line("To", display=f"X =?utf-8?{encoding}?=", address="a@example.org")
    assert "\n" not in line.replace("\r\n ", "")
    assert "=?" not in line
    message = parsed(line)
    assert message.keys() == ["To"]
    again = BytesParser(policy=policy.default).parsebytes(message.as_bytes())
    assert again.keys() == ["To"]


@pytest.mark.parametrize("broken", BREAKS)
def test_a_line_break_in_a_subject_becomes_a_space(broken: str) -> None:
    message = parsed(text_line("Subject", f"Sign{broken}Bcc: evil@example.org"))
    assert dict(message.items()) == {"Subject": "Sign Bcc: evil@example.org"}


@pytest.mark.parametrize(
    "subject", ["Short", "Reminder: Ü", "安" * 200, "word " * 60, "y" * 1500, ""]
)
def test_a_subject_of_any_length_is_folded_and_arrives_whole(subject: str) -> None:
    line = text_line("Subject", subject)
    assert longest_line(line) <= 78
    assert parsed(line)["Subject"] == subject.strip()


def test_direction_overrides_and_lone_surrogates_never_reach_a_header() -> None:
    assert one_line("a\u202egro.elpmaxe\u2069 \udc80b") == "agro.elpmaxe b"


@pytest.mark.parametrize("broken", [*BREAKS, " ", ",", "\t"])
def test_an_address_with_a_break_or_separator_is_refused(broken: str) -> None:
    with pytest.raises(HeaderRefused, match=r"^To: "):
        require_address(f"a@example.org{broken}b@example.org", field="To")
    with pytest.raises(HeaderRefused):
        split_mailbox(f"Anna <a@example.org>{broken}b@example.org", field="Reply-To")


@pytest.mark.parametrize(
    "address", ["", "anna", "a@", "@example.org", "a@b@example.org", "<a@b.example>"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(HeaderRefused):
        require_address(address, field="To")


def test_a_refusal_does_not_repeat_the_address() -> None:
    with pytest.raises(HeaderRefused) as refused:
        require_address("secret.person@example.org\nBcc: x@example.org", field="To")
    assert "secret" not in str(refused.value)


def test_an_international_domain_goes_as_punycode() -> None:
    assert require_address("a@bücher.example", field="To") == "a@xn--bcher-kva.example"
    line = mailbox_line("To", display="Bücher", address="a@bücher.example")
    assert line.endswith(" <a@xn--bcher-kva.example>")


def test_a_local_part_in_other_letters_is_refused_in_words_that_help() -> None:
    with pytest.raises(NeedsSmtpUtf8, match="plain letters"):
        require_address("jörg@example.org", field="To")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@example.org", ("", "a@example.org")),
        ("Coalition <a@example.org>", ("Coalition", "a@example.org")),
        ('"Coalition, East" <a@example.org>', ("Coalition, East", "a@example.org")),
        ("Bündnis <a@bücher.example>", ("Bündnis", "a@xn--bcher-kva.example")),
    ],
)
def test_a_mailbox_is_split_into_name_and_address(value: str, expected: tuple[str, str]) -> None:
    assert split_mailbox(value, field="From") == expected


@pytest.mark.parametrize("length", [20, 70, 300, 900])
def test_an_unsubscribe_url_of_any_length_stands_raw_on_one_line(length: int) -> None:
    url = "https://sign.example.org/u/".ljust(length, "x")
    first, second = unsubscribe_lines(url)
    assert first == f"List-Unsubscribe: <{url}>"
    assert second == "List-Unsubscribe-Post: List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mailto:a@example.org",
        "https://é.example/",
        "https://a.example/>x",
        "https://a.example/ b",
        "https://a.example/\r\nBcc: x",
        "https://a.example/\u2028",
        "https://a.example/" + "x" * 1000,
    ],
)
def test_a_url_that_no_header_can_carry_is_refused(url: str) -> None:
    with pytest.raises(HeaderRefused, match=r"^List-Unsubscribe: "):
        require_url(url, field="List-Unsubscribe")


def test_a_message_id_gets_its_brackets_once() -> None:
    assert message_id_line("Message-ID", "m.1@example.org") == "Message-ID: <m.1@example.org>"
    assert message_id_line("References", "<m.1@example.org>") == "References: <m.1@example.org>"


@pytest.mark.parametrize(
    "value", ["", "x", "a@example.org\n", "a@b> <c@d", "a b@c", "é@example.org"]
)
def test_what_is_no_message_id_is_refused(value: str) -> None:
    with pytest.raises(HeaderRefused, match=r"^Message-ID: "):
        message_id_line("Message-ID", value)


def test_a_language_that_is_no_tag_leaves_its_header_out() -> None:
    assert language_lines("zh_TW") == ("Content-Language: zh-TW",)
    assert language_lines("") == language_lines("de\r\nBcc: x") == language_lines("ü") == ()


def test_the_date_says_its_zone() -> None:
    moment = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
    assert date_line(moment) == "Date: Tue, 01 Dec 2026 17:00:00 +0000"


NEVER = re.compile(r"(?!)")
ODD = "abcz019._+-@'\"\\ =?()<>,:;\t\r\n\0\u202e\u00e9\u4e2d"
ADDRESSES = (
    st.from_regex(headers_module._PLAIN_ADDRESS, fullmatch=True)
    | st.text("ab0._+-@", max_size=70)
    | st.builds("{}@{}".format, st.text(ODD, max_size=70), st.text("ab0-.xn", max_size=80))
)


def _slowly(act: Callable[[], str]) -> str:
    """What it comes to where nothing is plain."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(headers_module, "_PLAIN_ADDRESS", NEVER)
        patch.setattr(headers_module, "_PLAIN_TEXT", NEVER)
        return _told(act)


def _told(act: Callable[[], str]) -> str:
    require_address.cache_clear()
    try:
        return act()
    except HeaderRefused:
        return "refused"


@given(address=ADDRESSES)
def test_a_plain_address_is_what_the_second_look_makes_of_it(address: str) -> None:
    quick = _told(lambda: require_address(address, field="To"))
    assert quick == _slowly(lambda: require_address(address, field="To"))


@given(text=st.text(ODD, max_size=60) | st.text(max_size=60))
def test_plain_text_is_what_the_second_look_makes_of_it(text: str) -> None:
    assert _told(lambda: one_line(text)) == _slowly(lambda: one_line(text))


@pytest.mark.parametrize(
    "address",
    ["a@b.example", "a.b+c_d-e@sub.b-c.example", "1@2.example", "a@" + "b" * 63 + ".example",
     "a" * 40 + "@b.example", "a@xn--bcher-kva.example", "a@b--c.example"],
)  # fmt: skip
def test_addresses_at_the_edge_of_what_is_plain(address: str) -> None:
    quick = _told(lambda: require_address(address, field="To"))
    assert quick == _slowly(lambda: require_address(address, field="To"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("a@example.org", "a@example.org"),
        ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
        ("陳@one.example", "陳@one.example"),
    ],
)
def test_a_recipient_may_have_letters_of_any_script_before_the_at(
    address: str, expected: str
) -> None:
    assert require_recipient(address, field="To") == expected
    assert mailbox_line("To", display="", address=address) == f"To: {expected}"


@pytest.mark.parametrize(
    "address", ["jörg@one.example\r\nBcc: x@y.example", "jörg", "j\u202eg@b.example"]
)
def test_and_nothing_else(address: str) -> None:
    with pytest.raises(HeaderRefused):
        require_recipient(address, field="To")
    with pytest.raises(HeaderRefused):
        mailbox_line("Reply-To", display="", address="jörg@one.example")
