"""The append-only Merkle tree of RFC 9162: its root, and the proofs that something is in it and that it only grew.

All hashes are SHA-256, 32 bytes. A tree is named by its size and its root; positions count from 0.

Spec: https://www.rfc-editor.org/rfc/rfc9162#section-2.1
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
MAX_SIZE = 2**40
MAX_PATH = 2 * 40
"""No proof about a tree of `MAX_SIZE` is longer."""
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """The hashes of all complete subtrees, level by level, so that every question costs a few hashes.

    64 bytes a leaf; a million leaves are 64 MB.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[bytearray] = [bytearray()]
        self.extend(leaves)

    @property
    def size(self) -> int:
        return len(self._levels[0]) // HASH_BYTES

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Appends leaf hashes (`leaf_hash`)."""
        for leaf in leaves:
            self._append(leaf)

    def beginning(self, size: int) -> "Tree":
        """A tree of its own of the first `size` leaves; raises ValueError for more than there are."""
        found, size = Tree(), self._checked(size)
        found._levels = [
            level[: (size >> height) * HASH_BYTES] for height, level in enumerate(self._levels) if size >> height
        ] or [bytearray()]
        return found

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` leaves; over all where None. Raises ValueError for more than there are."""
        return self._root(0, self._checked(self.size if size is None else size))

    def inclusion(self, position: int, size: int) -> list[bytes]:
        """The path from the leaf at `position` to the root over `size` leaves (section 2.1.3.1)."""
        if not 0 <= position < self._checked(size):
            raise ValueError("no such leaf in a tree of that size")
        return self._path(position, 0, size)

    def consistency(self, earlier: int, later: int) -> list[bytes]:
        """The proof that the tree of `earlier` leaves is the beginning of that of `later` (section 2.1.4.1).

        Empty from an empty tree and between trees of one size.
        """
        if not 0 <= earlier <= self._checked(later):
            raise ValueError("an earlier tree that is larger")
        return [] if earlier in (0, later) else self._subproof(earlier, 0, later, is_known=True)

    def _append(self, leaf: bytes) -> None:
        level, current = 0, leaf
        while True:
            if level == len(self._levels):
                self._levels.append(bytearray())
            held = self._levels[level]
            held += current
            if len(held) // HASH_BYTES % 2:
                return
            current = node_hash(bytes(held[-2 * HASH_BYTES : -HASH_BYTES]), bytes(held[-HASH_BYTES:]))
            level += 1

    def _checked(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise ValueError("a tree of more leaves than there are")
        return size

    def _root(self, start: int, end: int) -> bytes:
        count = end - start
        if count == 0:
            return EMPTY_ROOT
        if count & (count - 1) == 0:  # a complete subtree, which stands in its level
            level = count.bit_length() - 1
            at = (start >> level) * HASH_BYTES
            return bytes(self._levels[level][at : at + HASH_BYTES])
        middle = start + _split(count)
        return node_hash(self._root(start, middle), self._root(middle, end))

    def _path(self, position: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if position < middle:
            return [*self._path(position, start, middle), self._root(middle, end)]
        return [*self._path(position, middle, end), self._root(start, middle)]

    def _subproof(self, earlier: int, start: int, end: int, *, is_known: bool) -> list[bytes]:
        if earlier == end:
            return [] if is_known else [self._root(start, end)]
        middle = start + _split(end - start)
        if earlier <= middle:
            return [*self._subproof(earlier, start, middle, is_known=is_known), self._root(middle, end)]
        return [*self._subproof(earlier, middle, end, is_known=False), self._root(start, middle)]


def is_included(leaf: bytes, position: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` leads from the leaf at `position` to `root` over `size` leaves (section 2.1.3.2)."""
    if not 0 <= position < size <= MAX_SIZE:
        return False
    fn, sn, found = position, size - 1, leaf
    for step in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found = node_hash(step, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found == root


def is_consistent(earlier: int, earlier_root: bytes, later: int, later_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree of `later` leaves begins with that of `earlier` (section 2.1.4.2)."""
    if not 0 <= earlier <= later <= MAX_SIZE:
        return False
    if earlier == later:
        return not path and earlier_root == later_root
    if earlier == 0:
        return not path and earlier_root == EMPTY_ROOT
    steps = list(path) if earlier & (earlier - 1) else [earlier_root, *path]
    if not steps:
        return False
    fn, sn = earlier - 1, later - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = node_hash(step, old), node_hash(step, new)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old == earlier_root and new == later_root


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
