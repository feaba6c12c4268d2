"""The words of the ledger are for good: old files are read with them."""

from outreach.domain.evidence import LASTING_KINDS, PERSONAL_FIELDS, EventKind, Method


def test_the_words_are_those_that_stand_in_files_already_written() -> None:
    assert {kind.value for kind in EventKind} == {
        "invited", "viewed", "signed", "declined", "deferred", "corrected", "withdrawn",
        "recorded", "reconfirmed", "erased", "closed", "published", "contradicted",
    }  # fmt: skip
    assert {method.value for method in Method} == {"link", "by_hand", "service"}


def test_what_others_rely_on_is_stamped_at_once() -> None:
    assert {EventKind.CLOSED, EventKind.PUBLISHED} == LASTING_KINDS


def test_what_the_organization_consented_to_is_not_personal() -> None:
    assert not PERSONAL_FIELDS & {"organization", "credit_line", "sort_name", "authority"}
