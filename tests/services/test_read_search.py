"""What was typed into a search box: as the columns that it is looked for in have it."""

import pytest

from outreach.services.read_search import printable, read_search


def test_a_search_is_kept_as_typed_and_as_the_keys_have_it() -> None:
    search = read_search("  Müller-Hilfe\tBERN ")
    assert search.text == "Müller-Hilfe BERN"
    assert search.name_key == "mullerhilfebern"
    assert search.email_key == "müller-hilfe bern"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("a\0b", "ab"), ("a\nb\r\nc", "a b c"), ("\x1b[31m", "[31m"), ("\ud800", ""), ("\0", "")],
)
def test_what_no_name_holds_is_not_looked_for(typed: str, kept: str) -> None:
    assert printable(typed) == kept


def test_what_is_too_long_is_cut() -> None:
    assert printable("ab" * 200) == "ab" * 100
    assert printable("ab" * 200, most=3) == "aba"
