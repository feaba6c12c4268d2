"""A ledger's file is checked without the server that wrote it: whatever was changed is found."""

import json
import time
from dataclasses import replace

import pytest

from outreach.ledger.errors import EvidenceBroken, NotEvidence
from outreach.ledger.export import check_ledger, read_ledger
from outreach.ledger.receipt import write_receipt
from tests.ledger.forgeries import EVENTS, FILES, a_forged_ledger
from tests.ledger.made import (
    ANOTHER_KEY,
    KEY,
    LOG,
    a_checkpoint,
    a_ledger,
    a_logged_event,
    an_event,
    stamped_anew,
    written,
)
from tests.ledger.tampering import WAYS, chance_of

TRIALS = 200
VERIFIER = KEY.verifier(LOG)


@pytest.mark.parametrize("many", [0, 1, 2, 7, 8, 50])
def test_an_untouched_ledger_holds_with_every_checkpoint_that_was_ever_written(many: int) -> None:
    ledger = a_ledger(many)
    outside = [a_checkpoint(ledger.events[:size]) for size in range(many + 1)]
    checked = check_ledger(written(ledger), keys=[VERIFIER], outside=outside)
    assert checked.size == many
    assert checked.outside == tuple(range(many + 1))
    assert checked.opened == 4 * many
    assert checked.withheld == 0
    assert sum(checked.kinds.values()) == many


@pytest.mark.parametrize("way", WAYS)
def test_what_was_done_to_it_shows_against_an_outside_checkpoint(way: str) -> None:
    chance = chance_of(way)
    for trial in range(TRIALS):
        many = chance.randrange(2, 60)
        covered = chance.randrange(2, many + 1)
        ledger = a_ledger(many, seed=trial)
        outside = a_checkpoint(ledger.events[:covered])
        changed = written(WAYS[way](ledger, chance, covered))
        with pytest.raises(EvidenceBroken):
            check_ledger(changed, keys=[VERIFIER], outside=[outside])
        with pytest.raises(EvidenceBroken):  # where the file's own keys are believed, too
            check_ledger(changed, outside=[outside])


@pytest.mark.parametrize("way", [name for name in WAYS if name != "stamped"])
def test_who_has_not_the_key_is_found_out_without_an_outside_checkpoint(way: str) -> None:
    chance = chance_of(way)
    for _ in range(50):
        ledger = a_ledger(30)
        with pytest.raises(EvidenceBroken):
            check_ledger(written(WAYS[way](ledger, chance, 30)), keys=[VERIFIER])
        forged = stamped_anew(WAYS[way](ledger, chance, 30), key=ANOTHER_KEY)
        with pytest.raises(EvidenceBroken):
            check_ledger(written(forged), keys=[VERIFIER])


def test_only_what_comes_from_outside_shows_a_history_stamped_anew_with_the_real_key() -> None:
    """What is claimed of checkpoints is no more than this: keep one, elsewhere."""
    forged = stamped_anew(WAYS["deleted"](a_ledger(30), chance_of(1), 30))
    with pytest.raises(EvidenceBroken, match="event"):  # the openings give it away
        check_ledger(written(forged), keys=[VERIFIER])
    bare = replace(forged, openings={})
    events = tuple(one for one in bare.events if '"of"' not in one)
    check_ledger(written(stamped_anew(replace(bare, events=events))), keys=[VERIFIER])
    with pytest.raises(EvidenceBroken):
        check_ledger(written(bare), keys=[VERIFIER], outside=[a_checkpoint(a_ledger(30).events)])


def test_a_receipt_serves_as_an_outside_checkpoint() -> None:
    receipt = write_receipt(a_logged_event(11), KEY)
    ledger = replace(a_ledger(0), events=tuple(an_event(index)[0] for index in range(30)))
    ledger = stamped_anew(ledger)
    assert check_ledger(written(ledger), keys=[VERIFIER], outside=[receipt]).outside == (12,)
    for way in WAYS:
        changed = stamped_anew(WAYS[way](ledger, chance_of(way), 11))
        with pytest.raises(EvidenceBroken):
            check_ledger(written(changed), keys=[VERIFIER], outside=[receipt])


def test_an_event_that_no_checkpoint_covers_is_told() -> None:
    ledger = a_ledger(10)
    longer = replace(ledger, events=(*ledger.events, an_event(10)[0]))
    with pytest.raises(EvidenceBroken, match="no checkpoint covers all 11"):
        check_ledger(written(longer), keys=[VERIFIER])


def test_a_checkpoint_of_another_ledger_fits_none() -> None:
    ledger = a_ledger(10)
    foreign = a_checkpoint(ledger.events, log="coalition.example/ledger/another")
    with pytest.raises(EvidenceBroken, match="another ledger"):
        check_ledger(
            written(ledger),
            keys=[VERIFIER, KEY.verifier("coalition.example/ledger/another")],
            outside=[foreign],
        )


def test_erased_openings_are_counted_and_the_ledger_holds() -> None:
    ledger = a_ledger(10)
    kept = {index: openings[:1] for index, openings in ledger.openings.items() if index != 3}
    checked = check_ledger(written(replace(ledger, openings=kept)), keys=[VERIFIER])
    assert (checked.opened, checked.withheld) == (9, 31)


def test_an_opening_that_does_not_fit_is_told_with_its_event() -> None:
    ledger = a_ledger(10)
    wrong = replace(ledger.openings[3][1], value="Somebody Else")
    openings = {**ledger.openings, 3: (wrong,)}
    with pytest.raises(EvidenceBroken, match="event 3: the opening of 'person'"):
        check_ledger(written(replace(ledger, openings=openings)), keys=[VERIFIER])


def test_an_answer_to_no_signature_does_not_belong() -> None:
    ledger = stamped_anew(replace(a_ledger(3), openings={}))
    text, _ = an_event(3, of=9)
    with pytest.raises(EvidenceBroken, match="event 3 does not belong"):
        check_ledger(written(stamped_anew(replace(ledger, events=(*ledger.events, text)))))


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"format": "outreach-ledger/1"}', "[" * 100_000, "\x00",
     '{"format": "outreach-ledger/2"}',
     '{"format":"outreach-ledger/1","log":"a","keys":[],"checkpoints":[],"events":["\\ud800"],"openings":[]}',
     '{"format":"outreach-ledger/1","log":"a","keys":[],"checkpoints":[],"events":[],"openings":[{"index":1e999}]}',
     '{"format":"outreach-ledger/1","log":1,"keys":3,"checkpoints":[],"events":[],"openings":[]}',
     '{"format":"outreach-ledger/1","log":"a","keys":["b"],"checkpoints":[],"events":[],"openings":[]}',
     '{"format":"outreach-ledger/1","log":"a","keys":[],"checkpoints":[],"events":[],"openings":[1]}',
     '{"format":"outreach-ledger/1","log":"a","keys":[],"checkpoints":["x"],"events":[],"openings":[]}']
)  # fmt: skip
def test_what_is_no_ledger_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(NotEvidence):
        check_ledger(text)


@pytest.mark.parametrize("forgery", EVENTS)
def test_what_looks_like_an_event_to_a_lenient_reader_is_none(forgery: str) -> None:
    text = a_forged_ledger(EVENTS[forgery])
    with pytest.raises(EvidenceBroken, match="event 7"):
        check_ledger(text, keys=[VERIFIER])


@pytest.mark.parametrize("forgery", FILES)
def test_what_looks_like_a_ledger_to_a_lenient_reader_is_none(forgery: str) -> None:
    with pytest.raises(EvidenceBroken):
        check_ledger(FILES[forgery](), keys=[VERIFIER])


def test_no_damage_to_the_file_raises_anything_but_a_refusal() -> None:
    whole, chance = written(a_ledger(6)), chance_of(4)
    for _ in range(2_000):
        start = chance.randrange(len(whole))
        damaged = whole[:start] + chance.choice(["", "x", '"', "{", "\\", "0", "null"])
        damaged += whole[start + chance.randrange(1, 5) :]
        try:
            check_ledger(damaged, keys=[VERIFIER])
        except EvidenceBroken:
            continue
        assert json.loads(damaged).keys() >= {"events", "checkpoints"}


def test_a_file_is_read_as_it_was_written() -> None:
    ledger = a_ledger(9)
    assert read_ledger(written(ledger)) == ledger


def test_ten_thousand_events_are_checked_within_ten_seconds() -> None:
    text = written(a_ledger(10_000, every=500))
    begun = time.monotonic()
    assert check_ledger(text, keys=[VERIFIER]).size == 10_000
    assert time.monotonic() - begun < 10
