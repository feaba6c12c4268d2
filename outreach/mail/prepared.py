"""A mail prepared once for many: only what differs from recipient to recipient is filled in.

Building a MIME message takes milliseconds, filling a prepared one microseconds. A variant is
rendered with a mark in the place of each personal value and cut there; every piece is encoded on
its own, held apart from its neighbours by quoted-printable's soft line breaks (RFC 2045 6.7),
which no reader sees.
"""

import base64
import re
from dataclasses import replace
from email.quoprimime import body_encode
from typing import Any

from markupsafe import escape

from outreach.domain.message import MessageKind
from outreach.mail.assemble import Attachment, MailHeaders, boundaries, header_lines
from outreach.mail.data import WholeLines
from outreach.mail.headers import one_line
from outreach.mail.templates import MailContext, MailTemplates, RenderedMail

# What belongs to one recipient or one answer; all else is the same for thousands.
PERSONAL = (
    "organization",
    "contact_name",
    "contact_email",
    "link",
    "unsubscribe_link",
    "credit_line",
    "url",
    "signer_name",
    "capacity",
    "answered_at",
    "decides_on",
    "passed_by",
)
_MARK_SIGNS = re.compile("[\ue000\ue001]")
_MARK = re.compile("\ue000([0-9]+)\ue001")  # of the private use area: in nobody's text
# Three less than RFC 2045's 76: for the "=" of the soft break that follows, and for a dot that
# begins a line and is written "=2E", so that SMTP has nothing to double.
_LINE = 73
_PLAIN = re.compile(r"[!-<>-~](?:[ -<>-~]*[!-<>-~])?")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_SPECIAL = re.compile("[&<>'\"]")
_SOFT_BREAK = b"=\r\n"
_PLAIN_PART, _HTML_PART = (
    f'\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")
    for subtype in ("plain", "html")
)


class PreparedMails:
    """Prepares variants of the templates' mails."""

    def __init__(self, templates: MailTemplates) -> None:
        self._templates = templates

    def prepare(self, kind: MessageKind, context: MailContext) -> "PreparedMail":
        """For every context that differs from this one in what is personal, and there in nothing
        that is empty in one of them."""
        common = replace(context, **_marks(context))
        return PreparedMail(self._templates.render(kind, locale=context.locale, context=common))


def _marks(context: MailContext) -> dict[str, Any]:
    """A mark for each personal value, but for the empty ones: templates ask whether they are."""
    return {
        name: f"\ue000{number}\ue001" if getattr(context, name) else ""
        for number, name in enumerate(PERSONAL)
    }


class PreparedMail:
    """One rendered mail, cut at its marks. ``rendered`` has them still: to be kept."""

    def __init__(self, rendered: RenderedMail) -> None:
        self.rendered = rendered
        self._subject = rendered.subject
        self._text = _Cut(rendered.text)
        self._html = _Cut(rendered.html if rendered.html.endswith("\n") else rendered.html + "\n")

    def fill(
        self,
        personal: list[str],
        headers: MailHeaders,
        *,
        attachment: Attachment | None = None,
    ) -> WholeLines:
        """The same mail as ``assemble(templates.render(…), headers, …)``, but for what its
        quoted-printable breaks and escapes: no line begins with a dot. ``personal`` in the order
        of PERSONAL. Raises what they raise.
        """
        if _MARK_SIGNS.search("".join(personal)):
            personal = [value.replace("\ue000", "").replace("\ue001", "") for value in personal]
        subject = _MARK.sub(lambda mark: one_line(personal[int(mark[1])]), self._subject)
        lines = header_lines(subject, headers)
        letter, whole = boundaries(headers.message_id)
        lines.append("MIME-Version: 1.0")
        alternative = f'Content-Type: multipart/alternative; boundary="{letter}"'
        if attachment is None:
            lines.append(alternative)
        else:
            lines.append(f'Content-Type: multipart/mixed; boundary="{whole}"')
            lines.extend(["", f"--{whole}", alternative])
        head = "\r\n".join(lines).encode("utf-8")  # ASCII, but for an address of RFC 6532
        fence = f"\r\n--{letter}".encode("ascii")
        encoded = [_encoded(value) if value else b"" for value in personal]
        text = self._text.fill(encoded)
        html = self._html.fill(list(map(_encoded_for_html, personal, encoded)))
        parts = [head, b"\r\n", fence, _PLAIN_PART, text, fence, _HTML_PART, html, fence, b"--\r\n"]
        if attachment is not None:
            parts.append(_file_part(attachment, whole))
        return WholeLines(b"".join(parts))


def _file_part(attachment: Attachment, boundary: str) -> bytes:
    content = base64.encodebytes(attachment.content).replace(b"\n", b"\r\n")
    head = (
        f"\r\n--{boundary}\r\nContent-Type: application/json\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{attachment.name}"\r\n'
        "MIME-Version: 1.0\r\n\r\n"
    )
    return head.encode("ascii") + content + f"\r\n--{boundary}--\r\n".encode("ascii")


class _Cut:
    """One part's text: encoded pieces, and between them the numbers of personal values."""

    def __init__(self, text: str) -> None:
        self._pieces: list[bytes] = []
        self._values: list[tuple[int, int]] = []
        goes_on = False  # the line, from the piece before
        for place, piece in enumerate(_MARK.split(text)):
            is_mark = bool(place % 2)
            if not piece:
                continue
            if goes_on:
                self._pieces.append(_SOFT_BREAK)
            if is_mark:
                self._values.append((len(self._pieces), int(piece)))
            self._pieces.append(b"" if is_mark else _encoded(piece))
            goes_on = is_mark or not piece.endswith("\n")

    def fill(self, encoded: list[bytes]) -> bytes:
        pieces = self._pieces.copy()
        for place, number in self._values:
            pieces[place] = encoded[number]
        return b"".join(pieces)


def _encoded_for_html(value: str, encoded: bytes) -> bytes:
    return _encoded(str(escape(value))) if _SPECIAL.search(value) else encoded


def _encoded(text: str) -> bytes:
    """Quoted-printable in UTF-8, lines of 75 at most; a line break at the end is kept."""
    if _PLAIN.fullmatch(text):
        found = text.encode("ascii")
        if len(found) > _LINE:
            lines = [found[start : start + _LINE] for start in range(0, len(found), _LINE)]
            found = _SOFT_BREAK.join(lines)
    else:
        octets_as_text = text.encode("utf-8").decode("latin-1")
        found = body_encode(octets_as_text, maxlinelen=_LINE, eol="\r\n").encode("ascii")
    if b"." not in found:
        return found
    return _LEADING_DOT.sub(b"=2E", found)
