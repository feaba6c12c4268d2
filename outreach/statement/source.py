"""A statement's file: Markdown with a small front matter."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date

import yaml
from babel import Locale, UnknownLocaleError
from email_validator import EmailNotValidError, validate_email

from outreach.domain.errors import Refused

_REQUIRED = ("title", "addressee", "occasion", "occasion_date")
_OPTIONAL = ("reply_to", "asks", "language")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)(.*)\Z", re.DOTALL)
_ONE_LINE_LIMIT = 300
# Joiners, direction marks and spaces that French, Persian, Indic and East Asian lines are set with.
_WRITTEN = re.compile("[\u00a0\u200c-\u200f\u202f\u3000]")


class StatementRefused(Refused):
    """The file is not a statement: every fault at once."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(
            "the statement's file was refused:\n" + "\n".join(f"- {f}" for f in faults)
        )
        self.faults = faults


@dataclass(frozen=True)
class StatementSource:
    """One wording as given. ``sha256`` is over ``source`` in UTF-8: file, front matter and all."""

    source: str
    body: str
    title: str
    addressee: str
    occasion: str
    occasion_date: date
    reply_to: str
    asks: tuple[str, ...]
    language: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.source.encode()).hexdigest()


def decode_statement(raw: bytes) -> str:
    """The file's text. Raises StatementRefused unless it is UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise StatementRefused([f"line {line} is not UTF-8; save the file as UTF-8"]) from None


def parse_statement(text: str) -> StatementSource:
    """Reads the text, line ends made LF. Raises StatementRefused naming all that is wrong."""
    source = text.replace("\r\n", "\n").replace("\r", "\n")
    match = _FRONT.match(source)
    if not match:
        raise StatementRefused(
            ["it must begin with a front matter: a line ---, then title: …, then a line ---"]
        )
    fields = _load_front(match[1])
    body = match[2].strip("\n") + "\n"
    faults = _faults(fields, body)
    if faults:
        raise StatementRefused(faults)
    return StatementSource(
        source=source,
        body=body,
        title=_line(fields, "title"),
        addressee=_line(fields, "addressee"),
        occasion=_line(fields, "occasion"),
        occasion_date=_day(fields),
        reply_to=_line(fields, "reply_to"),
        asks=_asks(fields),
        language=_line(fields, "language").replace("_", "-") or "en",
    )


def _load_front(front: str) -> dict[str, object]:
    try:
        fields = yaml.safe_load(front)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark else ""
        raise StatementRefused(
            [f"the front matter is not YAML{where}; put quotes around values with a colon"]
        ) from None
    except ValueError as error:  # 2026-02-30 looks like a day and is none
        raise StatementRefused([f"a date in the front matter is none: {error}"]) from None
    if not isinstance(fields, dict):
        raise StatementRefused(["the front matter holds no 'name: value' lines"])
    return fields


def _faults(fields: dict[str, object], body: str) -> list[str]:
    faults = [
        f"'{name}' is missing in the front matter" for name in _REQUIRED if not _line(fields, name)
    ]
    known = (*_REQUIRED, *_OPTIONAL)
    faults += [
        f"'{name}' is not known in the front matter; known are {', '.join(known)}"
        for name in fields
        if name not in known
    ]
    if fields.get("occasion_date") and type(fields["occasion_date"]) is not date:
        faults.append(f"occasion_date '{fields['occasion_date']}' is no day; write 2026-12-05")
    for name in ("title", "addressee", "occasion", "reply_to", "language"):
        faults += _line_faults(name, fields.get(name))
    faults += _asks_faults(fields.get("asks"))
    if not body.strip():
        faults.append("there is no text after the front matter")
    if "\x00" in body:
        faults.append("the text holds a NUL character; remove it")
    return faults + _reply_to_faults(_line(fields, "reply_to")) + _language_faults(fields)


def _line_faults(name: str, value: object) -> list[str]:
    if value is None or isinstance(value, date):
        return []
    if not isinstance(value, str):
        return [f"'{name}' must be one line of text; put it in quotes"]
    if not _WRITTEN.sub("", value.strip()).isprintable():
        return [f"'{name}' holds a line break or control character; write it on one line"]
    if len(value) > _ONE_LINE_LIMIT:
        return [f"'{name}' is longer than {_ONE_LINE_LIMIT} characters"]
    return []


def _asks_faults(asks: object) -> list[str]:
    if asks is None or (isinstance(asks, list) and all(isinstance(ask, str) for ask in asks)):
        return []
    return ["'asks' must be a list: one line '- …' for each ask, in quotes where it has a colon"]


def _reply_to_faults(reply_to: str) -> list[str]:
    if not reply_to:
        return []
    try:
        checked = validate_email(
            reply_to,
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
        )
    except EmailNotValidError:
        checked = None
    if checked and checked.ascii_email:
        return []
    return [f"reply_to '{reply_to}' is no bare e-mail address; write it as name@example.org"]


def _language_faults(fields: dict[str, object]) -> list[str]:
    language = fields.get("language") or "en"
    try:
        Locale.parse(str(language).replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return [f"language '{language}' is not known; write a code such as en, fr or zh-Hant"]
    return []


def _day(fields: dict[str, object]) -> date:
    day = fields["occasion_date"]
    assert isinstance(day, date)
    return day


def _asks(fields: dict[str, object]) -> tuple[str, ...]:
    asks = fields.get("asks") or []
    assert isinstance(asks, list)
    return tuple(" ".join(str(ask).split()) for ask in asks)


def _line(fields: dict[str, object], name: str) -> str:
    return str(fields.get(name) or "").strip()
