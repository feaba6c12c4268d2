"""The mail that every row sends: Outreach's own invitation, its words taken out of its bytes.

The peers get the text, the HTML and the headers with marks for what is personal, and write each
mail anew, as people's programs do.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from email.message import EmailMessage
from email.message import Message as Mail
from email.utils import parseaddr
from functools import cache
from pathlib import Path

from benchmarks.ground import Ground
from benchmarks.outbox import MAIL_FROM, Person, draft, launch
from benchmarks.outreach_worker import home_on
from benchmarks.processes import wait_until
from benchmarks.sink import timed_sink
from benchmarks.templates import filled
from outreach.bell import Bell
from outreach.store.database import Database

_MARKS = ("name", "organization", "address", "link", "unsubscribe")
_LINK = re.compile(r"https://sign\.example\.org/a/[\w.-]+")
_SMALLEST_PAD = 8


@dataclass(frozen=True)
class Letter:
    """Words with marks such as ``@name@``; ``size`` is what Outreach's own mail weighs."""

    subject: str
    text: str
    html: str
    size: int

    @classmethod
    def from_mail(cls, mail: Mail, *, size: int) -> "Letter":
        assert isinstance(mail, EmailMessage)
        text, html = (_content(mail, kind) for kind in ("plain", "html"))
        name, address = parseaddr(str(mail["To"]))
        values = {
            "link": _LINK.findall(text)[0],
            "unsubscribe": str(mail["List-Unsubscribe"]).strip("<>"),
            "address": address,
            "name": name,
            "organization": f"Organization {address.partition('@o')[2][:6]}",
        }
        return cls(str(mail["Subject"]), _marked(text, values), _marked(html, values), size)

    def padded(self, by: int) -> "Letter":
        """The same with ``by`` more bytes of text, where a peer's encoding makes less of it."""
        if by < _SMALLEST_PAD:
            return self
        line = "and so on, and so forth, as such letters do\n"
        more = (line * (by // len(line) + 1))[:by]
        return replace(self, text=f"{self.text}\n{more}")

    def weighing(self, size: int) -> "Letter":
        return replace(self, size=size)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")


def load_letter(path: str) -> Letter:
    return Letter(**json.loads(Path(path).read_text(encoding="utf-8")))


def personal(number: int) -> dict[str, str]:
    """What stands in mail number ``number`` for each mark."""
    person = Person(number)
    token = hashlib.sha256(str(number).encode()).hexdigest() + "0123456789ab"
    return {
        "name": person.name,
        "organization": person.organization,
        "address": person.address,
        "link": f"https://sign.example.org/a/{token}",
        "unsubscribe": f"https://sign.example.org/u/{token}",
    }


def fill(words: str, values: dict[str, str]) -> str:
    for mark in _MARKS:
        words = words.replace(f"@{mark}@", values[mark])
    return words


def write_mail(letter: Letter, number: int) -> EmailMessage:
    """Mail number ``number``, as the standard library is used."""
    values = personal(number)
    mail = EmailMessage()
    mail["From"] = MAIL_FROM
    mail["To"] = f'"{values["name"]}" <{values["address"]}>'
    mail["Subject"] = letter.subject
    for name, value in extra_headers(number, values).items():
        mail[name] = value
    mail.set_content(fill(letter.text, values), cte="quoted-printable")
    mail.add_alternative(fill(letter.html, values), subtype="html", cte="quoted-printable")
    return mail


def extra_headers(number: int, values: dict[str, str]) -> dict[str, str]:
    return {
        "Reply-To": "coordinator@coalition.example",
        "Message-ID": f"<{number:032}@example.org>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "en",
        "List-Unsubscribe": f"<{values['unsubscribe']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


@cache
def outreach_letter(ground: Ground) -> Letter:
    """What the real worker sends: one invitation, taken off the wire."""
    template = filled(ground, "sqlite", name="letter", fill=_one_invitation)
    with (
        ground.passing_folder("letter") as folder,
        timed_sink(folder, keeps=1) as sink,
        home_on(ground, template, smtp_port=sink.port, settings={}) as home,
        home.worker(),
    ):
        Bell(ground.broker_url).ring()
        wait_until(sink.moments, seconds=60, what="Outreach's own mail")
        return Letter.from_mail(sink.mails()[0], size=sink.sizes()[0])


def _one_invitation(database: Database) -> None:
    with database.transaction() as session:
        draft(session, slug="letter", people=[Person(1)])
        launch(session, slug="letter")


def _content(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def _marked(words: str, values: dict[str, str]) -> str:
    for mark, value in values.items():
        words = words.replace(value, f"@{mark}@")
    return words
