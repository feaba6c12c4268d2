"""The addressee's copy names more than the public list, says so, and harms nobody who opens it."""

import csv
import io

import pytest

from outreach.domain.views import AddresseeCopy
from outreach.statement.addressee_copy import COPIES, copy_csv, copy_html
from tests.statement.signing import a_published_statement, a_signatory

COPY = AddresseeCopy(
    a_published_statement(a_signatory("Alpha"), a_signatory("Beta & <b>Sons</b>")),
    (a_signatory("=Gamma"),),
    2,
)
NOBODY = AddresseeCopy(a_published_statement(), (), 0)


@pytest.mark.parametrize("file", COPIES)
def test_each_format_is_marked_and_says_who_is_named_to_whom(file: str) -> None:
    text = COPIES[file](COPY)
    assert "onfidential" in text
    assert "the Minister of Culture" in text or file == "csv"
    assert text.index("Alpha") < text.index("Gamma")
    assert text.index("Gamma") < text.index("and 2 organizations that are not named")
    assert "not named" not in COPIES[file](NOBODY)


@pytest.mark.parametrize("file", ["html", "md"])
def test_the_heading_counts_everybody(file: str) -> None:
    assert "Signed by 5 organizations" in COPIES[file](COPY)


def test_a_spreadsheet_says_beside_each_name_who_may_see_it() -> None:
    rows = list(csv.reader(io.StringIO(copy_csv(COPY).removeprefix("\ufeff"), newline="")))
    assert [(name, named_to) for name, _, _, named_to in rows[1:]] == [
        ("Alpha", "everybody"),
        ("Beta & <b>Sons</b>", "everybody"),
        ("'=Gamma", "the addressee only: confidential"),
        ("and 2 organizations that are not named", "nobody"),
    ]


def test_a_name_is_printed_as_it_is_and_is_nothing_else() -> None:
    assert "<bdi>Beta &amp; &lt;b&gt;Sons&lt;/b&gt;</bdi>" in copy_html(COPY)
