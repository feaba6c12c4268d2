"""What a reader that is not strict takes for evidence, and another reader for something else."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.ledger.made import a_ledger, an_event, stamped_anew, written

_NUMBERS = '"method":"link","numbers":{"signatures":%s},"statement"'


def _said(old: str, new: str) -> Callable[[str], str]:
    def forge(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return forge


def _counted(number: str) -> Callable[[str], str]:
    return _said('"method":"link","statement"', _NUMBERS % number)


def _of(place: str) -> Callable[[str], str]:
    return _said('"statement"', f'"of":{place},"statement"')


def _committed(text: str) -> str:
    """In the order of code points; RFC 8785 sorts by UTF-16."""
    names = f'"\ufffd":"{"0" * 64}","\U0001f600":"{"0" * 64}"'
    return text.replace('},"kind"', f',{names}}},"kind"')


# Each of the text of one event. What they make of it is stamped anew, with the real key.
EVENTS: dict[str, Callable[[str], str]] = {
    "no number": _counted("NaN"),
    "no end": _counted("Infinity"),
    "a fraction": _counted("1.0"),
    "a power of ten": _counted("1e2"),
    "too large": _counted(str(2**60)),
    "below nothing": _counted("-1"),
    "a truth as a number": _counted("true"),
    "a number as text": _counted('"1"'),
    "of a list": _of("[]"),
    "of nothing": _of("null"),
    "of a truth": _of("false"),
    "of itself": _of("7"),
    "of an invitation": _of("4"),
    "of what comes later": _of("99"),
    "a version that is a truth": _said('"version":1', '"version":true'),
    "a version that is a fraction": _said('"version":1', '"version":1.0'),
    "another version": _said('"version":1', '"version":2'),
    "order by code points": _committed,
    "said twice": _said('"kind":"signed"', '"kind":"declined","kind":"signed"'),
    "an escape sequence": _said('"kind":"signed"', '"kind":"\\u001b[2J"'),
    "a field of its own": _said('"method":"link"', '"method":"link","more":1'),
    "another hour": _said("T14:00:07Z", "T14:00:07+01:00"),
    "no hash": _said("a" * 64, "A" * 64),
    "no language": _said('"language":"en"', '"language":5'),
}


def a_forged_ledger(forge: Callable[[str], str]) -> str:
    """Its eighth event is forged; the fifth is no signature."""
    whole = a_ledger(12)
    text = forge(an_event(7)[0])
    events = (*whole.events[:7], text, *whole.events[8:])
    openings = {place: one for place, one in whole.openings.items() if place != 7}
    return written(stamped_anew(replace(whole, events=events, openings=openings)))


def _changed(change: Callable[[dict[str, Any]], None]) -> Callable[[], str]:
    def make() -> str:
        content = json.loads(written(a_ledger(9)))
        change(content)
        return json.dumps(content, ensure_ascii=False)

    return make


def _in_opening(name: str, made: Callable[[Any], Any]) -> Callable[[], str]:
    def change(content: dict[str, Any]) -> None:
        opening = content["openings"][5]
        opening[name] = made(opening[name])

    return _changed(change)


# Whole files in which something stands that only looks like what it should be.
FILES: dict[str, Callable[[], str]] = {
    "an index that is a truth": _in_opening("index", lambda _: True),
    "an index as text": _in_opening("index", str),
    "an index with a fraction": _in_opening("index", float),
    "a salt with spaces": _in_opening("salt", lambda salt: f"{salt[:2]} {salt[2:]}"),
    "a salt in capitals": _in_opening("salt", str.upper),
    "a value that is none": _in_opening("value", lambda _: 5),
    "an event that is none": _changed(lambda content: content["events"].append(5)),
    "a note that is none": _changed(lambda content: content["checkpoints"].append(5)),
}
