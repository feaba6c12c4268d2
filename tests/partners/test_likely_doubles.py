"""Names that look alike are shown, none is merged; and however many there are, it ends soon."""

import random
import time

import pytest

from outreach.partners import likely_doubles
from outreach.partners.likely_doubles import MOST_SHOWN, LikelyDouble, find_likely_doubles


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Hong Kong Watch", "Hong Kong Wacht"),
        ("Hong Kong Watch", "Watch Hong Kong"),
        ("Students for a Free Tibet", "Students for Free Tibet"),
        ("Amnesty", "\u0410mnesty"),  # a Cyrillic A
        ("HOPE", "H\u039fP\u0395"),  # a Greek O and E
        ("Gesellschaft für bedrohte Völker", "Geselschaft für bedrohte Völker"),
    ],
)
def test_a_slip_of_the_pen_is_shown(first: str, second: str) -> None:
    assert find_likely_doubles([first, second]) == [LikelyDouble(first, second)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Amnesty International Canada", "Amnesty International Germany"),
        ("Local Group 21", "Local Group 22"),
        ("Tibet House", "Tibet Haus Frankfurt"),
        (
            "Memorial",
            "\u041c\u0435\u043c\u043e\u0440\u0438\u0430\u043b",
        ),  # a translation, no disguise
        ("HK Watch", "\uff28\uff2b\u200b Watch"),  # full width, invisible: the same to us
        ("Hong Kong Watch", "HONG KONG WATCH"),  # the same to us: the import says so
    ],
)
def test_what_is_told_apart_or_the_same_is_not_asked(first: str, second: str) -> None:
    assert find_likely_doubles([first, second]) == []


def test_a_new_name_is_compared_with_those_that_the_campaign_has() -> None:
    found = find_likely_doubles(["Archiv Watch"], known=["Archive Watch", "Archives Watch"])
    assert found == [
        LikelyDouble("Archive Watch", "Archiv Watch"),
        LikelyDouble("Archives Watch", "Archiv Watch"),
    ]


def test_what_was_decided_is_not_asked_again() -> None:
    pair = ("Archive Watch", "Archiv Watch")
    assert find_likely_doubles(pair, different=frozenset({pair})) == []


def test_a_hundred_thousand_names_take_seconds_and_show_no_more_than_can_be_read() -> None:
    chance = random.Random(7)  # noqa: S311 - names, no secrets
    words = ["".join(chance.choices("abcdefghij", k=6)) for _ in range(3000)]
    names = [" ".join(chance.choices(words, k=3)) for _ in range(100_000)]
    began = time.process_time()
    assert len(find_likely_doubles(names)) <= MOST_SHOWN
    alike = [f"Association of Friends {'x' * (number % 90)}y" for number in range(5_000)]
    assert len(find_likely_doubles(alike)) == MOST_SHOWN
    assert time.process_time() - began < 10


def test_a_new_name_is_compared_however_many_the_campaign_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(likely_doubles, "_MOST_LOOKS", 50)
    known = [f"Rights Watch {chr(97 + number % 26) * 3} {number}" for number in range(40)]
    known.append("Amnesty International")
    found = find_likely_doubles(["Amnesty Internationl"], known=known)
    assert found == [LikelyDouble("Amnesty International", "Amnesty Internationl")]


def test_two_new_names_are_paired_unless_that_is_not_asked_for() -> None:
    new = ["Amnesty International", "Amnesty Internationl"]
    assert len(find_likely_doubles(new)) == 1
    assert find_likely_doubles(new, among_new=False) == []
