"""The header guard: whatever a person can fill passes here on its way to a header or envelope.

Encoding is done here too, and the finished lines are kept out of the library's refolding: on
Python before 3.11.10 an encoded word with a line break, inside a display name, came out as a
header of its own, and a long List-Unsubscribe came out as an encoded word.
"""

import re
import unicodedata
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, getaddresses
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from outreach.domain.errors import OutreachError

_LINE_LIMIT = 998  # RFC 5322, 2.1.1: without the CRLF
_FOLD_AT = 76  # RFC 2047, 2: no line with an encoded word may be longer
# What reads a mail and writes it anew folds lines over 78 in its own way: on Python 3.11 that
# loses a name's quotes, and what stands between them becomes recipients. So none is longer.
_LONGEST_BESIDE_A_NAME = _FOLD_AT - len(" <>")
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PLAIN_ADDRESS_LIMIT = 64
_UNSAFE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, line, paragraph
_MESSAGE_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_URL = re.compile(r"https?://[!-;=?-~]+")  # printable ASCII but < and >


class HeaderRefused(OutreachError):
    """A value must not reach a header or the envelope. Names the field, never the value."""

    def __init__(self, *, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NeedsSmtpUtf8(HeaderRefused):
    """The part of the address before the @ is not ASCII: most mail servers cannot take it."""

    def __init__(self, *, field: str) -> None:
        reason = (
            "the part before the @ has letters outside a-z, which needs mail servers with SMTPUTF8"
            " all the way; ask this contact for an address in plain letters"
        )
        super().__init__(field=field, reason=reason)


_PLAIN_TEXT = re.compile(r"[!-~]+(?: [!-~]+)*")
# A part of what addresses may be: these need no second look, and are nearly all there are.
_PLAIN_ADDRESS = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]{1,63}(?:-[a-z0-9]{1,30})?\.)+[a-z]{2,12}"
)


def one_line(text: str) -> str:
    """Display text made safe: controls and line breaks become one space.

    ``=?``, which starts an encoded word, is parted: some relays decode twice. Overrides of the
    writing direction go, because they make a name or subject read as another.
    """
    if _PLAIN_TEXT.fullmatch(text) and "=?" not in text:
        return text
    kept = (character for character in text if character not in _BIDI_CONTROLS)
    spaced = "".join(" " if unicodedata.category(c) in _UNSAFE else c for c in kept)
    return " ".join(spaced.split()).replace("=?", "= ?")


@lru_cache(maxsize=4096)  # the sender's and the coordinator's stand in every mail
def require_address(value: str, *, field: str) -> str:
    """The address as it may stand in the envelope: ASCII, an IDN domain in punycode.

    Raises NeedsSmtpUtf8 for a local part that is not ASCII, HeaderRefused for all else.
    """
    if len(value) <= _PLAIN_ADDRESS_LIMIT and _PLAIN_ADDRESS.fullmatch(value):
        return value
    if any(unicodedata.category(character) in _UNSAFE for character in value):
        raise HeaderRefused(field=field, reason="the address has a line break or control character")
    try:
        found = validate_email(
            value, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise HeaderRefused(field=field, reason=str(error)) from None
    if found.ascii_email is None:
        raise NeedsSmtpUtf8(field=field)
    return found.ascii_email


def require_recipient(value: str, *, field: str) -> str:
    """Like require_address, but the part before the @ may have letters outside ASCII: whether it
    can be sent is the server's to say (SMTPUTF8, RFC 6531)."""
    try:
        return require_address(value, field=field)
    except NeedsSmtpUtf8:
        found = validate_email(
            value, check_deliverability=False, globally_deliverable=False, test_environment=True
        )
        return f"{found.local_part}@{found.ascii_domain}"


def require_url(value: str, *, field: str) -> str:
    """The URL, which goes into its header as it is. Raises HeaderRefused."""
    if not _URL.fullmatch(value):
        raise HeaderRefused(field=field, reason="it is no http(s) URL of plain ASCII characters")
    if len(value) > _LINE_LIMIT - len("List-Unsubscribe: <>"):
        raise HeaderRefused(field=field, reason="the URL is too long for a header line")
    return value


@lru_cache(maxsize=256)  # the sender's and the coordinators'
def split_mailbox(value: str, *, field: str) -> tuple[str, str]:
    """Name and address of ``Name <a@example.org>`` or ``a@example.org``. Raises HeaderRefused."""
    if any(unicodedata.category(character) in _UNSAFE for character in value):
        raise HeaderRefused(field=field, reason="there is a line break or control character in it")
    found = getaddresses([value])
    if len(found) != 1:
        raise HeaderRefused(field=field, reason="write one address, as in Name <a@example.org>")
    name, address = found[0]
    return one_line(name), require_address(address, field=field)


def mailbox(*, display: str, address: str) -> str:
    """``"Name" <a@example.org>``, as split_mailbox reads it again, whatever the name holds."""
    quoted = one_line(display).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


@lru_cache(maxsize=1024)  # one subject stands above thousands of mails
def text_line(name: str, text: str) -> str:
    """``Subject: …``, folded; only what is not ASCII becomes encoded words."""
    safe = one_line(text)
    longest = max((len(word) for word in safe.split()), default=0)
    plain = safe.isascii() and longest < _FOLD_AT
    charset = "us-ascii" if plain else "utf-8"
    return f"{name}: {_folded(safe, charset=charset, used=len(name) + 2)}"


def mailbox_line(name: str, *, display: str, address: str) -> str:
    """``To: Name <address>``: the phrase may be encoded, the address never is. A recipient's may
    have letters outside ASCII (RFC 6532). Beside an address that fills a line there is no name."""
    require = require_recipient if name == "To" else require_address
    address = require(address, field=name)
    phrase = _phrase(one_line(display), used=len(name) + 2)
    if not phrase or len(address.encode()) > _LONGEST_BESIDE_A_NAME:
        return f"{name}: {address}"
    gap = "\r\n " if len(f"{name}: {phrase} <{address}>") > _FOLD_AT else " "
    return f"{name}: {phrase}{gap}<{address}>"


def message_id_line(name: str, value: str) -> str:
    """``Message-ID: <…>`` on one line, whether the value has its brackets or not."""
    bare = value.removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.fullmatch(bare) or len(bare) > _LINE_LIMIT - len(name) - 4:
        raise HeaderRefused(field=name, reason="it is no message id, as in id@example.org")
    return f"{name}: <{bare}>"


def unsubscribe_lines(url: str) -> tuple[str, str]:
    """RFC 8058: the URL on one line and never encoded, however long it is."""
    safe = require_url(url, field="List-Unsubscribe")
    return f"List-Unsubscribe: <{safe}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"


def date_line(moment: datetime) -> str:
    return _date_line(moment.replace(microsecond=0))


@lru_cache(maxsize=16)  # thousands of mails go out in one second
def _date_line(moment: datetime) -> str:
    return f"Date: {format_datetime(moment)}"


def language_lines(language: str) -> tuple[str, ...]:
    """``Content-Language: …``, or nothing where the value is no language tag (RFC 5646)."""
    tag = language.replace("_", "-")
    return (f"Content-Language: {tag}",) if _LANGUAGE_TAG.fullmatch(tag) else ()


def _phrase(safe: str, *, used: int) -> str:
    if not safe:
        return ""
    if safe.isascii():
        escaped = safe.replace("\\", "\\\\").replace('"', '\\"')
        if used + len(escaped) + len('""') <= _FOLD_AT:
            return f'"{escaped}"'
    return _folded(safe, charset="utf-8", used=used)  # encoded words fold anywhere


def _folded(safe: str, *, charset: str, used: int) -> str:
    """``used`` columns of the first line are taken by the header's name."""
    header = Header(safe, charset, maxlinelen=_FOLD_AT, header_name="x" * max(used - 2, 1))
    return header.encode(linesep="\r\n")
