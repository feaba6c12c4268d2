"""Events are canonical JSON, and hold what is personal as commitments only."""

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.ledger.commitment import Opening, openings_of
from outreach.ledger.errors import NotEvidence
from outreach.ledger.event import canonical, check_openings, read_event
from tests.ledger.made import LOG, an_event

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def test_an_event_says_what_is_nobodys_secret_and_commits_to_the_rest() -> None:
    text, openings = an_event(7)
    event = json.loads(text)
    assert event["log"] == LOG
    assert event["kind"] == "signed"
    assert event["at"] == "2026-03-04T14:00:07Z"
    assert event["statement"] == {"sha256": "a" * 64, "language": "en"}
    assert event["method"] == "link"
    assert event["commitments"].keys() == {one.field for one in openings}
    assert "Organization" not in text
    assert "Person" not in text


@given(value=WORDS)
def test_a_commitment_is_sha256_over_salt_field_and_value(value: str) -> None:
    salt = bytes(range(32))
    expected = hashlib.sha256(salt + b"person\x00" + value.encode()).hexdigest()
    assert Opening("person", value, salt.hex()).commitment() == expected


def test_salts_are_random_and_never_shared() -> None:
    openings = [*openings_of({"a": "x", "b": "x"}), *openings_of({"a": "x", "b": "x"})]
    assert len({one.salt for one in openings}) == 4
    assert all(len(one.salt) == 64 for one in openings)
    assert openings_of({"reason": ""}) == ()


@pytest.mark.parametrize("salt", ["", "00", "x" * 64, "00" * 31])
def test_an_opening_with_no_whole_salt_is_refused(salt: str) -> None:
    with pytest.raises(NotEvidence):
        Opening("person", "Ada", salt).commitment()


def test_an_opening_of_what_was_not_committed_to_is_refused() -> None:
    text, openings = an_event(1)
    event = read_event(text)
    assert check_openings(event, openings) == ()
    assert check_openings(event, openings[1:]) == ("organization",)
    with pytest.raises(NotEvidence):
        check_openings(event, [replace(openings[0], value="Another")])
    with pytest.raises(NotEvidence):
        check_openings(event, [replace(openings[0], field="person")])


@given(st.dictionaries(WORDS, WORDS | st.integers(-(2**53) + 1, 2**53 - 1)))
def test_canonical_text_is_what_python_writes_compactly_with_sorted_keys(
    content: dict[str, object],
) -> None:
    """RFC 8785 sorts by UTF-16; below U+10000 that is the order of code points."""
    if all(max(map(ord, key), default=0) < 0xD800 for key in content):
        compact = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert canonical(content) == compact


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + " ",
        lambda text: text.replace(":", ": ", 1),
        lambda text: text.replace('"version":1', '"version":2'),
        lambda text: text.replace('"version":1', '"version":1.0'),
        lambda text: text.replace('"kind":"signed"', '"kind":5'),
        lambda text: text.replace('"kind":"signed",', '"kind":"signed","kind":"signed",'),
        lambda text: text.replace("commitments", "other"),
        lambda _: "[]",
        lambda _: "5",
        lambda _: "",
    ],
)
def test_what_is_no_canonical_event_is_refused(change: object) -> None:
    with pytest.raises(NotEvidence):
        read_event(change(an_event(3)[0]))  # type: ignore[operator]
