"""The embedded mailbox's folder: each captured mail is one file, newest name last.

A file holds one line of our own, the envelope, and then the mail byte for byte as it was sent.
"""

import json
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

_ENVELOPE = b"X-Captured-Envelope: "
_NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{8}\.eml")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_HEAD_LIMIT = 64 * 1024


class MailNotFound(LookupError):
    """No captured mail has this name."""


@dataclass(frozen=True)
class CapturedMail:
    """One mail as a person would see it. ``to`` is the envelope: where it was delivered.

    ``text``, ``html`` and ``raw`` are filled by read_mail only; lists carry the head.
    """

    name: str
    to: tuple[str, ...]
    sender: str
    subject: str
    date: datetime
    headers: tuple[tuple[str, str], ...]
    text: str = ""
    html: str = ""
    raw: bytes = b""


def store_mail(
    folder: Path, raw: bytes, recipients: list[str], *, sender: str = "", now: datetime
) -> str:
    """Writes the mail durably and returns its name: when this returns, it is on the disk."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(4)}.eml"
    envelope = json.dumps({"from": sender, "to": recipients, "at": now.isoformat()})
    draft = folder / f".{name}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_ENVELOPE + envelope.encode("ascii") + b"\n" + raw)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / name)
    _sync_folder(folder)
    return name


def list_mails(folder: Path, *, limit: int = 500) -> list[CapturedMail]:
    """The newest ``limit`` mails, newest first, without their bodies."""
    return [_read_head(folder / name) for name in _names(folder)[:limit]]


def count_mails(folder: Path) -> int:
    return len(_names(folder))


def read_mail(folder: Path, name: str) -> CapturedMail:
    """The whole mail. Raises MailNotFound, also for a name that was never given out."""
    if not _NAME.fullmatch(name):
        raise MailNotFound
    try:
        content = (folder / name).read_bytes()
    except OSError:
        raise MailNotFound from None
    return _captured(name, content, whole=True)


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted((name for name in os.listdir(folder) if _NAME.fullmatch(name)), reverse=True)


def _read_head(path: Path) -> CapturedMail:
    with path.open("rb") as file:
        return _captured(path.name, file.read(_HEAD_LIMIT), whole=False)


def _captured(name: str, content: bytes, *, whole: bool) -> CapturedMail:
    first, _, raw = content.partition(b"\n")
    envelope = json.loads(first.removeprefix(_ENVELOPE))
    head = raw if whole else _HEAD_END.split(raw, maxsplit=1)[0]
    message = message_from_bytes(head, policy=policy.default)
    return CapturedMail(
        name=name,
        to=tuple(envelope["to"]),
        sender=str(message.get("From", "")),
        subject=str(message.get("Subject", "")),
        date=datetime.fromisoformat(envelope["at"]),
        headers=tuple((key, str(value)) for key, value in message.items()),
        text=_part(message, "plain") if whole else "",
        html=_part(message, "html") if whole else "",
        raw=raw if whole else b"",
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        return content.decode("utf-8", errors="replace")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
