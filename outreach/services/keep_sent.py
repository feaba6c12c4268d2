"""Keep what went out so that it can be shown as it was: its words once for all who got them, and
of each mail only what was its own.

A variant's wording is kept as it was cut (``mail/prepared.py``), with what its headers have in
common. A mail's own part holds no link: the links are derived again from the link's id. It stands
in the delivery event that tells what came of its body: no row, no index and no statement more.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.links import ANSWER, UNSUBSCRIBE, LinkSigner
from outreach.mail.assemble import Attachment, MailHeaders
from outreach.mail.prepared import PERSONAL, PreparedMail
from outreach.mail.templates import RenderedMail
from outreach.store import sent_mails
from outreach.store.sent_mails import VARIANT, Found

_LINKS = {"link": ("a", ANSWER), "unsubscribe_link": ("u", UNSUBSCRIBE)}
_LINK_PLACES = [PERSONAL.index(name) for name in _LINKS]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Variant:
    """A wording with the places of its personal values, and its headers' common part. The key is
    a hash of it all, and so the content never changes under it."""

    key: str
    content: bytes

    @classmethod
    def of(
        cls, cut: RenderedMail, *, sender: str, reply_to: str, language: str, public_url: str
    ) -> "Variant":
        """``cut`` is as it was rendered for PreparedMail, marks and all."""
        text = _encode(
            {
                "subject": cut.subject,
                "text": cut.text,
                "html": cut.html,
                "places": PERSONAL,
                "sender": sender,
                "reply_to": reply_to,
                "language": language,
                "public_url": public_url,
            }
        ).encode()
        return cls(hashlib.sha256(text).hexdigest()[:32], zlib.compress(text, level=9))


@dataclass(frozen=True)
class Leaving:
    """One mail on its way out, as it is to be kept: ``sent`` is what was its own, as JSON."""

    variant: Variant
    sent: str


def leaving(
    variant: Variant,
    personal: Sequence[str],
    *,
    link_id: str,
    in_reply_to: str,
    date: datetime,
    body: bytes,
) -> Leaving:
    """``personal`` in the order of PERSONAL, as it was filled in; ``body`` what came of it."""
    values = list(personal)
    for place in _LINK_PLACES:
        values[place] = ""
    own = {
        VARIANT: variant.key,
        "date": date.replace(microsecond=0).isoformat(),
        "link": link_id,
        "in_reply_to": in_reply_to,
        "values": values,
        "checksum": zlib.crc32(body),
    }
    return Leaving(variant, _encode(own))


class SentKeeper:
    """Keeps the variants of a sender's mails in its own transactions, at most once in each. Not
    for use by two threads at once."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._new: set[str] = set()

    def keep(self, session: Session, mails: Iterable[Leaving]) -> None:
        """With the events that tell what came of these mails."""
        new = {
            one.variant.key: one.variant.content
            for one in mails
            if one.variant.key not in self._known
        }
        sent_mails.keep_variants(session, new)
        self._new = set(new)

    def note_committed(self) -> None:
        """What was kept stands: only now need a variant not be written again."""
        self._known |= self._new
        self._new.clear()


class CannotRefill(Exception):
    """The kept parts make no mail any more."""


def refill(found: Found, links: LinkSigner, *, attachment: Attachment | None = None) -> bytes:
    """The mail's bytes, its links made by ``links``. Raises CannotRefill."""
    try:
        return _refill(found, links, attachment)
    except (ValueError, KeyError, IndexError, TypeError, zlib.error) as error:
        raise CannotRefill from error


def _refill(found: Found, links: LinkSigner, attachment: Attachment | None) -> bytes:
    variant, own = json.loads(zlib.decompress(found.variant)), found.own
    values = dict(zip(variant["places"], own["values"], strict=True))
    for name, (page, purpose) in _LINKS.items():
        token = links.token(own["link"], purpose=purpose)
        values[name] = f"{variant['public_url']}/{page}/{token}"
    cut = RenderedMail(variant["subject"], variant["text"], variant["html"])
    headers = MailHeaders(
        sender=variant["sender"],
        recipient_name=values["contact_name"],
        recipient_address=values["contact_email"],
        reply_to=variant["reply_to"],
        message_id=found.message_id,
        in_reply_to=own["in_reply_to"],
        unsubscribe_url=values["unsubscribe_link"],
        date=datetime.fromisoformat(own["date"]),
        language=variant["language"],
    )
    return PreparedMail(cut).fill(list(values.values()), headers, attachment=attachment)


def is_as_sent(
    found: Found, links: Iterable[LinkSigner], *, attachment: Attachment | None = None
) -> bool:
    """Whether one of ``links`` makes the very bytes that went out: the program that fills a mail,
    and the keys that sign its links, may have changed since."""
    made = (refill(found, one, attachment=attachment) for one in links)
    return any(zlib.crc32(one) == found.own["checksum"] for one in made)
