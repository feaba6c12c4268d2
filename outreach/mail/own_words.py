"""A campaign's own words: Markdown with places such as ``{{ organization }}``.

A place is replaced by a value and nothing is computed: no template engine sees what was typed.
Whatever looks like more than a place is refused where it stands.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from html.parser import HTMLParser
from types import MappingProxyType

from markupsafe import Markup

from outreach.domain.errors import Refused
from outreach.domain.message import MessageKind
from outreach.mail.headers import one_line

MAX_SUBJECT = 200
MAX_BODY = 10_000

_EVERYWHERE = MappingProxyType(
    {
        "organization": "the organization's name",
        "contact_name": "the person's name; the organization's where none is known",
        "title": "the statement's title",
        "addressee": "to whom the statement goes",
        "occasion": "the occasion",
        "occasion_day": "the occasion's day, as the reader writes it",
        "deadline": "the deadline in the reader's time",
        "coordinator": "the address for replies",
    }
)
_LEFT = MappingProxyType({"time_left": "how long is left, as in 3 days"})
_ANSWERED = MappingProxyType({"answered_at": "when they answered, in the reader's time"})
_DECIDES = MappingProxyType({"decides_on": "the day on which they decide"})
_PRINTED = MappingProxyType({"credit_line": "the name as it is printed"})
_SIGNED = MappingProxyType({"signer_name": "who signed", "capacity": "the signer's position"})
PLACES: MappingProxyType[MessageKind, Mapping[str, str]] = MappingProxyType(
    {
        MessageKind.INVITATION: {**_EVERYWHERE, **_LEFT},
        MessageKind.REMINDER: {**_EVERYWHERE, **_LEFT},
        MessageKind.RECEIPT: {**_EVERYWHERE, **_PRINTED, **_SIGNED, **_ANSWERED},
        MessageKind.RECORDED_RECEIPT: {**_EVERYWHERE, **_PRINTED, **_SIGNED, **_ANSWERED},
        MessageKind.DECLINE_RECEIPT: {**_EVERYWHERE, **_ANSWERED},
        MessageKind.DEFERRAL_RECEIPT: {**_EVERYWHERE, **_ANSWERED, **_DECIDES},
        MessageKind.WITHDRAWAL_RECEIPT: {**_EVERYWHERE, **_ANSWERED},
        MessageKind.REVIEW_NOTICE: {**_EVERYWHERE, **_ANSWERED},
        MessageKind.REVIEW_RESULT: {**_EVERYWHERE, **_ANSWERED},
        MessageKind.CLOSING_NOTICE: {
            **_EVERYWHERE,
            **_PRINTED,
            "signatory_count": "how many have signed",
            "public_url": "where the statement and its list appear",
        },
    }
)

_TELLING = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|[\ue000-\ue00f]|[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
_PLACE = re.compile(r"\{\{ *([A-Za-z_]{1,40}) *\}\}")
_MARK = re.compile("\ue002([0-9]+)\ue003")  # of the private use area: refused in what is typed
_MARK_IN_ADDRESS = "%EE%80%82"
_SHOWN = 30

Pieces = tuple[str, ...]


class PlaceRefused(Refused):
    """Something in the words is no place of the list: ``line`` and ``column`` count from 1."""

    def __init__(self, *, part: str, line: int, column: int, found: str, remedy: str) -> None:
        super().__init__(f"line {line}, column {column}: {found} {remedy}")
        self.part = part
        self.line = line
        self.column = column
        self.found = found
        self.remedy = remedy


@dataclass(frozen=True)
class _Place:
    name: str
    at: int


@dataclass(frozen=True)
class Marked:
    """Typed words with a mark in each place; ``names`` are the places by their mark's number."""

    part: str
    typed: str
    text: str
    places: tuple[_Place, ...]

    def cut(self, rendered: str) -> Pieces:
        """What was made of ``text``: pieces, and between them the names of places by turns."""
        pieces = _MARK.split(rendered)
        return tuple(
            self.places[int(piece)].name if number % 2 else piece
            for number, piece in enumerate(pieces)
        )

    def cut_html(self, html: str) -> Pieces:
        """Raises PlaceRefused for a place that stands elsewhere than in the text: in a link."""
        seen = _seen_in_text(html)
        everywhere = Counter(_MARK.findall(html))
        for number, place in enumerate(self.places):
            times = seen[str(number)]
            if not times or times != everywhere[str(number)]:
                raise self._astray(place)
        if self.places and _MARK_IN_ADDRESS in html.upper():
            raise self._astray(self.places[0])
        return self.cut(html)

    def _astray(self, place: _Place) -> PlaceRefused:
        remedy = "cannot stand within a link's address or title; write it into the text"
        return _refused(
            self.part, self.typed, place.at, found=f"{{{{ {place.name} }}}}", remedy=remedy
        )


@dataclass(frozen=True)
class OwnWords:
    """Subject and words of one kind of mail, cut at their places."""

    subject: Pieces
    text: Pieces
    html: Pieces

    def fill_subject(self, values: Mapping[str, object]) -> str:
        """Each value on one line by itself, as a prepared mail fills it in."""
        named = {name: one_line(value) for name, value in _of_places(values).items()}
        return _filled(self.subject, named)

    def fill_text(self, values: Mapping[str, object]) -> str:
        return _filled(self.text, _of_places(values))

    def fill_html(self, values: Mapping[str, object]) -> Markup:
        """Each value escaped, and set apart so that its script does not reorder the rest."""
        safe = {
            name: str(Markup("<bdi>{}</bdi>").format(value))
            for name, value in _of_places(values).items()
        }
        return Markup(_filled(self.html, safe))  # noqa: S704 - sanitised, values escaped above


def mark_places(typed: str, *, part: str, kind: MessageKind) -> Marked:
    """``typed`` with a mark in each place. Raises PlaceRefused, at once however long it is."""
    places: list[_Place] = []
    pieces: list[str] = []
    end = 0
    for found in _TELLING.finditer(typed):
        at = found.start()
        if at < end:
            continue  # the closing braces of a place
        place = _PLACE.match(typed, at)
        if place is None or place[1] not in PLACES[kind]:
            raise _no_place(part, typed, at, name=place[1] if place else "", kind=kind)
        pieces += [typed[end:at], f"\ue002{len(places)}\ue003"]
        places.append(_Place(place[1], at))
        end = place.end()
    return Marked(part, typed, "".join([*pieces, typed[end:]]), tuple(places))


def _of_places(values: Mapping[str, object]) -> dict[str, str]:
    """The values by the places' names: what has another name, and what may not stay empty."""
    named = {name: str(values[name]) for kind in PLACES.values() for name in kind if name in values}
    named["contact_name"] = named["contact_name"] or named["organization"]
    named["time_left"] = str(values["reminder_left"])
    return named


def _filled(pieces: Pieces, values: Mapping[str, str]) -> str:
    return "".join(values[piece] if number % 2 else piece for number, piece in enumerate(pieces))


def _no_place(part: str, typed: str, at: int, *, name: str, kind: MessageKind) -> PlaceRefused:
    start = typed[at]
    if start not in "{}%":
        return _refused(
            part, typed, at, found="an invisible character", remedy="stands here; remove it"
        )
    known = ", ".join(PLACES[kind])
    if not name:
        shown = " ".join(typed[at : at + _SHOWN].split())
        remedy = f"is no place. Only these are: {known}; each as in {{{{ organization }}}}"
        return _refused(part, typed, at, found=f"“{shown}”", remedy=remedy)
    near = get_close_matches(name.lower(), PLACES[kind], n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    remedy = f"is no place of this mail. {meant}The places are: {known}"
    return _refused(part, typed, at, found=f"{{{{ {name} }}}}", remedy=remedy)


def _refused(part: str, typed: str, at: int, *, found: str, remedy: str) -> PlaceRefused:
    line = typed.count("\n", 0, at) + 1
    column = at - (typed.rfind("\n", 0, at) + 1) + 1
    return PlaceRefused(part=part, line=line, column=column, found=found, remedy=remedy)


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.marks: Counter[str] = Counter()

    def handle_data(self, data: str) -> None:
        self.marks.update(_MARK.findall(data))


def _seen_in_text(html: str) -> Counter[str]:
    """The marks between the tags; those within one are none."""
    reader = _TextReader()
    reader.feed(html)
    reader.close()
    return reader.marks
