"""The brake: no more mails than people who are still to be asked."""

import pytest

from outreach.services.apply_brake import (
    TooManyMails,
    UnexpectedNumber,
    apply_brake,
    require_expected,
)


@pytest.mark.parametrize(("mails", "pending"), [(0, 0), (0, 5), (5, 5), (1, 40_000)])
def test_up_to_as_many_as_are_to_be_asked_go_out(mails: int, pending: int) -> None:
    apply_brake("visit", mails=mails, pending=pending)


@pytest.mark.parametrize(("mails", "pending"), [(1, 0), (6, 5), (40_000, 39_999)])
def test_one_more_is_held_back_with_the_numbers_and_what_to_do(mails: int, pending: int) -> None:
    with pytest.raises(TooManyMails) as held:
        apply_brake("visit", mails=mails, pending=pending)
    assert f"holds {mails:,} mails back: only {pending:,} people" in str(held.value)
    assert "outreach campaign remind visit" in str(held.value)


def test_only_the_number_that_was_agreed_to_is_mailed() -> None:
    require_expected(20, expected=20)
    require_expected(40_000, expected=None)
    for people in (19, 21, 0):
        with pytest.raises(UnexpectedNumber, match=f"^{people} would be mailed now, not 20 as"):
            require_expected(people, expected=20)
