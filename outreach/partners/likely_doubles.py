"""Names that look alike and are not the same: for a person to decide, never for us.

Every name is compared with those that share a rare word or a beginning with it, not with all:
of 100,000 names that is the difference between a second and an hour.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz

from outreach.partners.keys import look_key, name_key

MOST_SHOWN = 100

_ALIKE = 90.0
_COMMON = 40  # a word that more names share tells nothing
_BEGINNING = 6
_MOST_NAMES = 20_000  # nobody looks through the pairs of more
_MOST_LOOKS = 200_000


@dataclass(frozen=True)
class LikelyDouble:
    """Two spellings. ``first`` stands in the campaign or in an earlier row of the file."""

    first: str
    second: str


@dataclass(frozen=True)
class _Name:
    text: str
    key: str
    look: str
    words: tuple[str, ...]
    is_new: bool

    @cached_property
    def sorted_words(self) -> str:
        return " ".join(sorted(self.words))

    @cached_property
    def numbers(self) -> list[str]:
        return re.findall("[0-9]+", self.sorted_words)


def find_likely_doubles(
    new: Iterable[str],
    *,
    known: Iterable[str] = (),
    different: frozenset[tuple[str, str]] = frozenset(),
    among_new: bool = True,
) -> list[LikelyDouble]:
    """Pairs of which at least one is ``new``, but for those said to be ``different``; without
    ``among_new`` the other one is ``known``.

    The first MOST_SHOWN at most, in the order of the second.
    """
    names = _distinct(known, new)
    found: list[LikelyDouble] = []
    for first, second in _candidates(names):
        pair = (first.text, second.text)
        if not among_new and first.is_new:
            continue
        if pair not in different and _is_alike(first, second):
            found.append(LikelyDouble(*pair))
            if len(found) == MOST_SHOWN:
                break
    return found


def _distinct(known: Iterable[str], new: Iterable[str]) -> list[_Name]:
    """Each name once, by its key; what is known first."""
    names: dict[str, _Name] = {}
    for is_new, texts in ((False, known), (True, new)):
        for text in texts:
            key = name_key(text)
            if key and key not in names:
                names[key] = _Name(
                    text, key, look_key(text), tuple(text.casefold().split()), is_new
                )
            if len(names) == _MOST_NAMES:
                break
    return list(names.values())


def _candidates(names: Sequence[_Name]) -> Iterator[tuple[_Name, _Name]]:
    """Each pair once, the later name with the earlier ones, until it has been enough looks."""
    groups: dict[str, list[int]] = defaultdict(list)
    looks = 0
    for place, name in enumerate(names):
        near: set[int] = set()
        for mark in {*name.words, f"^{name.key[:_BEGINNING]}", f"={name.look}"}:
            group = groups[mark]
            if len(group) < _COMMON:
                near.update(group)
            group.append(place)
        if not name.is_new:
            continue
        looks += len(near)
        if looks > _MOST_LOOKS:
            return
        yield from ((names[other], name) for other in sorted(near))


def _is_alike(first: _Name, second: _Name) -> bool:
    """One word misspelt, left out or moved, or letters of another script that look the same; not
    where whole words or numbers differ."""
    if first.look == second.look:
        return True
    if first.numbers != second.numbers:
        return False
    if fuzz.ratio(first.key, second.key, score_cutoff=_ALIKE):
        return True
    return bool(fuzz.ratio(first.sorted_words, second.sorted_words, score_cutoff=_ALIKE))
