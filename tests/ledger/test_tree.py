"""The tree against RFC 6962: its published vectors, and its definition taken word for word."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.ledger.proof import proves_consistency, proves_inclusion
from outreach.ledger.tree import EMPTY_ROOT, MerkleTree, Peaks, leaf_hash, node_hash, peaks_of

# From the reference implementation of RFC 6962 (google/certificate-transparency).
INPUTS = [
    bytes.fromhex(one)
    for one in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
_A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
_B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
_C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
_D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
_E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
_F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
# (index from 0, size, audit path)
INCLUSION: list[tuple[int, int, list[str]]] = [
    (0, 1, []),
    (0, 8, [_A, _B, _C]),
    (5, 8, [_D, _E, ROOTS[4]]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], _B, _D]),
]
CONSISTENCY: list[tuple[int, int, list[str]]] = [
    (1, 1, []),
    (1, 8, [_A, _B, _C]),
    (6, 8, [_F, _E, ROOTS[4]]),
    (2, 5, [_B, _D]),
]

TREE = MerkleTree([leaf_hash(one) for one in INPUTS])
SOME = hashlib.sha256(b"some").digest()


def _bytes(hashes: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in hashes]


@pytest.mark.parametrize("size", range(9))
def test_the_reference_inputs_have_the_reference_roots(size: int) -> None:
    assert TREE.root(size).hex() == ROOTS[size]
    assert peaks_of(leaf_hash(one) for one in INPUTS[:size]).root().hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_the_reference_inclusion_proofs(index: int, size: int, proof: list[str]) -> None:
    assert TREE.inclusion_proof(index, size) == _bytes(proof)
    assert proves_inclusion(
        leaf_hash(INPUTS[index]),
        index=index,
        size=size,
        proof=_bytes(proof),
        root=bytes.fromhex(ROOTS[size]),
    )


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_the_reference_consistency_proofs(old: int, new: int, proof: list[str]) -> None:
    assert TREE.consistency_proof(old, new) == _bytes(proof)
    assert _consistent(TREE, old, new, _bytes(proof))


def _consistent(tree: MerkleTree, old: int, new: int, proof: Sequence[bytes]) -> bool:
    return proves_consistency(
        old=old, old_root=tree.root(old), new=new, new_root=tree.root(new), proof=proof
    )


# The definitions of RFC 6962, 2.1, 2.1.1 and 2.1.2, word for word and as slow.
def mth(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = _k(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = _k(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = _k(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def _k(many: int) -> int:
    k = 1
    while k * 2 < many:
        k *= 2
    return k


LEAVES = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


@given(leaves=LEAVES, data=st.data())
def test_roots_and_proofs_are_those_of_the_definition(
    leaves: list[bytes], data: st.DataObject
) -> None:
    tree = MerkleTree([leaf_hash(one) for one in leaves])
    new = data.draw(st.integers(1, len(leaves)))
    old = data.draw(st.integers(1, new))
    assert tree.root(new) == mth(leaves[:new])
    assert tree.inclusion_proof(old - 1, new) == path(old - 1, leaves[:new])
    assert tree.consistency_proof(old, new) == subproof(old, leaves[:new], True)
    assert _consistent(tree, old, new, tree.consistency_proof(old, new))
    assert proves_inclusion(
        leaf_hash(leaves[old - 1]),
        index=old - 1,
        size=new,
        proof=tree.inclusion_proof(old - 1, new),
        root=tree.root(new),
    )


@given(leaves=LEAVES)
def test_peaks_grow_to_the_same_tree_and_know_the_newest_leafs_proof(leaves: list[bytes]) -> None:
    peaks = Peaks()
    tree = MerkleTree([leaf_hash(one) for one in leaves])
    for index, leaf in enumerate(leaves):
        assert list(peaks.proof_of_next()) == tree.inclusion_proof(index, index + 1)
        peaks = peaks.append(leaf_hash(leaf))
        assert peaks.root() == tree.root(index + 1)
        assert Peaks.unpacked(peaks.size, peaks.packed()) == peaks


def test_peaks_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="peaks"):
        Peaks.unpacked(3, bytes(32))


@pytest.mark.parametrize("size", [*range(1, 34), 64, 100])
def test_a_wrong_inclusion_proof_proves_nothing(size: int) -> None:
    tree = MerkleTree([leaf_hash(bytes([one])) for one in range(size)])
    root = tree.root(size)
    for index in range(size):
        leaf, proof = leaf_hash(bytes([index])), tree.inclusion_proof(index, size)

        def holds(
            leaf: bytes = leaf,
            index: int = index,
            size: int = size,
            proof: Sequence[bytes] = proof,
            root: bytes = root,
        ) -> bool:
            return proves_inclusion(leaf, index=index, size=size, proof=proof, root=root)

        assert holds()
        assert not holds(index=index - 1)
        assert not holds(index=index + 1)
        assert not holds(size=size * 2)
        assert not holds(size=size // 2)
        assert not holds(leaf=b"wrong")
        assert not holds(leaf=SOME)
        assert not holds(root=EMPTY_ROOT)
        assert not holds(proof=[*proof, b""])
        assert not holds(proof=[*proof, root])
        assert not holds(proof=[root, *proof])
        assert not proof or not holds(proof=proof[:-1])
        for place in range(len(proof)):
            assert not holds(proof=[*proof[:place], SOME, *proof[place + 1 :]])


@pytest.mark.parametrize("new", range(1, 34))
def test_a_wrong_consistency_proof_proves_nothing(new: int) -> None:
    tree = MerkleTree([leaf_hash(bytes([one])) for one in range(new)])
    for old in range(1, new):
        proof = tree.consistency_proof(old, new)
        good = {"old": old, "old_root": tree.root(old), "new": new, "new_root": tree.root(new)}

        def holds(good: dict[str, object] = good, **changes: object) -> bool:
            return proves_consistency(**good | changes)  # type: ignore[arg-type]

        assert holds(proof=proof)
        assert not holds(proof=proof, old=old - 1)
        assert not holds(proof=proof, old_root=SOME)
        assert not holds(proof=proof, new_root=SOME)
        assert not holds(proof=proof, old_root=tree.root(new), new_root=tree.root(old))
        assert not holds(proof=[])
        assert not holds(proof=proof[:-1])
        assert not holds(proof=[*proof, b""])
        assert not holds(proof=[*proof, SOME])
        assert not holds(proof=[tree.root(old), *proof])
        for place in range(len(proof)):
            assert not holds(proof=[*proof[:place], SOME, *proof[place + 1 :]])


def test_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: TREE.root(9),
        lambda: TREE.inclusion_proof(3, 3),
        lambda: TREE.inclusion_proof(-1, 3),
        lambda: TREE.consistency_proof(0, 3),
        lambda: TREE.consistency_proof(4, 3),
        lambda: TREE.consistency_proof(3, 9),
    ],
)
def test_what_the_tree_does_not_have_is_refused(ask: object) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        ask()  # type: ignore[operator]
