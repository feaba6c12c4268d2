"""A printed line, and what it is made of."""

from itertools import product

import pytest

from outreach.domain.credit_line import CreditLine, line_of
from outreach.domain.views import StandingSignature
from tests.factories import NOW


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        (CreditLine("Archive Watch"), "Archive Watch"),
        (CreditLine("Archive Watch", "AW"), "Archive Watch (AW)"),
        (CreditLine("Archive Watch", country="Germany"), "Archive Watch, Germany"),
        (CreditLine("Archive Watch", "AW", "Germany"), "Archive Watch (AW), Germany"),
        (CreditLine("AW", url="https://aw.example", sort_name="Watch"), "AW"),
    ],
)
def test_acronym_and_country_stand_after_the_name(line: CreditLine, printed: str) -> None:
    assert line.printed == printed


@pytest.mark.parametrize(
    ("name", "acronym", "country"),
    list(product(["A", "A (B)", "A, C", "A (B), C", "مركز"], ["", "B"], ["", "C"])),
)
def test_a_kept_line_gives_back_what_it_was_made_of(name: str, acronym: str, country: str) -> None:
    line = CreditLine(name, acronym, country, "https://a.example", "Sorted")
    kept = StandingSignature(
        credit_line=line.printed,
        sort_name=line.sort_name,
        signer_name="Ada",
        capacity="Director",
        signed_at=NOW,
        acronym=acronym,
        country=country,
        url=line.url,
    )
    assert line_of(kept) == line
