#!/usr/bin/env python3
"""Checks the evidence that Outreach hands out: a ledger's file, or a receipt. Offline.

    pip install cryptography
    python outreach_verify.py FILE [--key NAME+ID+KEY] [--checkpoint FILE] ...

It needs Python 3.9 or later and the library `cryptography`, and nothing of Outreach: read it, it is
short. What it follows: RFC 6962, section 2.1 (the Merkle tree, with SHA-256), c2sp.org/signed-note
and c2sp.org/tlog-checkpoint (signed sizes and roots, Ed25519). Exit codes: 0 it holds, 1 it does
not, 2 it could not be read.

--key is the public key, from where you trust it: without it the file's own is believed, and "holds"
says only that the file fits itself. --checkpoint is a checkpoint or a receipt that you kept: a
history that was changed afterwards does not fit it, whoever signed the change.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections import Counter
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HASH = "[0-9a-f]{64}"
# An event to the letter, but for the order of its commitments. So it is canonical (RFC 8785).
EVENT = re.compile(
    rf'\{{"at":"[0-9-]{{10}}T[0-9:]{{8}}Z","commitments":\{{("[a-z_]+":"{HASH}",?)*\}}'
    r',"kind":"[a-z_]+","log":"[^\x00-\x20"\\\x7f-\U0010ffff]+","method":"[a-z_]+"'
    r'(,"numbers":\{("[a-z_]+":(0|[1-9][0-9]{0,14}),?)+\})?(,"of":(0|[1-9][0-9]{0,14}))?'
    rf',"statement":\{{"language":"[A-Za-z0-9_@.-]*","sha256":"{HASH}"\}},"version":1\}}'
)
SIGNING = ("signed", "recorded", "reconfirmed")


class Broken(Exception):
    """What does not hold, in words."""


def shown(text):
    """Safe for a terminal: what cannot be printed stands as its escape."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def sha256(data):
    return hashlib.sha256(data).digest()


def decoded(text):
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:  # altered in bits that mean nothing
        raise Broken("the file holds what is not base64")
    return raw


def leaf_hash(event):
    return sha256(b"\x00" + event.encode())


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def roots(events, sizes):
    """The tree's root at each of the sizes, from the roots of its complete subtrees."""
    found = {0: sha256(b"")}
    peaks = []  # (leaves, root), the largest first
    for size, event in enumerate(events, start=1):
        peaks.append((1, leaf_hash(event)))
        while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
            (many, right), (_, left) = peaks.pop(), peaks.pop()
            peaks.append((2 * many, node_hash(left, right)))
        if size in sizes:
            root = peaks[-1][1]
            for _, peak in reversed(peaks[:-1]):
                root = node_hash(peak, root)
            found[size] = root
    return found


def root_from_proof(leaf, index, size, proof):
    """The root that a leaf's audit path leads to (RFC 6962, 2.1.1, walked from the leaf)."""
    if not 0 <= index < size:
        raise Broken("the index lies outside the tree")
    last, root = size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise Broken("the proof is too long")
        if index % 2 or index == last:
            root = node_hash(sibling, root)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            root = node_hash(root, sibling)
        index, last = index // 2, last // 2
    if last:
        raise Broken("the proof is too short")
    return root


def read_key(text):
    """(name, id, public key) of NAME+ID+KEY."""
    name, key_id, encoded = text.strip().split("+", 2)
    raw = decoded(encoded)
    named = name.encode() + b"\n" + raw
    if raw[:1] != b"\x01" or len(raw) != 33 or sha256(named)[:4].hex() != key_id:
        raise Broken("the public key is not whole")
    return name, sha256(named)[:4], raw[1:]


def open_checkpoint(note, keys):
    """(origin, size, root) of a checkpoint that one of the keys has signed."""
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n") or re.search("[\x00-\x09\x0b-\x1f]", text):
        raise Broken("this is no signed note")
    verified = False
    for line in lines[:-1].split("\n"):
        dash, name, encoded = line.split(" ")
        raw = decoded(encoded)
        for key_name, key_id, public in keys:
            if dash == "\u2014" and (name, raw[:4]) == (key_name, key_id):
                try:
                    Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], f"{text}\n".encode())
                except InvalidSignature:
                    raise Broken("the checkpoint's signature is false") from None
                verified = True
    if not verified:
        raise Broken("the checkpoint is not signed with the key that it is checked against")
    origin, size, root = text.split("\n")
    if not re.fullmatch("0|[1-9][0-9]{0,17}", size) or len(decoded(root)) != 32:
        raise Broken("the checkpoint is malformed")
    return origin, int(size), decoded(root)


def check_openings(event, openings, where):
    """Each opened value is the one that the event committed to."""
    for one in openings:
        salt, said = one["salt"], "\x00".join((one["field"], one["value"]))
        committed = sha256(bytes.fromhex(salt) + said.encode()).hex()
        if not re.fullmatch(HASH, salt) or event["commitments"].get(one["field"]) != committed:
            raise Broken(f"{where}: the value of '{one['field']}' is not the one committed to")


def read_event(text, origin, where):
    """The event. Its text must be in the one canonical form (RFC 8785)."""
    event = json.loads(text) if EVENT.fullmatch(text) else {"log": None}
    compact = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if compact != text or event["log"] != origin:
        raise Broken(f"{where}: this event does not belong here")
    return event


def check_receipt(content, keys):
    """(origin, size, root) of its checkpoint, and the event."""
    origin, size, root = checkpoint = open_checkpoint(content["checkpoint"], keys)
    event, index = read_event(content["event"], origin, "the receipt"), content["index"]
    if type(index) is not int or event.get("of", -1) >= index:
        raise Broken("the event is not where the receipt says")
    proof = [decoded(one) for one in content["inclusion"]]
    if root_from_proof(leaf_hash(content["event"]), index, size, proof) != root:
        raise Broken("the event is not in the ledger that the checkpoint stands for")
    check_openings(event, content["openings"], "the receipt")
    return checkpoint, event


def check_ledger(content, keys, outside):
    """What kinds of events it holds; every checkpoint, of the file and from outside, fits."""
    events, log = content["events"], content["log"]
    own = [open_checkpoint(note, keys) for note in content["checkpoints"]]
    found = roots(events, {len(events), *(size for _, size, _ in own + outside)})
    for origin, size, root in own + outside:
        if origin != log:
            raise Broken("a checkpoint is of another ledger")
        if size not in found:
            raise Broken(f"the ledger was cut short: it had {size} events, and has {len(events)}")
        if root != found[size]:
            raise Broken(f"history was changed: the first {size} events are not what they were")
    if events and len(events) not in {size for _, size, _ in own}:
        raise Broken(f"no checkpoint covers all {len(events)} events")
    read = [read_event(text, log, f"event {place}") for place, text in enumerate(events)]
    for place, event in enumerate(read):
        of = event.get("of")
        if of is not None and (of >= place or read[of]["kind"] not in SIGNING):
            raise Broken(f"event {place}: it is of no signature")
    for opening in content["openings"]:
        place = opening["index"]
        if type(place) is not int or not 0 <= place < len(read):
            raise Broken("an opening belongs to no event")
        check_openings(read[place], [opening], f"event {place}")
    return Counter(event["kind"] for event in read)


def read(path):
    text = Path(path).read_text(encoding="utf-8")
    return json.loads(text) if text.lstrip().startswith("{") else text


def open_outside(path, keys):
    kept = read(path)
    return open_checkpoint(kept, keys) if isinstance(kept, str) else check_receipt(kept, keys)[0]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", help="a ledger's file or a receipt")
    parser.add_argument("--key", action="append", default=[], help="the public key")
    parser.add_argument("--checkpoint", action="append", default=[], help="one that you kept")
    given = parser.parse_args(arguments)
    try:
        content = read(given.file)
        own_keys = content["keys"] if "keys" in content else [content["key"]]
        keys = [read_key(key) for key in given.key or own_keys]
        outside = [open_outside(path, keys) for path in given.checkpoint]
        if outside and content["format"] == "outreach-receipt/1":
            parser.error("a receipt brings its own checkpoint: give it to --checkpoint of a ledger")
        if content["format"] == "outreach-receipt/1":
            (origin, _, _), event = check_receipt(content, keys)
            print(f"holds: event {content['index']} of {origin}, '{event['kind']}' {event['at']}")
            for one in content["openings"]:
                print(f"  {shown(one['field'])}: {shown(one['value'])}")
        elif content["format"] == "outreach-ledger/1":
            kinds = check_ledger(content, keys, outside)
            print(f"holds: {len(content['events'])} events of {shown(content['log'])}")
            print("  " + ", ".join(f"{kind} {many}" for kind, many in sorted(kinds.items())))
            print(f"  checkpoints: {len(content['checkpoints'])}, from outside: {len(outside)}")
        else:
            raise Broken("this is no file of a known format")
    except OSError as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    except Broken as broken:
        print(f"DOES NOT HOLD: {shown(str(broken))}", file=sys.stderr)
        return 1
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        print(f"DOES NOT HOLD: the file is damaged ({type(error).__name__})", file=sys.stderr)
        return 1
    if not given.key:
        print(f"  under the file's own key; is it the one you know?  {shown(' '.join(own_keys))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
