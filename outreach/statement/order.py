"""Alphabetical order as readers of many scripts expect it: the Unicode Collation Algorithm.

Word by word (Hong Kong Watch before Hongkongers), accents and case last, articles under their
letter unless a sort name says otherwise. Source: UTS #10, by pyuca's default table.
"""

from collections.abc import Iterable
from functools import cache

from pyuca import Collator

from outreach.domain.views import Signatory


def alphabetical(signatories: Iterable[Signatory]) -> tuple[Signatory, ...]:
    """In the order of their sort names, or of their credit lines where they have none."""
    return tuple(sorted(signatories, key=_key))


def neighbours(
    line: Signatory, others: Iterable[Signatory]
) -> tuple[Signatory | None, Signatory | None]:
    """Between whom it stands; None at an end."""
    before = after = None
    own = _key(line)
    for key, other in ((_key(other), other) for other in others):
        if key < own and (before is None or _key(before) < key):
            before = other
        elif key >= own and (after is None or key < _key(after)):
            after = other
    return before, after


def _key(signatory: Signatory) -> tuple[tuple[int, ...], str, str]:
    name = signatory.sort_name or signatory.credit_line
    return tuple(_collator().sort_key(name)), signatory.credit_line, signatory.sort_name


@cache
def _collator() -> Collator:
    return Collator()
