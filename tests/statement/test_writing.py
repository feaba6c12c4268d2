"""A form's fields as a statement's file, and back."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.statement.source import StatementRefused, parse_statement
from outreach.statement.writing import (
    StatementFields,
    fields_of,
    has_front_matter,
    write_statement,
)

LINES = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")
    ),
    min_size=1,
    max_size=60,
)


@given(title=LINES, addressee=LINES, occasion=LINES, asks=st.lists(LINES, max_size=3))
def test_what_was_typed_is_what_is_read_back(
    title: str, addressee: str, occasion: str, asks: list[str]
) -> None:
    fields = StatementFields(
        title=title,
        addressee=addressee,
        occasion=occasion,
        occasion_date=date(2026, 12, 5),
        body="---\n\n# Heading: yes\n\n- '\"{}\n",
        asks=tuple(asks),
        reply_to="a@coalition.example",
        language="zh-Hant",
    )
    source = write_statement(fields)
    assert fields_of(source) == fields
    assert fields_of(parse_statement(source.source)) == fields


def test_the_fingerprint_is_that_of_the_file() -> None:
    fields = StatementFields("T", "A", "O", date(2026, 12, 5), "Text.\n")
    source = write_statement(fields)
    assert source.sha256 == parse_statement(source.source).sha256
    assert source.source.startswith("---\ntitle: T\n")


def test_what_a_statement_may_not_hold_is_refused() -> None:
    with pytest.raises(StatementRefused):
        write_statement(StatementFields("T" * 301, "A", "O", date(2026, 12, 5), "Text."))
    with pytest.raises(StatementRefused):
        write_statement(StatementFields("T", "A", "O", date(2026, 12, 5), "\0"))


@pytest.mark.parametrize(
    ("text", "has"), [("---\na: b\n---\n", True), ("\ufeff---\n", True), ("Dear\n---\n", False)]
)
def test_a_whole_file_is_known_by_its_first_line(text: str, has: bool) -> None:
    assert has_front_matter(text) is has
