"""From a rendered mail and its headers to the bytes that are sent, the same each time."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from functools import lru_cache

from outreach.mail import headers as guard
from outreach.mail.templates import RenderedMail

_LINE = 76  # quoted-printable lines, RFC 2045, 6.7
_BODY = policy.SMTP.clone(max_line_length=_LINE)


@dataclass(frozen=True)
class MailHeaders:
    """What stands above the body. Empty strings leave their header out; ``date`` is aware."""

    sender: str
    recipient_name: str
    recipient_address: str
    reply_to: str
    message_id: str
    unsubscribe_url: str
    date: datetime
    language: str
    in_reply_to: str = ""


@dataclass(frozen=True)
class Attachment:
    """A small JSON file beside the letter. ``name`` is plain ASCII."""

    name: str
    content: bytes


def assemble(
    rendered: RenderedMail, headers: MailHeaders, *, attachment: Attachment | None = None
) -> bytes:
    """The whole message with CRLF line ends; equal arguments give equal bytes.

    Raises HeaderRefused, or NeedsSmtpUtf8, for a value that no header may carry.
    """
    lines = [*header_lines(rendered.subject, headers), ""]
    body = _body(rendered, attachment, message_id=headers.message_id)
    return "\r\n".join(lines).encode("utf-8") + body


def header_lines(subject: str, headers: MailHeaders) -> list[str]:
    """The guarded headers, but for those of MIME. Raises HeaderRefused, NeedsSmtpUtf8."""
    lines = [
        guard.date_line(headers.date),
        _mailbox_line("From", headers.sender),
        guard.mailbox_line("To", display=headers.recipient_name, address=headers.recipient_address),
    ]
    if headers.reply_to:
        lines.append(_mailbox_line("Reply-To", headers.reply_to))
    lines.append(guard.text_line("Subject", subject))
    lines.append(guard.message_id_line("Message-ID", headers.message_id))
    if headers.in_reply_to:
        lines.append(guard.message_id_line("In-Reply-To", headers.in_reply_to))
        lines.append(guard.message_id_line("References", headers.in_reply_to))
    lines.append("Auto-Submitted: auto-generated")  # RFC 3834: no out-of-office reply, please
    lines.extend(guard.language_lines(headers.language))
    if headers.unsubscribe_url:
        lines.extend(guard.unsubscribe_lines(headers.unsubscribe_url))
    return lines


@lru_cache(maxsize=256)  # the sender's and the coordinators'
def _mailbox_line(name: str, mailbox: str) -> str:
    display, address = guard.split_mailbox(mailbox, field=name)
    return guard.mailbox_line(name, display=display, address=address)


def boundaries(message_id: str) -> tuple[str, str]:
    """Of the letter's two forms, and of letter and file. "=_" cannot occur in quoted-printable or
    base64, so no body can close its own part."""
    digest = hashlib.sha256(message_id.encode()).hexdigest()[:32]
    return f"=_{digest}", f"=_{digest}-file"


def _body(rendered: RenderedMail, attachment: Attachment | None, *, message_id: str) -> bytes:
    """The MIME headers and both parts: text first, HTML last, as RFC 2046 5.1.4 orders them."""
    letter, whole = boundaries(message_id)
    message = EmailMessage(policy=_BODY)
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    message.set_boundary(letter)
    if attachment is not None:
        message.add_attachment(
            attachment.content, maintype="application", subtype="json", filename=attachment.name
        )
        message.set_boundary(whole)
    return message.as_bytes()
