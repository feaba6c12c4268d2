"""Signed notes and checkpoints, against the published example of the reference implementation."""

import base64

import pytest

from outreach.ledger.checkpoint import Checkpoint, open_checkpoint
from outreach.ledger.errors import EvidenceBroken, NotEvidence
from outreach.ledger.note import LogKey, VerifierKey, open_note
from outreach.ledger.tree import EMPTY_ROOT

# From golang.org/x/mod/sumdb/note, the reference implementation of the format.
SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NOTE = (
    f"{TEXT}\n\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
PETER = VerifierKey.parse(VERIFIER)
KEY = LogKey(bytes(range(32)))
OTHER = LogKey(bytes(32))
LOG = "coalition.example/ledger/0123"


def test_the_published_note_is_signed_byte_for_byte_and_opens() -> None:
    seed = base64.b64decode(SIGNER.split("+", 4)[4])[1:]
    assert LogKey(seed).sign_note(TEXT, name="PeterNeumann") == NOTE
    assert str(LogKey(seed).verifier("PeterNeumann")) == VERIFIER
    assert open_note(NOTE, [PETER]) == TEXT


def test_no_part_of_a_key_and_no_altered_one_is_taken_for_it() -> None:
    for start in range(len(VERIFIER)):
        for end in range(start, len(VERIFIER) + 1):
            if (start, end) != (0, len(VERIFIER)):
                with pytest.raises(NotEvidence):
                    VerifierKey.parse(VERIFIER[start:end])
    for place, letter in enumerate(VERIFIER):
        with pytest.raises(NotEvidence):
            VerifierKey.parse(VERIFIER[:place] + chr(ord(letter) + 1) + VERIFIER[place + 1 :])


def test_every_changed_character_of_a_note_is_noticed() -> None:
    for place, letter in enumerate(NOTE):
        changed = NOTE[:place] + ("x" if letter != "x" else "y") + NOTE[place + 1 :]
        with pytest.raises(EvidenceBroken):
            open_note(changed, [PETER])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\n"])
def test_what_cannot_name_a_key_does_not(name: str) -> None:
    with pytest.raises(NotEvidence):
        KEY.verifier(name)


def test_a_signature_of_an_unknown_key_is_passed_over_and_proves_nothing_alone() -> None:
    note = KEY.sign_note(TEXT, name=LOG)
    extra = OTHER.sign_note(TEXT, name="witness.example").rpartition("\n\n")[2]
    assert open_note(note + extra, [KEY.verifier(LOG)]) == TEXT
    with pytest.raises(EvidenceBroken, match="not signed with the key"):
        open_note(note, [OTHER.verifier(LOG)])
    with pytest.raises(EvidenceBroken):
        open_note(note, [KEY.verifier("another.example/log")])
    with pytest.raises(EvidenceBroken):
        open_note(note, [])


def test_a_failing_signature_of_a_known_key_fails_the_note_beside_a_good_one() -> None:
    note = KEY.sign_note(TEXT, name=LOG)
    bad = OTHER.sign_note("another text\n", name=LOG).rpartition("\n\n")[2]
    with pytest.raises(EvidenceBroken, match="does not fit"):
        open_note(note + bad, [KEY.verifier(LOG), OTHER.verifier(LOG)])


@pytest.mark.parametrize("text", ["", "no line break", "a\x00b\n", "a\rb\n", "a\tb\n"])
def test_what_is_no_note_text_is_not_signed(text: str) -> None:
    with pytest.raises(NotEvidence):
        KEY.sign_note(text, name=LOG)


@pytest.mark.parametrize(
    "note",
    ["", "\n", TEXT, f"{TEXT}\n", NOTE[:-1], NOTE + "\n", f"{NOTE}x\n", NOTE.replace("\u2014", "-"),
     NOTE.replace("AM=", "AM"), NOTE.replace("AM=", "AN="), NOTE * 2, NOTE + NOTE[-106:] * 120]
)  # fmt: skip
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(EvidenceBroken):
        open_note(note, [PETER])


def test_a_checkpoint_reads_as_the_specification_has_it() -> None:
    note = Checkpoint(LOG, 42, bytes(range(32))).signed(KEY)
    origin, size, root, gap, signature, end = note.split("\n")
    assert (origin, size, gap, end) == (LOG, "42", "", "")
    assert base64.b64decode(root) == bytes(range(32))
    assert signature.startswith(f"\u2014 {LOG} ")
    assert open_checkpoint(note, [KEY.verifier(LOG)]) == Checkpoint(LOG, 42, bytes(range(32)))


def test_a_checkpoint_of_an_empty_tree_has_size_0() -> None:
    note = Checkpoint(LOG, 0, EMPTY_ROOT).signed(KEY)
    assert open_checkpoint(note, [KEY.verifier(LOG)]).size == 0


ROOT = base64.b64encode(EMPTY_ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [f"{LOG}\n", f"{LOG}\n1\n", f"\n1\n{ROOT}\n", f"{LOG}\n01\n{ROOT}\n", f"{LOG}\n-1\n{ROOT}\n",
     f"{LOG}\n1.0\n{ROOT}\n", f"{LOG}\n\u0661\n{ROOT}\n", f"{LOG}\n1\n{ROOT[:-4]}\n",
     f"{LOG}\n1\nx\n",
     f"{LOG}\n1\n{ROOT}\nmore\n", f"{LOG}\n{'9' * 30}\n{ROOT}\n"]
)  # fmt: skip
def test_a_signed_note_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NotEvidence):
        open_checkpoint(KEY.sign_note(text, name=LOG), [KEY.verifier(LOG)])


def test_the_secret_is_not_shown() -> None:
    assert "seed" not in repr(KEY)
