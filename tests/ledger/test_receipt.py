"""A receipt proves one event to anybody, and names nobody but its owner."""

import json

import pytest

from outreach.ledger.errors import EvidenceBroken, NotEvidence
from outreach.ledger.receipt import check_receipt, write_receipt
from tests.ledger.made import ANOTHER_KEY, KEY, LOG, a_logged_event

VERIFIER = KEY.verifier(LOG)


@pytest.mark.parametrize("before", [0, 1, 2, 3, 6, 7, 8, 100])
def test_a_receipt_proves_its_event_with_nothing_but_the_public_key(before: int) -> None:
    checked = check_receipt(write_receipt(a_logged_event(before), KEY), key=VERIFIER)
    assert checked.index == before
    assert checked.checkpoint.size == before + 1
    assert checked.event.kind == "signed"
    assert {one.field: one.value for one in checked.openings}["credit_line"] == (
        f"Organization {before} (O{before})"
    )
    assert checked.withheld == ()


def test_it_names_nobody_else_and_is_the_same_whenever_it_is_written() -> None:
    text = write_receipt(a_logged_event(9), KEY)
    assert not any(f"Organization {other}" in text for other in range(9))
    assert text == write_receipt(a_logged_event(9), KEY)


def _changed(**changes: object) -> str:
    return json.dumps(json.loads(write_receipt(a_logged_event(5), KEY)) | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"index": 4},
        {"index": -1},
        {"index": "x"},
        {"inclusion": []},
        {"inclusion": ["AA=="]},
        {"inclusion": 5},
        {"event": "{}"},
        {"event": 5},
        {"openings": [{"field": "person", "value": "Somebody Else", "salt": "00" * 32}]},
        {"openings": [{"field": "person"}]},
        {"openings": None},
        {"checkpoint": ""},
        {"format": "outreach-receipt/9"},
    ],
)
def test_a_changed_receipt_proves_nothing(changes: dict[str, object]) -> None:
    with pytest.raises(EvidenceBroken):
        check_receipt(_changed(**changes), key=VERIFIER)


def test_every_changed_character_of_it_is_noticed() -> None:
    text = write_receipt(a_logged_event(5), KEY)
    unsaid = text.index('"key"'), text.index('"index"')  # the key is given from outside
    for place, letter in enumerate(text):
        changed = text[:place] + ("0" if letter != "0" else "1") + text[place + 1 :]
        if letter.isspace() or unsaid[0] <= place < unsaid[1]:
            continue
        with pytest.raises(EvidenceBroken):
            check_receipt(changed, key=VERIFIER)


def test_one_that_another_key_signed_holds_under_that_key_alone() -> None:
    forged = write_receipt(a_logged_event(5), ANOTHER_KEY)
    assert check_receipt(forged).key == ANOTHER_KEY.verifier(LOG)
    with pytest.raises(EvidenceBroken, match="not signed with the key"):
        check_receipt(forged, key=VERIFIER)


def test_erased_openings_are_withheld_and_the_rest_holds() -> None:
    content = json.loads(write_receipt(a_logged_event(5), KEY))
    content["openings"] = [one for one in content["openings"] if one["field"] != "person"]
    assert check_receipt(json.dumps(content), key=VERIFIER).withheld == ("person",)


@pytest.mark.parametrize("text", ["", "nonsense", "{}", "[]", "{" * 10_000, "5"])
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(NotEvidence):
        check_receipt(text)
