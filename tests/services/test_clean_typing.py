"""Names as they were typed, in order and without tricks."""

import pytest

from outreach.services.clean_typing import (
    NAME_LIMIT,
    LineForm,
    clean_line,
    clean_lines,
    clean_text,
)


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
    assert clean_lines(LineForm(credit_line="a" * NAME_LIMIT))[1] == {}
    _, errors = clean_lines(LineForm(credit_line="", sort_name="a" * (NAME_LIMIT + 1)))
    assert errors.keys() == {"credit_line", "sort_name"}


def test_what_is_printed_with_the_name_is_put_in_order_too() -> None:
    typed = LineForm(
        credit_line=" Archive  Watch ", acronym=" (AW) ", country="\tGermany", url="aw.example/de"
    )
    form, errors = clean_lines(typed)
    assert errors == {}
    assert form.line.printed == "Archive Watch (AW), Germany"
    assert form.url == "https://aw.example/de"


def test_every_part_that_is_too_long_or_leads_nowhere_is_named() -> None:
    typed = LineForm(credit_line="A", acronym="a" * 41, country="b" * 81, url="javascript:alert(1)")
    _, errors = clean_lines(typed)
    assert errors["acronym"] == "Please shorten this to 40 characters."
    assert errors["country"] == "Please shorten this to 80 characters."
    assert errors["url"] == "Write a web address, as in https://example.org."
