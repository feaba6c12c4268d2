"""What a signer chose, and what may still be changed of it."""

import pytest

from outreach.domain.privacy import Privacy, protects_more, unnamed_line

PUBLIC, ADDRESSEE, COUNTED = Privacy.PUBLIC, Privacy.ADDRESSEE, Privacy.COUNTED


@pytest.mark.parametrize(
    ("standing", "protecting"),
    [(PUBLIC, {ADDRESSEE, COUNTED}), (ADDRESSEE, {COUNTED}), (COUNTED, set())],
)
def test_only_what_fewer_people_see_protects_more(
    standing: Privacy, protecting: set[Privacy]
) -> None:
    assert {one for one in Privacy if protects_more(one, than=standing)} == protecting


@pytest.mark.parametrize(
    ("count", "after_names", "line"),
    [
        (0, True, ""),
        (1, True, "and 1 organization that is not named"),
        (4, True, "and 4 organizations that are not named"),
        (4, False, "4 organizations that are not named"),
    ],
)
def test_those_who_are_not_named_are_one_number(count: int, after_names: bool, line: str) -> None:
    assert unnamed_line(count, after_names=after_names) == line
