"""The tree against its definition, written once more in the plainest way, and against the roots everybody has."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.trust.issuance_log.merkle import EMPTY_ROOT, Tree, is_consistent, is_included, leaf_hash

ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
"""The entries that certificate transparency logs are tested with."""


def plain_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return sha256(b"\x01" + plain_root(leaves[:middle]) + plain_root(leaves[middle:])).digest()


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def test_the_roots_are_those_of_every_other_log() -> None:
    tree = Tree(map(leaf_hash, ENTRIES))
    assert tree.root(0) == EMPTY_ROOT
    assert tree.root(1).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert tree.root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_every_root_up_to_seventy_leaves_is_that_of_the_definition() -> None:
    known = leaves(70)
    tree = Tree(known)
    assert [tree.root(size) for size in range(71)] == [plain_root(known[:size]) for size in range(71)]


def test_a_tree_that_grew_leaf_by_leaf_is_the_same() -> None:
    tree = Tree(leaves(13))
    tree.extend(leaves(29)[13:])
    assert (tree.size, tree.root()) == (29, plain_root(leaves(29)))


def test_a_tree_of_the_beginning_grows_on_its_own() -> None:
    whole = Tree(leaves(29))
    for size in range(30):
        begun = whole.beginning(size)
        assert (begun.size, begun.root()) == (size, plain_root(leaves(size)))
        begun.extend(leaves(40)[size:])
        assert begun.root() == plain_root(leaves(40))
    assert (whole.size, whole.root()) == (29, plain_root(leaves(29)))
    with pytest.raises(ValueError, match="more leaves"):
        whole.beginning(30)


@given(st.integers(1, 70).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_every_path_leads_to_its_root_and_no_other_leaf_does(at: tuple[int, int]) -> None:
    position, size = at
    tree = Tree(leaves(70))
    path, root = tree.inclusion(position, size), tree.root(size)
    assert is_included(leaves(70)[position], position, size, path, root)
    assert not is_included(leaf_hash(b"another"), position, size, path, root)
    assert not is_included(leaves(70)[position], position, size, [*path, root], root)
    assert not is_included(leaves(70)[position], position + 1, size, path, root) or size == 1
    if path:
        assert not is_included(leaves(70)[position], position, size, path[:-1], root)


@given(st.integers(0, 70).flatmap(lambda later: st.tuples(st.integers(0, later), st.just(later))))
def test_every_tree_is_seen_to_begin_with_each_earlier_one(sizes: tuple[int, int]) -> None:
    earlier, later = sizes
    tree = Tree(leaves(70))
    path = tree.consistency(earlier, later)
    assert is_consistent(earlier, tree.root(earlier), later, tree.root(later), path)
    other = Tree([leaf_hash(b"rewritten"), *leaves(70)[1:]])
    if earlier:
        assert not is_consistent(earlier, tree.root(earlier), later, other.root(later), other.consistency(*sizes))
        assert not is_consistent(earlier, other.root(earlier), later, tree.root(later), path)
    assert not is_consistent(earlier, tree.root(earlier), later, tree.root(later), [*path, EMPTY_ROOT])


@pytest.mark.parametrize(("position", "size"), [(-1, 4), (4, 4), (0, 9), (0, 0)])
def test_what_is_not_there_has_no_path(position: int, size: int) -> None:
    with pytest.raises(ValueError, match="tree"):
        Tree(leaves(8)).inclusion(position, size)
