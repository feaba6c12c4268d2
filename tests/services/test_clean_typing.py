"""Names as they were typed, in order and without tricks."""

import pytest

from outreach.services.clean_typing import NAME_LIMIT, clean_line, clean_text, length_errors


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("  Archive \t Watch\r\n", "Archive Watch"),
        ("Comite\u0301", "Comité"),
        ("evil\u202eeman", "evileman"),
        ("\ufeff\u200b", ""),
        ("\u200d \u0000", ""),
        ("مركز الأرشيف", "مركز الأرشيف"),
    ],
)
def test_a_line_is_one_line_of_what_can_be_seen(typed: str, clean: str) -> None:
    assert clean_line(typed) == clean


def test_a_text_keeps_its_lines() -> None:
    assert clean_text("\n one  two \r\n\nthree\u202e \n") == "one two\n\nthree"


def test_a_line_that_is_missing_or_too_long_is_named() -> None:
    assert length_errors(credit_line="a" * NAME_LIMIT, sort_name="") == {}
    errors = length_errors(credit_line="", sort_name="a" * (NAME_LIMIT + 1))
    assert errors.keys() == {"credit_line", "sort_name"}
