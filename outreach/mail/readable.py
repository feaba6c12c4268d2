"""A mail as a person reads it: its headers decoded, its two parts, and its source."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass(frozen=True)
class ReadableMail:
    """``headers`` in their order; ``source`` with line feeds as line ends."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    source: str

    def header(self, name: str) -> str:
        """The first of that name; empty where there is none."""
        wanted = name.casefold()
        return next((value for key, value in self.headers if key.casefold() == wanted), "")


def read_mail(raw: bytes) -> ReadableMail:
    """``raw`` is one of our own mails: text and HTML, in UTF-8."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return ReadableMail(
        headers=tuple((name, str(value)) for name, value in message.items()),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        source=raw.decode("utf-8", errors="replace").replace("\r\n", "\n"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")
