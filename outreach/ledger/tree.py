"""The Merkle tree of RFC 6962, section 2.1, over SHA-256: hashes, roots and proofs."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(event: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + event).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Peaks:
    """A tree as far as growing needs it: the roots of its complete subtrees, the largest first.

    There are as many as its size has binary ones, so that a tree of any size grows by a leaf in
    O(log n) and without another look at its leaves.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.hashes) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} leaves has not {len(self.hashes)} peaks")

    def append(self, leaf: bytes) -> "Peaks":
        """The tree with one more leaf, given by its hash."""
        hashes, root, size = [*self.hashes], leaf, self.size
        while size & 1:
            root = node_hash(hashes.pop(), root)
            size >>= 1
        return Peaks(self.size + 1, (*hashes, root))

    def root(self) -> bytes:
        if not self.hashes:
            return EMPTY_ROOT
        *larger, root = self.hashes
        for peak in reversed(larger):
            root = node_hash(peak, root)
        return root

    def proof_of_next(self) -> tuple[bytes, ...]:
        """The audit path of the leaf that is appended next, in the tree that ends with it."""
        return self.hashes[::-1]

    def packed(self) -> bytes:
        return b"".join(self.hashes)

    @classmethod
    def unpacked(cls, size: int, packed: bytes) -> "Peaks":
        """What ``packed`` gave. Raises ValueError where that is not of a tree of ``size``."""
        cuts = range(0, len(packed), HASH_SIZE)
        return cls(size, tuple(packed[cut : cut + HASH_SIZE] for cut in cuts))


def peaks_of(leaves: Iterable[bytes]) -> Peaks:
    peaks = Peaks()
    for leaf in leaves:
        peaks = peaks.append(leaf)
    return peaks


class MerkleTree:
    """A whole tree, for proofs between any of its sizes. Made from the hashes of its leaves."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(below := self._levels[-1]) > 1:
            pairs = zip(below[::2], below[1::2], strict=False)  # an odd last one has no pair yet
            self._levels.append([node_hash(left, right) for left, right in pairs])

    def __len__(self) -> int:
        return len(self._levels[0])

    def root(self, size: int) -> bytes:
        """Of the tree as it was at ``size``."""
        self._require(0 <= size <= len(self))
        return self._root(0, size)

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """The audit path of a leaf in the tree of ``size``: section 2.1.1, PATH(m, D[n])."""
        self._require(0 <= index < size <= len(self))
        proof: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                proof.append(self._root(middle, end))
                end = middle
            else:
                proof.append(self._root(start, middle))
                start = middle
        return proof[::-1]

    def consistency_proof(self, old: int, new: int) -> list[bytes]:
        """That the tree of ``new`` leaves begins with that of ``old``: section 2.1.2, PROOF."""
        self._require(0 < old <= new <= len(self))
        proof: list[bytes] = []
        start, end = 0, new
        while old < end:
            middle = start + _split(end - start)
            if old <= middle:
                proof.append(self._root(middle, end))
                end = middle
            else:
                proof.append(self._root(start, middle))
                start = middle
        if start:  # else the verifier knows this one: it is the old root
            proof.append(self._root(start, end))
        return proof[::-1]

    def _root(self, start: int, end: int) -> bytes:
        """Of the leaves from ``start`` to ``end``, where that is a subtree of the definition."""
        many = end - start
        if many == 0:
            return EMPTY_ROOT
        if many & (many - 1) == 0:
            level = many.bit_length() - 1
            return self._levels[level][start >> level]
        middle = start + _split(many)
        return node_hash(self._root(start, middle), self._root(middle, end))

    @staticmethod
    def _require(is_so: bool) -> None:
        if not is_so:
            raise ValueError("the tree has no such leaf or size")


def _split(many: int) -> int:
    """The largest power of two smaller than ``many``."""
    return 1 << (many - 1).bit_length() - 1
